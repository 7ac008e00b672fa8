# The Lambda Lab Book. Everything starts from a plain Python 3.11 or newer and make.
#
#   make book    run every lab and build the site to _build/html
#   make test    everything CI checks
#   make lab     JupyterLab on the labs
#   make serve   the built site on http://127.0.0.1:8000
#
# Another interpreter: make book PYTHON=python3.12. Works with the make 3.81 of macOS: recipes use
# relative paths, so the folder may have spaces in its name.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

# The first interpreter that is new enough; macOS calls its own, older one python3.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo "$$p"; break; fi; done)
endif
PY := .venv/bin/python
# What runs side by side on two cores, as the smallest machine of CI has: tests and labs wait for a part
# of their time. Pages are published: there no run takes another's core, so that figures stay the same.
WORKERS ?= 3
KERNELS ?= 2
PORT ?= 8000
# What `make test` runs beside a step that leaves a core idle: docs/decisions/0107.
OTHER := $(MAKE) --no-print-directory
BESIDE :=

# What the shell carries must not reach what is built: other modules, another kernel, start-up files.
unexport PYTHONPATH
unexport PYTHONHOME
unexport PYTHONSTARTUP
export PYTHONNOUSERSITE := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_PLATFORM_DIRS := 1

.PHONY: help setup setup-cli setup-js book test lint types unit typed labs solved pages lab serve \
	bench stress doctor fix lock sdk clean

help:
	@sed -n '3,6s/^# \{0,3\}//p' Makefile
	@echo "Also: make bench, make stress, make doctor, make fix, make lock, make sdk, make clean."

setup:
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or newer was found. Install one, or name it: make book PYTHON=..."; exit 1; fi
	@"$(PYTHON)" tools/bootstrap.py

setup-cli: setup
	@"$(PYTHON)" tools/bootstrap.py cli || \
		echo "The AWS CLI could not be installed; its tests will be skipped."

setup-js:
	@if command -v npm >/dev/null 2>&1; then \
		cd tests/js && { [ node_modules/.package-lock.json -nt package-lock.json ] || \
		npm ci --silent --no-audit --no-fund; } || \
		echo "npm could not install the AWS SDK for JavaScript; its tests will be skipped."; \
	else echo "There is no npm here; the tests of the AWS SDK for JavaScript will be skipped."; fi

book: setup
	@$(PY) tools/book.py --workers $(KERNELS) $(BESIDE)

# The build runs every lab as a learner gets it; what is left is to run them solved.
test: BESIDE = --beside $(OTHER) solved
test: setup setup-cli setup-js lint typed pages
	@echo "Everything passed."

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m codespell_lib
	@$(PY) -m yamllint --strict .

types: setup
	@$(PY) -m mypy

unit: setup
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile

typed: setup
	@$(PY) tools/beside.py $(OTHER) unit -- $(OTHER) types

labs: setup
	@$(PY) tools/labs.py --workers $(WORKERS)

solved: setup
	@$(PY) tools/labs.py --workers $(WORKERS) --solved

pages: book
	@$(PY) -m pytest tests/book -n $(WORKERS)

lab: setup
	@$(PY) -m jupyterlab labs $$([ "$$(id -u)" != 0 ] || echo --allow-root)

serve: setup
	@if [ ! -f _build/html/index.html ]; then $(MAKE) book; fi
	@$(PY) tools/serve.py --port $(PORT)

bench: setup
	@$(PY) -m benchmarks

# Ten thousand events and as many messages; minutes, so it is no part of `make test`.
stress: setup
	@$(PY) -m pytest tests/stress --storm 10000

doctor: setup
	@.venv/bin/lambda-lab doctor

fix: setup
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@$(PY) tools/strip.py

lock: setup
	@$(PY) tools/lock.py

# What the installed SDK changed of Lambda's API since it was looked at last.
sdk: setup
	@$(PY) tools/sdk.py

clean:
	rm -rf .venv .venv-cli _build build dist .cache .mypy_cache .pytest_cache .ruff_cache \
		tests/js/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
