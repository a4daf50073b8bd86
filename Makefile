# Two commands are the contract: `make demo` and `make test`. Both set up whatever they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
unexport PYTHONDONTWRITEBYTECODE # images of containers set it; every process would then compile all modules again (2 s a start of `siyu`)

.PHONY: demo test setup setup-dev lint check bench soak lock clean help

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: setup ## import a real shop's orders, run a proven campaign, and look at it in the browser
	$(BIN)/siyu demo

test: setup-dev ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

setup: $(VENV)/.run ## prepare .venv with the command `siyu` in it

setup-dev: $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Siyu needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing (on Debian: apt-get install python3-venv)."; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (about a minute the first time) ..."
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --quiet --require-hashes -r requirements/dev.txt
	@touch $@

lint: setup-dev ## style, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup-dev ## measure speed as ratios against yardsticks, in one run
	$(BIN)/python -m bench $(ARGS)

soak: setup-dev ## the long versions of crash and race tests; results in bench/results
	$(BIN)/python -m tests.soak $(ARGS)

lock: $(VENV)/bin/python ## renew the locked dependencies
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		requirements/build.in pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra dev requirements/build.in pyproject.toml -c requirements/run.txt -o requirements/dev.txt

clean: ## remove the demo's data (asks nothing; .venv stays)
	rm -rf .siyu .siyu-demo
