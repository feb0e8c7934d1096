# The whole project, one word each. `make` alone makes the guides; `make help` lists the rest.
# Every target first installs what it lacks (.setup/install.py); with nothing to install that takes 0.05 s.
#   make ARGS="--locale ja"       more options for the command behind guides, check, bench and test
#   make PYTHON=python3.13        the Python that .venv is made from, when there is no .venv yet

PYTHON ?= python3
ARGS   ?=
BIN    := .venv/bin
# .venv's own Python starts fastest; a .venv copied from elsewhere may hold one that cannot start.
SET_UP := p=$(BIN)/python; "$$p" -c "" 2>/dev/null || p="$(PYTHON)"; command -v "$$p" >/dev/null || \
          { echo "error: set-up: $$p is missing: install Python 3.11 or newer" >&2; exit 1; }; "$$p" .setup/install.py

.DEFAULT_GOAL := guides
.PHONY: guides check test lint bench picture set-up set-up-test pins clean clean-all help

guides: set-up ## build every handout into output/
	@$(BIN)/carrier-guides build $(ARGS)

check: set-up ## check content and translations, build nothing
	@$(BIN)/carrier-guides check $(ARGS)

test: lint ## prove everything: lint, types and tests
	@$(BIN)/python -m pytest $(ARGS)

lint: set-up-test ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: set-up-test ## measure how long things take
	@$(BIN)/python tests/bench.py $(ARGS)

picture: guides set-up-test ## draw the picture in the README again
	@pdftoppm -r 72 -f 1 -l 1 -singlefile -png output/zh_Hans/au-cancel-a4.pdf .github/au-cancel-zh_Hans

set-up: ## install what building needs: system libraries, .venv
	@$(SET_UP) guides

set-up-test: ## install what testing needs too: PDF tools, pytest, mypy, ruff
	@$(SET_UP) test

pins: ## pin the newest allowed version of every package again
	@.setup/pin.sh

clean: ## remove what was built and cached
	@[ ! -d output ] || find output -mindepth 1 ! -name .gitignore -delete
	@rm -rf .cache .mypy_cache .pytest_cache .ruff_cache
	@find generator tests -name __pycache__ -prune -exec rm -rf {} +

clean-all: clean ## remove .venv too
	@rm -rf .venv

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile
