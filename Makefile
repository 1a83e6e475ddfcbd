# `make demo` and `make test` need cargo and Python 3.11 or later; they set up everything else
# in .venv and do again only what has changed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
OUT ?= demo_output
WORKERS ?= 2

# One interpreter for every cargo command, or the bindings would be compiled anew at each turn.
export PYO3_PYTHON := $(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1
export MPLBACKEND := Agg
export NO_MKDOCS_2_WARNING := 1
unexport CONDA_PREFIX

RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml)

.PHONY: demo test test-rust test-python lint bench docs wheel clean

demo: $(VENV)/.built
	$(BIN)/mixeff demo --out $(OUT)

test: lint test-rust test-python

# In the profile of the extension, so that the core is compiled once for both.
test-rust: $(VENV)/.installed
	cargo test --release --locked --workspace --no-fail-fast

test-python: $(VENV)/.built
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.built
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(VENV)/.built $(VENV)/.peers
	$(BIN)/python -m benchmarks

docs: $(VENV)/.built
	$(BIN)/mkdocs build --strict

wheel: $(VENV)/.installed
	$(BIN)/maturin build --release --locked --out build/wheels

clean:
	rm -rf $(VENV) target build site

$(VENV)/.installed: requirements/dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mixeff needs Python 3.11 or later; say make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --requirement requirements/dev.txt
	touch $@

$(VENV)/.built: $(VENV)/.installed pyproject.toml $(RUST)
	VIRTUAL_ENV=$(VENV) $(BIN)/maturin develop --release --locked
	touch $@

$(VENV)/.peers: requirements/bench.txt $(VENV)/.installed
	$(BIN)/python -m pip install --requirement requirements/dev.txt --requirement requirements/bench.txt
	touch $@
