# The verbs of the project; each installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The JavaScript clients of the tests; without npm their tests are skipped, and say so.
CLIENTS := tests/node/node_modules/.package-lock.json
# The PostgreSQL server that the tests start for themselves; without it their PostgreSQL half is skipped, and says so.
SERVER := /usr/lib/postgresql/*/bin/initdb
ARGS ?=

.PHONY: install demo test check postgres bench bench-traps docs soak lock format clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: install
	$(BIN)/comity demo $(ARGS)

$(CLIENTS): tests/node/package-lock.json
	if command -v npm >/dev/null; then cd tests/node && npm ci --silent --no-audit --no-fund; fi

postgres:
	@if ! ls $(SERVER) >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq -y --no-install-recommends postgresql >/dev/null; } \
	  || echo "PostgreSQL could not be installed: the tests that need it are skipped"; \
	fi

test: install $(CLIENTS) postgres
	$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report= --cov-fail-under=0 $(ARGS)
	$(BIN)/coverage report

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/budgets.py

bench: install
	$(BIN)/python -m bench $(ARGS)
	$(BIN)/python -m bench.pairs $(ARGS)
	$(BIN)/python -m bench.ledger $(ARGS)
	$(BIN)/python -m bench.rating $(ARGS)
	$(BIN)/python -m bench.holding $(ARGS)
	$(BIN)/python -m bench.receipts $(ARGS)

bench-traps: install
	$(BIN)/python -m bench.traps --install-peers --docs $(ARGS)

docs: install
	$(BIN)/python docs/generate.py

soak: install postgres
	$(BIN)/python -m pytest -n 2 -m "soak or hypothesis" --hypothesis-profile=soak $(ARGS)

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Resolves the versions anew; run it when pyproject.toml's dependencies change.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --all-extras --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist var
