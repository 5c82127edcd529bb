# One command each; `make` alone lists them. Everything lives in .venv (and node_modules): `make clean` undoes it all.
#
#   make PYTHON=/path/to/python3.12 lab    another interpreter
#   make test T="tests/domain -x"          some of the tests

VENV   := .venv
STAMPS := $(VENV)/stamps
BIN    := $(VENV)/bin
FLOOR  := 90
FLOOR_ROOMS := domain stats design analysis batch datasets storage errors settings assign events registry
T ?=

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# the venv's Node, jlpm and Python come before whatever the machine has
export PATH := $(CURDIR)/$(BIN):$(PATH)
# with this set, every process would compile the scientific stack anew
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME

# scripts in a venv carry its absolute path: a folder that was moved or copied needs a new one
WHERE := $(shell cat $(STAMPS)/where 2>/dev/null)
ifneq ($(WHERE),)
ifneq ($(WHERE),$(CURDIR))
$(info The checkout was moved from $(WHERE): setting up again)
$(shell rm -rf $(VENV))
endif
endif

EXTENSION_INPUTS := $(shell find extension/src extension/style extension/schema -type f 2>/dev/null) \
	extension/package.json extension/tsconfig.json
SERVER_CONFIG := $(wildcard jupyter-config/server-config/*.json)

.PHONY: help lab demo test lint bench docs build pins schema clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

help: ## list the commands
	@echo 'expkit: a notebook-first experimentation workbench'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo
	@echo 'The first command sets .venv up (one to three minutes); after that it takes seconds.'

lab: $(STAMPS)/project ## open JupyterLab before the demo experiment
	@$(BIN)/expkit lab

demo: $(STAMPS)/project ## seed the demo experiment, analyse it and print its scorecard
	@$(BIN)/expkit demo

test: $(STAMPS)/dev $(STAMPS)/project tests/peers/node_modules/.yarn-state.yml ## run every test (T="path -x" for some) and hold the coverage floors
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| echo 'No Chromium found, so the browser tests are skipped. To run them: apt-get install chromium'
ifneq ($(T),)
	@$(BIN)/pytest $(T)
else
	@$(BIN)/pytest -n 2 --dist loadfile --cov=expkit --cov-report=term:skip-covered
	@for room in $(FLOOR_ROOMS); do \
		test -e expkit/$$room -o -e expkit/$$room.py || continue; \
		share=$$($(BIN)/coverage report --include="expkit/$$room/*,expkit/$$room.py" --format=total) || exit 1; \
		test $$share -ge $(FLOOR) || { below="$$below $$room ($$share %)"; }; \
	done; \
	if [ -n "$$below" ]; then echo "Below the coverage floor of $(FLOOR) %:$$below"; exit 1; \
	else echo 'Every room with a coverage floor has $(FLOOR) % or more.'; fi
endif

lint: $(STAMPS)/dev $(STAMPS)/project ## style, types, import contracts, and the extension's types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	cd extension && jlpm lint

bench: $(STAMPS)/dev $(STAMPS)/project ## run the benchmarks
	@found=; for file in benchmarks/*.py; do \
		[ -e "$$file" ] || continue; found=1; echo "== $$file"; $(BIN)/python "$$file" || exit 1; \
	done; [ -n "$$found" ] || echo 'There is no benchmark yet: benchmarks/*.py'

docs: $(STAMPS)/dev $(STAMPS)/project ## build the documentation into docs/_build/html
	$(BIN)/sphinx-build -W -q -b html docs docs/_build/html
	@echo 'Open docs/_build/html/index.html'

build: $(STAMPS)/project ## build the wheel and the source archive into dist/
	$(call step,Building the wheel and the source archive,$(BIN)/python -m build --no-isolation --outdir dist .)
	@ls dist

schema: extension/node_modules/.yarn-state.yml ## generate the extension's client types from openapi.json
	cd extension && jlpm schema

pins: $(STAMPS)/dev ## choose and pin the newest versions: constraints/*.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --extra postgres --extra polars --extra notify --upgrade $(PIN) -o constraints/dev.txt
	@sed -E 's/ *\\$$//; /--hash/d' constraints/dev.txt >$(STAMPS)/versions.txt
	$(BIN)/uv pip compile pyproject.toml --group build -c $(STAMPS)/versions.txt --upgrade $(PIN) -o constraints/run.txt

clean: ## remove everything that the other commands made
	rm -rf $(VENV) tests/peers/node_modules extension/node_modules extension/lib extension/*.tsbuildinfo expkit/labextension \
		dist build docs/_build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

# names, versions and hashes only: which index serves them is the user's business
PIN := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

# --- setting up -----------------------------------------------------------------------------------------------------

# $(call step,what,command): says what it does and how long that took; shows the output only when it failed
define step
@printf '%s ... ' '$(1)'; start=$$(date +%s); mkdir -p $(STAMPS); \
	if ( $(2) ) >$(STAMPS)/step.log 2>&1; then echo "$$(( $$(date +%s) - start )) s"; \
	else echo 'failed:'; cat $(STAMPS)/step.log; exit 1; fi
endef

# uv, itself installed by pip with its hash checked, unpacks in parallel and without compiling: the 276 packages of
# dev.txt took it 9 s where pip took 168 s (2 cores, empty caches). It does not read pip's configuration, so where an
# index, a proxy or an offline folder is set up for pip only, pip does the work.
define install
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) \
		|| $(BIN)/python -m pip install --require-hashes -r $(1) \
		|| { echo 'The packages come from a Python package index: is one reachable, or set up in pip.conf?'; exit 1; }
endef

$(STAMPS)/venv:
	@test -n '$(PYTHON)' || { echo 'expkit needs Python 3.11 or newer, and found none on the PATH.'; \
		echo 'Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 lab'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo '$(PYTHON) is no Python 3.11 or newer. Name another one: make PYTHON=/path/to/python3.12 lab'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make virtual environments.'; \
		echo 'Install the module (Debian, Ubuntu: apt-get install python3-venv) and try again.'; exit 1; }
	$(call step,Creating $(VENV),$(PYTHON) -m venv $(VENV))
	@echo '$(CURDIR)' >$(STAMPS)/where
	@touch $@

$(STAMPS)/uv: $(STAMPS)/venv
	@awk '/^uv==/ { on = 1 } on { print; if (!/\\$$/) exit }' constraints/run.txt >$(STAMPS)/uv.txt
	$(call step,Fetching the installer,$(BIN)/python -m pip install --require-hashes --no-deps -r $(STAMPS)/uv.txt || true)
	@touch $@

$(STAMPS)/run: constraints/run.txt $(STAMPS)/uv
	$(call step,Installing the pinned packages,$(call install,$<))
	@touch $@

$(STAMPS)/dev: constraints/dev.txt $(STAMPS)/uv
	$(call step,Installing the pinned packages for development,$(call install,$<))
	@touch $@ $(STAMPS)/run

extension/node_modules/.yarn-state.yml: extension/package.json extension/yarn.lock extension/.yarnrc.yml | $(STAMPS)/run
	$(call step,Fetching what the Lab extension is built from,cd extension && jlpm install --immutable)
	@touch $@

tests/peers/node_modules/.yarn-state.yml: tests/peers/package.json tests/peers/yarn.lock tests/peers/.yarnrc.yml | $(STAMPS)/run
	$(call step,Fetching the JavaScript clients that have to agree with us,cd tests/peers && jlpm install --immutable)
	@touch $@

expkit/labextension/package.json: $(EXTENSION_INPUTS) extension/node_modules/.yarn-state.yml
	@rm -rf expkit/labextension
	$(call step,Building the Lab extension,cd extension && jlpm build:prod)
	@touch $@

# an editable install copies the built extension and the server's configuration into .venv, hence again when they change
$(STAMPS)/project: $(STAMPS)/run pyproject.toml expkit/labextension/package.json extension/install.json $(SERVER_CONFIG)
	$(call step,Installing expkit itself,SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install --no-deps --no-build-isolation -e .)
	@touch $@
