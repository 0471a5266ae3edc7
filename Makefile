# Every command a contributor needs. `make` alone lists them; CONTRIBUTING.md explains.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help venv demo test check fmt e2e e2e-full bench lock clean

BIN := .venv/bin
# Cores for what runs in parallel.
JOBS ?= 2
# More arguments for pytest, for example: make test ARGS='-k cache -x'
ARGS ?=

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: ## Make or update .venv: the tools, and flowc from this checkout
	@requirements/environment.sh dev .venv

# The demo has an environment of its own: the example's libraries, and none of the tools.
demo: ## Run the digits example on this machine, then list its runs
	@requirements/environment.sh demo .venv-demo
	@.venv-demo/bin/flowc run examples/digits/pipeline.py
	@.venv-demo/bin/flowc runs list

test: venv ## Unit tests, goldens and the conformance cases on this machine
	@$(BIN)/pytest -q -n $(JOBS) tests $(ARGS)

check: venv ## Formatting, lint, types and who may import whom
	@echo '== ruff format'
	@$(BIN)/ruff format --check --quiet --output-format concise . || \
		{ echo 'To mend this: make fmt'; exit 1; }
	@echo '== ruff check'
	@$(BIN)/ruff check --quiet --output-format concise .
	@echo '== shellcheck'
	@$(BIN)/shellcheck requirements/environment.sh e2e/engines/*.sh .ci/run
	@echo '== mypy'
	@$(BIN)/mypy --no-error-summary
	@echo '== pyright'
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	@echo '== import-linter'
	@$(BIN)/lint-imports --no-logo

fmt: venv ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix-only .

e2e: venv ## The conformance cases on the real engines (installs and starts them)
	@$(BIN)/pytest -q e2e -m 'not full' $(ARGS)

e2e-full: venv ## The same with every case on every engine
	@$(BIN)/pytest -q e2e $(ARGS)

bench: venv ## Time the compiler and the runtime
	@$(BIN)/python -m benchmarks $(ARGS)

lock: ## Resolve the locked requirements again
	@requirements/environment.sh lock

clean: ## Remove what the commands above left in the checkout
	@rm -rf .venv .venv-demo build dist .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
