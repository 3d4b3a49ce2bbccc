# Everything a newcomer types. `make demo` needs Python 3.11+ and make, nothing else; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# The first Python of 3.11 or newer; `make PYTHON=/path/to/python3.12 …` chooses another one.
PYTHON ?= python3
FALLBACKS := python3.13 python3.12 python3.11 python3.14
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A package of which only a data file is read: CDNOW's standard sample, for the test of published figures.
SAMPLE := lifetimes==0.11.3
PLUGINS := banking healthcare retail hospitality

# What an installation is made from: when one of these is newer than the stamp, it is brought up to date.
PAGE := $(shell find schema/patron_schema/graphiql/page -type f -not -path '*/node_modules/*' 2>/dev/null)
SOURCES := pyproject.toml constraints.txt requirements-run.txt $(wildcard hatch_build.py plugins/*/pyproject.toml) $(PAGE)
RUN := $(VENV)/installed-run
DEV := $(VENV)/installed-dev

.PHONY: help install demo test test-fast check lint format types imports schema docs security reliability defects bench soak serve migrate constraints clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN) ## example companies with data, a key and GraphiQL, served on this machine (ARGS="--port 9000" …)
	@$(BIN)/patron demo $(ARGS)

serve: $(RUN) ## serve what PATRON_DATABASE_URL names (ARGS=…)
	@$(BIN)/patron serve $(ARGS)

migrate: $(RUN) ## bring the database up to date (ARGS=…)
	@$(BIN)/patron migrate $(ARGS)

install: $(DEV) ## .venv with everything, editable: Patron, its plugins, tests and checks

test: lint types imports schema ## what CI runs: all checks, and all tests on SQLite and PostgreSQL except the long ones
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS) || \
	{ echo "What failed is run once more, alone: a machine that does other work meanwhile may be late."; \
	  $(BIN)/pytest --last-failed --last-failed-no-failures none; }

test-fast: $(DEV) ## tests without browser and without the public data sets, stopping at the first failure
	$(BIN)/pytest -x -m "not browser and not real_data and not soak" $(ARGS)

soak: $(DEV) ## the long tests (a million requests of the fuzzer, whole walks through the schema), and what a million customers cost
	$(BIN)/pytest -m soak $(ARGS)
	$(BIN)/pytest -m "security and not soak" --whole
	$(BIN)/python -m benchmarks.growth --million

check: lint types imports schema docs ## lint, types, imports, schema and docs

lint: $(DEV) ## ruff: rules and format; bandit: dangerous calls
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -r -c pyproject.toml core/patron_core schema/patron_schema $(foreach name,$(PLUGINS),plugins/$(name)/patron_$(name))

format: $(DEV) ## rewrite the code in the house's format
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

types: $(DEV) ## mypy --strict, and pyright as a vendor's editor sees it
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(DEV) ## the layers of .importlinter
	$(BIN)/lint-imports --cache-dir .cache/import-linter

schema: $(DEV) ## the committed SDL is fresh (UPDATE=1 writes it)
	$(BIN)/patron export-schema $(if $(UPDATE),,--check)

docs: $(DEV) ## every example in README and docs runs, generated pages are fresh (UPDATE=1 writes them)
	$(BIN)/pytest tests/docs tests/capabilities/test_rows.py $(if $(UPDATE),--update)

security: $(DEV) ## the proof of every promise of docs/security-bar.md (UPDATE=1 writes that page with the figures)
	$(if $(UPDATE),$(BIN)/python -m tests.security.bar,$(BIN)/pytest -m security --whole $(ARGS))

reliability: $(DEV) ## what dies, fills up or is asked too much loses nothing (UPDATE=1 writes the figures of docs/reliability.md)
	$(if $(UPDATE),$(BIN)/python -m tests.faults.bar,$(BIN)/pytest -m faults $(ARGS))

defects: $(DEV) ## plants each known defect alone in a copy of the tree: do the tests notice? takes most of an hour (ARGS=name …)
	$(BIN)/python -m tests.security.defects.planting $(ARGS)

bench: $(DEV) ## Patron beside its peers on this machine, a table with all targets (ARGS=…)
	$(BIN)/python -m benchmarks $(ARGS)

constraints: ## renew constraints.txt with the newest versions that the ranges allow
	@$(require-python); rm -rf .cache/constraints; "$$python" -m venv .cache/constraints
	.cache/constraints/bin/python -m pip install --quiet --disable-pip-version-check \
	    '.[postgres,nats,redis,otel,metrics,parquet,dev]' $(PLUGINS:%=./plugins/%)
	{ echo '# Exact versions of everything Patron and its checks install, names and versions only. Renewed by `make constraints`.'; \
	  .cache/constraints/bin/python -m pip freeze | grep -E '^[A-Za-z0-9._-]+==' | grep -v -i '^patron'; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf .cache/constraints

clean: ## remove the environment, caches and what was built
	rm -rf $(VENV) .cache .hypothesis build dist schema/patron_schema/graphiql/bundle schema/patron_schema/graphiql/page/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Leaves the chosen Python in $$python, or says what is missing. Each candidate is run: a version manager's shim may be dead.
define require-python
for python in $(PYTHON) $(if $(filter file,$(origin PYTHON)),$(FALLBACKS)); do \
    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; python=; \
done; \
if [ -z "$$python" ]; then \
    echo "Patron needs Python 3.11 or newer. '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1)." >&2; \
    echo "Install one and name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; \
fi
endef

$(BIN)/python:
	@$(require-python); \
	echo "Making $(VENV) with $$("$$python" --version)."; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "The environment could not be made: on Debian and Ubuntu install the package python3-venv." >&2; exit 1; }

$(RUN): $(SOURCES) | $(BIN)/python
	@echo "Installing what Patron needs to run."
	@$(PIP) install --quiet -r requirements-run.txt
	@touch $@

$(DEV): $(SOURCES) requirements.txt | $(BIN)/python
	@echo "Installing Patron, its plugins, tests and checks."
	@$(PIP) install --quiet -r requirements.txt
	@$(PIP) install --quiet --no-deps $(SAMPLE)
	@touch $(RUN) $@
