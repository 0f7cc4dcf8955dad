# Everything there is to run; `make` alone lists it.

RUN := .venv/bin/python
INSTALLED := .venv/.installed

.POSIX:
.PHONY: help install dev dev-up dev-down dev-status init-memory frontend frontend-dev test create-module test-module test-memory test-reliability check fix openapi bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## Install what the lock file says, into .venv

$(INSTALLED): pyproject.toml uv.lock modules/sdk/pyproject.toml deploy/dev/install.sh
	@PYTHON="$(PYTHON)" sh deploy/dev/install.sh
	@touch $@

dev: $(INSTALLED) ## Set up and run the whole platform; Ctrl-C stops it
	@$(RUN) -m deploy.dev run

dev-up: $(INSTALLED) ## The same in the background; returns when it is ready
	@$(RUN) -m deploy.dev up

dev-down: ## Stop the platform, wherever it was started; the data stays
	@if [ -x $(RUN) ]; then $(RUN) -m deploy.dev down; else echo "Lift OS is not installed."; fi

dev-status: ## Say what runs
	@if [ -x $(RUN) ]; then $(RUN) -m deploy.dev status; else echo "Lift OS is not installed."; fi

init-memory: $(INSTALLED) ## Give every organisation that has none its memory context
	@$(RUN) manage.py init_memory

frontend: $(INSTALLED) ## Build the dashboard, if its sources have changed
	@$(RUN) -m deploy.dev.frontend build

frontend-dev: $(INSTALLED) ## Serve the dashboard with hot reload, in front of `make dev`
	@$(RUN) -m deploy.dev.frontend dev

test: $(INSTALLED) ## Run all tests but the slow ones: the dashboard's, the modules', the platform's
	@$(RUN) -m deploy.dev.tests

create-module: $(INSTALLED) ## Write a new module: name=my-module
	@$(RUN) -m deploy.modules create "$(name)"

test-module: $(INSTALLED) ## Test a module and its contract: name=my-module
	@$(RUN) -m deploy.modules test "$(name)"

test-memory: $(INSTALLED) ## Try a module's memory test on the running platform: module=my-module
	@$(RUN) -m deploy.modules test-memory "$(module)"

test-reliability: $(INSTALLED) ## Start the platform, kill its processes, and see it recover
	@$(RUN) -m pytest -m slow tests/reliability

check: $(INSTALLED) ## Lint, format, types, import contracts, migrations, API document; the dashboard too
	@$(RUN) -m deploy.dev.checks

fix: $(INSTALLED) ## Repair what the linter and the formatter can
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format
	@cd frontend && npm run --silent fix

openapi: $(INSTALLED) ## Write the API's document, permissions, events and types from the code
	@mkdir -p docs/api
	@ENVIRONMENT=test $(RUN) manage.py spectacular --validate --fail-on-warn --file docs/api/openapi.yaml
	@ENVIRONMENT=test DJANGO_SETTINGS_MODULE=liftos.settings.test $(RUN) -m tests.contracts.permissions_table
	@ENVIRONMENT=test DJANGO_SETTINGS_MODULE=liftos.settings.test $(RUN) -m tests.contracts.events_page
	@cd frontend && npm run --silent gen:api

bench: $(INSTALLED) ## Measure quality, speed and metering; SETS="folder folder" adds public retrieval sets
	@$(RUN) -m tests.bench $(if $(SETS),--sets $(SETS))

clean: ## Remove caches; neither data nor the installation
	@find . \( -name .venv -o -name node_modules -o -name .git -o -name .liftos \) -prune -o -name __pycache__ -type d -exec rm -rf {} +
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
