# Everything runs from a virtual environment in .venv that the first target that needs it makes.
PYTHON ?= python3
# The ERP of the mesh: sandbox, or tryton, which brings an environment of its own.
export ERP ?= sandbox
ERP_READY := $(if $(filter tryton,$(ERP)),tryton)
BIN := .venv/bin
LOCK := deploy/requirements.txt
UV := .build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(LOCK_ARGS)
TYPED := libs $(wildcard services/*/domain services/*/application)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup gen tryton up down status reset demo bench test check format lint layers types proto-format \
	proto-lint proto-breaking lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "%-16s %s\n", $$1, $$2}'

# ---- the mesh

demo: setup $(ERP_READY) ## play one retail day; ERP=tryton posts to a real ERP
	$(BIN)/retailmesh demo $(DEMO_ARGS)

up: setup $(ERP_READY) ## start the mesh
	$(BIN)/retailmesh up

down: setup ## stop the mesh
	$(BIN)/retailmesh down

status: setup ## show the running mesh
	$(BIN)/retailmesh status

reset: down ## stop the mesh and forget its data
	$(BIN)/retailmesh reset

# ---- checks

format: proto-format ## format everything
	$(BIN)/ruff check --select I --fix --quiet . && $(BIN)/ruff format .

lint: | .venv/ready ## check formats and lint
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	$(BIN)/buf format proto --diff --exit-code

layers: setup ## check who may import whom
	$(BIN)/lint-imports

types: setup ## check the types
	$(BIN)/mypy $(TYPED)

test: setup ## run the tests
	$(BIN)/pytest -n 2 --dist loadfile --ignore=tests/bench $(TEST_ARGS)

check: lint layers types proto-lint proto-breaking test ## everything a change must pass

bench: setup ## measure throughput and latency
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

# ---- contracts

gen: .build/retailmesh.binpb ## generate Python from the contracts

# Folders count too: they change when a contract is removed.
.build/retailmesh.binpb: $(shell find proto) $(wildcard libs/codegen/*.py) | .venv/ready
	$(BIN)/python -m libs.codegen generate && touch $@

proto-format: | .venv/ready ## format the contracts
	$(BIN)/buf format proto --write

proto-lint: gen ## lint the contracts
	$(BIN)/buf lint .build/retailmesh.binpb --config .buf.yaml

proto-breaking: gen ## refuse contracts that break the main branch's clients
	$(BIN)/python -m libs.codegen breaking

# ---- environment

setup: .venv/ready gen ## make .venv and the generated code

.venv/python: # an environment of the wrong Python fails here, by name, and not in some import later
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "retailmesh needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv .venv && touch $@

.venv/locked: $(LOCK) | .venv/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.venv/ready: pyproject.toml .venv/locked
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && touch $@

.build/tryton/ready: deploy/tryton/requirements.txt
	$(PYTHON) -m venv .build/tryton
	.build/tryton/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@

.build/uv/bin/uv:
	$(PYTHON) -m venv .build/uv && .build/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13'

tryton: .build/tryton/ready ## make the environment of the Tryton ERP

lock: .build/uv/bin/uv ## resolve the locks (all extras, the image, Tryton); LOCK_ARGS=--upgrade for new versions
	$(UV) --all-extras pyproject.toml -o $(LOCK)
	$(UV) pyproject.toml -c $(LOCK) -o deploy/images/requirements.txt
	$(UV) deploy/tryton/requirements.in -o deploy/tryton/requirements.txt

clean: ## remove everything that was made
	rm -rf .venv .build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find libs services tests -name __pycache__ -prune -exec rm -rf {} +
