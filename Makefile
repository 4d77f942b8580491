# Every target sets itself up: a machine with Python 3.11 to 3.14 and `make` is enough.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
# Processes that tests run in; each file's tests stay together, as some share a port or a folder.
WORKERS ?= auto
PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The part of the tests that needs no PyTorch and no extra (ONNX Runtime is one).
RUN_TIME_TESTS = tests/formats/tflite tests/images tests/processors tests/conversion tests/test_cpu.py \
	tests/cli/test_start.py

# Hundreds of processes import the same files here: compiled once, each starts a third of a second sooner.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast test-run-time test-as test-emulated test-arm lint bench bench-machine bench-rivals fuzz clean

$(READY): pyproject.toml requirements.txt requirements-lpips.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later with venv found; set PYTHON=" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-lpips.txt
	$(PIP) --no-deps --editable .
	touch $@

# The main jobs on real photos: x2 in float and in INT8, each beside bicubic, and a split for a time
# between what INT8 and float take on this machine.
demo: $(READY)
	$(BIN)/python -m vernier.cli.main doctor
	$(BIN)/python demo/make_demo.py

test: $(READY)
	$(PYTEST)

# Without what plans, trains or starts many processes (tests/slow_tests.py), while one works.
test-fast: $(READY)
	$(PYTEST) -m "not slow"

# What runs a bundle, on another Python: make test-run-time PYTHON=python3.13 VENV=.venv-3.13
test-run-time: $(VENV)/.ready-run-time
	$(PYTEST) $(RUN_TIME_TESTS) --ignore=tests/processors/test_onnxruntime.py
	$(BIN)/python -m vernier.cli.main upscale demo/chelsea.png -o $(VENV)/chelsea_x2.png --overwrite

$(VENV)/.ready-run-time: pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	sed '/^# -- extra "learn"/,/^# -- extra "heic"/d; /^# -- extra "vela"/,/^# -- to test/d; /^mypy/d; /^scipy/d' \
		requirements.txt > $(VENV)/requirements.txt
	$(PIP) -r $(VENV)/requirements.txt
	$(PIP) --no-deps --editable .
	touch $@

# The processors' tests as on another x86 CPU, which oneDNN imitates at full speed:
# make test-as ISA=AVX2 (no int8 dot products), SSE41, AVX512_CORE
ISA ?= AVX2
test-as: $(READY)
	ONEDNN_MAX_CPU_ISA=$(ISA) $(PYTEST) tests/processors

# The doctor on an emulated x86 CPU: make test-emulated CPU=Haswell (Debian's qemu-user)
CPU ?= Haswell
test-emulated: $(READY)
	qemu-x86_64 -cpu $(CPU) $(BIN)/python -m vernier.cli.main doctor

# LiteRT's INT8 on emulated ARM CPUs against this machine's; exit code 77 where it cannot be had.
test-arm: $(READY)
	$(BIN)/python tests/arm/compare.py $(VENV)/arm

# Hostile inputs by the thousand; `make test` tries some hundreds of the same kinds.
fuzz: $(READY)
	$(BIN)/python tests/fuzz/run.py --inputs 20000

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python benchmarks/upscale_1080p.py --out benchmarks/results

# Every engine on every network, beside what a user would pick instead, on this machine.
bench-machine: $(READY)
	-$(PIP) ncnn opencv-python-headless
	$(BIN)/python benchmarks/machine.py --out benchmarks/results
	$(BIN)/python benchmarks/three_engines.py --out benchmarks/results
	ONEDNN_MAX_CPU_ISA=AVX2 $(BIN)/python benchmarks/machine.py --out benchmarks/results

# A small network beside MobiSR, muLayer, CoDL and today's tools on the demo's photos, in minutes.
bench-rivals: $(READY)
	$(BIN)/python benchmarks/rivals.py --quick --folder runs/bench-rivals

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
