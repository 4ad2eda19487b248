# Each command sets up what it needs: a virtual environment in .venv, and from the system's
# packages what the tests need and is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NODE := node_modules/.installed
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help demo test coverage lint docs bench gallery clean

help:
	@echo "make demo      JupyterLab on the first tutorial, in a sandbox on this machine"
	@echo "make test      all tests, in Chromium, too"
	@echo "make coverage  the same, and which lines they did not reach"
	@echo "make lint      formatting, types, who imports whom, unused code"
	@echo "make docs      the documentation"
	@echo "make gallery   pictures of the form"
	@echo "make bench     benchmarks"
	@echo "make clean     remove what the others made"

demo: $(VENV)/bin/python
	@[ -e $(STAMP) ] || [ -e $(VENV)/.demo ] || { \
	  echo "Setting up $(VENV): a minute or two, once"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox]'; } && touch $(VENV)/.demo
	$(BIN)/lamin-widgets demo

test: $(STAMP) $(NODE) system
	$(BIN)/python -m pytest

coverage: $(STAMP) $(NODE) system
	$(BIN)/coverage erase
	@# The report comes in any case; it fails where a test does, or a line is missed.
	$(BIN)/coverage run -m pytest; tests=$$?; \
	$(BIN)/coverage combine --quiet && \
	$(BIN)/coverage html --quiet --fail-under=0 && \
	echo "file://$(CURDIR)/.cache/coverage/html/index.html" && \
	$(BIN)/coverage report && exit $$tests

lint: $(STAMP) $(NODE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/lint-imports
	$(BIN)/deptry lamin_widgets
	$(BIN)/vulture
	PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/tsc --project tsconfig.json

docs: $(STAMP)
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "file://$(CURDIR)/docs/_build/html/index.html"

gallery: $(STAMP) system
	$(BIN)/python tests/browser/gallery.py

bench: $(STAMP) system
	$(BIN)/python benchmarks/run.py

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); \
	  echo "python3-venv is missing: installing it"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv >/dev/null && \
	  $(PYTHON) -m venv $(VENV); }

$(STAMP): pyproject.toml $(VENV)/bin/python
	@echo "Setting up $(VENV): a minute or two, once"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint,docs]'
	@touch $@

$(NODE): package.json package-lock.json $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

# Chromium, curl for the commands of Show code, and the library that the Node.js of
# Playwright does not bring along.
.PHONY: system
system: $(STAMP)
	@missing=; \
	[ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || missing="chromium"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	$(BIN)/playwright --version >/dev/null 2>&1 || missing="$$missing libatomic1"; \
	[ -z "$$missing" ] || { \
	  echo "Installing what the tests need: $$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing >/dev/null; }

clean:
	rm -rf $(VENV) node_modules dist docs/_build docs/tutorials
