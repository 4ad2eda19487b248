# Each target installs what it needs: a virtual environment in .venv, Node.js packages in
# node_modules, and system packages that the tests need and that are missing.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo
NODE := node_modules/.installed
FRONT_ENDS := tests/browser/front_ends/node_modules/.installed
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# Two processes. A server that tests share belongs to one of them; fast tests come first.
PARALLEL := --numprocesses=2 --dist=loadscope --no-loadscope-reorder

export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without compiled files, each server, kernel, and command compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-full coverage lint docs bench gallery clean system

help:
	@echo "make demo       open the first tutorial in JupyterLab, in a sandbox"
	@echo "make test       run the tests, 3 to 5 minutes on 2 cores"
	@echo "make test-full  run the exhaustive sweeps as well"
	@echo "make coverage   run the tests, and report the lines that they don't reach"
	@echo "make lint       check the format, types, imports, unused code, view, and texts"
	@echo "make docs       build the documentation"
	@echo "make gallery    take pictures of the form"
	@echo "make bench      run the benchmarks, and write benchmarks/RESULTS.md"
	@echo "make clean      remove what the other targets made"

demo: $(BIN)/uv
	@[ -e $(STAMP) ] || [ -e $(DEMO) ] || $(call install,[sandbox],$(DEMO))
	lamin-widgets demo

test: $(STAMP) $(NODE) $(FRONT_ENDS) system
	python -m pytest $(PARALLEL) -m "not full"

test-full: $(STAMP) $(NODE) $(FRONT_ENDS) system
	python -m pytest $(PARALLEL)

coverage: $(STAMP) $(NODE) $(FRONT_ENDS) system
	coverage erase
	@# The report is made in any case. It fails if a test fails, or a line is missed.
	coverage run -m pytest -m "not full"; tests=$$?; \
	coverage combine --quiet && \
	coverage html --quiet --fail-under=0 && \
	echo "file://$(CURDIR)/.cache/coverage/html/index.html" && \
	coverage report && exit $$tests

lint: $(STAMP) $(NODE)
	ruff check .
	ruff format --check .
	mypy
	mypy tests/typing
	lint-imports
	deptry lamin_widgets
	vulture
	python tools/check_texts.py
	npm run --silent lint
	npm run --silent check
	npm run --silent fresh
	npm test --silent

docs: $(STAMP)
	python -m sphinx --builder html --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo "file://$(CURDIR)/docs/_build/html/index.html"

gallery: $(STAMP) $(FRONT_ENDS) system
	PYTHONPATH=tests python tests/browser/gallery.py

bench: $(STAMP) system
	PYTHONPATH=tests python benchmarks/run.py

# uv installs in seconds what takes pip more than a minute. It doesn't read pip's
# settings, so pip is the fallback, for example behind a company's mirror.
define install
{ echo "Installing into $(VENV), once" && \
  { uv pip install --quiet --editable '.$(1)' 2>/dev/null || \
    python -m pip install --quiet --disable-pip-version-check --editable '.$(1)'; } && \
  touch $(2); }
endef

export VIRTUAL_ENV := $(CURDIR)/$(VENV)

$(BIN)/uv:
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); \
	  echo "Installing python3-venv"; \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) apt-get install -y -qq python3-venv >/dev/null && \
	  $(PYTHON) -m venv $(VENV); }
	@python -m pip install --quiet --disable-pip-version-check uv

$(STAMP): pyproject.toml $(BIN)/uv
	@$(call install,[test$(comma)lint$(comma)docs],$@)

comma := ,

$(NODE): package.json package-lock.json $(STAMP)
	npm ci --silent --no-audit --no-fund
	@touch $@

$(FRONT_ENDS): tests/browser/front_ends/package-lock.json $(STAMP)
	npm ci --silent --no-audit --no-fund --prefix tests/browser/front_ends
	@touch $@

# Chromium, curl for the commands of Show code, and a library that the Node.js of
# Playwright needs.
system: $(STAMP)
	@missing=; \
	[ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || missing="chromium"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	playwright --version >/dev/null 2>&1 || missing="$$missing libatomic1"; \
	[ -z "$$missing" ] || { \
	  echo "Installing $$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing >/dev/null; }

clean:
	rm -rf $(VENV) node_modules tests/browser/front_ends/node_modules .cache dist
	rm -rf docs/_build docs/tutorials
