# `make demo` and `make test` set up all they need and reuse it; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
BENCH := $(BENCH_VENV)/bin

# Files whose time says when a step was last done. A step runs again when what it reads is newer.
ENVIRONMENT := $(VENV)/.stamp-environment
PACKAGE := $(VENV)/.stamp-package
PEERS := $(BENCH_VENV)/.stamp-peers
# Libraries whose lowest tested version is installed too, in a folder that goes before the newest.
OLDEST := $(patsubst requirements/oldest-%.txt,%,$(wildcard requirements/oldest-*.txt))
NODE_MODULES := node_modules/.stamp
LABEXTENSION := lrfind_widget/labextension/package.json
# The pages that stand for VS Code and Colab in the browser tests.
PAGES := tests/browser/front_ends
PAGES_BUILT := $(PAGES)/build/.stamp

# The directories too: their time changes when a file goes.
FRONT_END_SOURCES := $(shell find js/src js/style js/types js/licenses) \
	js/tsconfig.json $(wildcard js/*.mjs js/*.cjs) package.json

# `npm run build` calls jupyter-builder, which lives in the environment.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Twice quiet: no lines about each package that is there already, errors all the same.
PIP := $(BIN)/python -m pip -qq
PYTEST := $(BIN)/python -m pytest

.PHONY: help demo test quick bench setup lint format unit widget behaviours js packaging examples peers browser screenshots chromium pages dist link clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

help:
	@echo "To look at it:"
	@echo "  make demo         JupyterLab on the example notebook"
	@echo "To check a change:"
	@echo "  make quick        lint, types and the quick units of both languages, in two minutes"
	@echo "  make test         every layer below, from lint to browser"
	@echo "  make lint         ruff, mypy, tsc and eslint; make format mends what can be mended"
	@echo "  make js           the front end's units, in node"
	@echo "  make unit         the Python units"
	@echo "  make widget       the widget with a stand-in for the page"
	@echo "  make behaviours   what the other finders promise; writes docs/behaviours.md anew"
	@echo "  make packaging    sdist and wheel, installed without Node"
	@echo "  make examples     the example of a plain loop, executed"
	@echo "  make peers        the other finders and the trainers, their examples too, in .venv-bench"
	@echo "  make browser      all front ends in Chromium"
	@echo "To make something:"
	@echo "  make setup        .venv with the front end built and installed; the others do it first"
	@echo "  make link         let Jupyter read the built front end in place"
	@echo "  make pages        the pages that stand for VS Code and Colab in the browser tests"
	@echo "  make screenshots  the pictures of the documentation, taken anew"
	@echo "  make bench        this package beside the other finders, measured (half an hour)"
	@echo "  make dist         sdist, wheel and npm package in release/"
	@echo "  make clean        remove all that was built or installed here"

demo: setup
	$(BIN)/python scripts/demo.py

# One pytest for all layers of this environment, so that its closing line, the last, counts them all.
test: setup chromium pages lint js peers
	$(PYTEST)

# The front end is checked beside Python; what it prints comes afterwards.
quick: setup
	@printed=$$(mktemp); { npm run --silent lint && npm test; } >$$printed 2>&1 & front_end=$$!; \
	{ $(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy \
		&& $(PYTEST) tests/unit -q -m "not slow"; }; python=$$?; \
	wait $$front_end; front_end=$$?; cat $$printed; rm $$printed; \
	test $$python -eq 0 -a $$front_end -eq 0

setup: $(PACKAGE)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	npm run --silent lint

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

js: $(NODE_MODULES)
	npm test

unit widget packaging examples: setup
	$(PYTEST) tests/$@

# In an environment of its own: nobody else needs the other finders.
peers: $(PEERS) $(OLDEST:%=$(BENCH_VENV)/oldest-%/.stamp)
	$(BENCH)/python -m pytest tests/peers
	@set -e; for library in $(OLDEST); do \
		echo "With the lowest:" $$(grep -o '^[a-z].*==.*' requirements/oldest-$$library.txt); \
		PYTHONPATH=$(CURDIR)/$(BENCH_VENV)/oldest-$$library \
			$(BENCH)/python -m pytest tests/peers/test_versions.py tests/peers/trainers/test_$$library*.py; \
	done

behaviours: setup
	$(PYTEST) tests/behaviours --write-card

browser: setup chromium pages
	$(PYTEST) tests/browser

screenshots: setup chromium
	$(BIN)/python scripts/screenshots.py

bench: $(PEERS) chromium
	$(BENCH)/python -m benchmarks

chromium: $(ENVIRONMENT)
	@$(BIN)/python scripts/browser.py

pages: $(PAGES_BUILT)

dist: setup
	rm -rf release
	$(BIN)/python -m build --no-isolation --outdir release
	npm pack --silent --pack-destination release

link: setup
	jupyter-builder develop --overwrite .

clean:
	rm -rf $(VENV) $(BENCH_VENV) node_modules js/lib lrfind_widget/labextension lrfind_widget/page dist release \
		$(PAGES)/node_modules $(PAGES)/build

$(ENVIRONMENT): pyproject.toml requirements/constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.10 or newer is needed and there is no $(PYTHON): install one, or name it as in 'make PYTHON=python3.12 test'." >&2; exit 1; }
	@$(PYTHON) scripts/check_tools.py
	@echo "Setting up the environment in $(VENV) (the first time this fetches PyTorch and JupyterLab)"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"
	$(PIP) install --constraint requirements/constraints.txt --group dev
	@touch $@

$(NODE_MODULES): package.json package-lock.json
	@$(PYTHON) scripts/check_tools.py
	npm ci
	@touch $@

$(LABEXTENSION): $(ENVIRONMENT) $(NODE_MODULES) $(FRONT_END_SOURCES)
	npm run --silent build:prod
	@touch $@

# The front end is built above; the build hook need not do it again.
$(PACKAGE): $(LABEXTENSION) $(ENVIRONMENT) install.json $(wildcard js/nbextension/*)
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PIP) install --constraint requirements/constraints.txt \
		--no-build-isolation --editable ".[frame]"
	@touch $@

$(PAGES_BUILT): $(NODE_MODULES) $(wildcard $(addprefix $(PAGES)/, *.js *.mjs *.json *.html colab/* nothing/*))
	cd $(PAGES) && npm ci --silent --ignore-scripts && npm run --silent build
	@touch $@

# torch comes first, at the version that is asked for, so that no other finder brings its own.
$(PEERS): requirements/bench.txt requirements/bench-alone.txt $(PACKAGE)
	@echo "Setting up the environment with the other finders in $(BENCH_VENV)"
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH)/python -m pip install -qq --upgrade "pip>=25.1"
	$(BENCH)/python -m pip install -qq --constraint requirements/constraints.txt torch
	$(BENCH)/python -m pip install -qq --constraint requirements/constraints.txt --group build --group test
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(BENCH)/python -m pip install -qq \
		--constraint requirements/constraints.txt --no-build-isolation --editable ".[frame]"
	$(BENCH)/python -m pip install -qq --constraint requirements/constraints.txt \
		--requirement requirements/bench.txt
	$(BENCH)/python -m pip install -qq --no-deps --requirement requirements/bench-alone.txt
	@touch $@

$(BENCH_VENV)/oldest-%/.stamp: requirements/oldest-%.txt $(PEERS)
	rm -rf $(@D)
	$(BENCH)/python -m pip install -qq --no-deps --target $(@D) --requirement $<
	@touch $@
