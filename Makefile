# Every target sets itself up: a machine with Python 3.11 and `make` is enough.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo test lint bench clean

$(READY): pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# The main jobs on real photos: x2 in float and in INT8, each beside bicubic, and a split for a time
# between what INT8 and float take on this machine.
demo: $(READY)
	$(BIN)/python -m vernier.cli.main doctor
	$(BIN)/python demo/make_demo.py

test: $(READY)
	$(BIN)/python -m pytest -q

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python benchmarks/upscale_1080p.py --out benchmarks/results

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
