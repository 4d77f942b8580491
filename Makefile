# Every target sets itself up: a machine with Python 3.11 and `make` is enough.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo test lint bench fuzz clean

$(READY): pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# The main job on a real photo: x2 in float and in INT8, each beside bicubic.
demo: $(READY)
	$(BIN)/python -m vernier.cli.main doctor
	$(BIN)/python demo/make_demo.py

test: $(READY)
	$(BIN)/python -m pytest -q

# Hostile inputs by the thousand; `make test` tries some hundreds of the same kinds.
fuzz: $(READY)
	$(BIN)/python tests/fuzz/run.py --inputs 20000

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python benchmarks/upscale_1080p.py --out benchmarks/results

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
