# `make` alone prints the verbs. Everything lives in .venv; a stamp makes the second run quick.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip install --quiet --require-hashes --only-binary :all:

.PHONY: help run test check fix seed lab lab-table shots bench lock clean

help:
	@echo "make run     set up and serve the site at http://127.0.0.1:8000"
	@echo "make test    set up and run the tests (browser tests need Chromium)"
	@echo "make check   format, lint, types, import borders, templates, migrations, deployment settings"
	@echo "make fix     format and mend what can be mended"
	@echo "make seed    fill the site with example people and conversations"
	@echo "make lab     random rounds of mixed faults: SEED=7 ROUNDS=20, or ONLY=13 (docs/laboratory.md)"
	@echo "make shots   take pictures of every screen into shots/ (needs Chromium; --only NAME and --quick in SHOTS=)"
	@echo "make bench   measure speed and memory: a table for us and for a bare relay (some ten minutes)"
	@echo "make lock    resolve the dependencies again into requirements*.txt"

# The quickest of those at hand: one that a version manager built without optimising takes half as long again, whatever
# its version. Shims exist and fail, so each candidate is run, not looked up. PYTHON= says which.
SUITS = import sys, venv, ensurepip; sys.version_info >= (3, 11) or sys.exit(1); from timeit import repeat; \
  print(round(1e6 * min(repeat("sorted(str(n) for n in range(2000))", number=9))))
$(PY):
	@least=; best=; \
	for python in $${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3}; do \
	  took=$$("$$python" -c '$(SUITS)' 2>/dev/null) || continue; \
	  if [ -z "$$best" ] || [ "$$took" -lt "$$least" ]; then least=$$took best=$$python; fi; \
	done; \
	if [ -z "$$best" ]; then \
	  echo "Ponder needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; \
	fi; \
	echo "Setting up with $$("$$best" --version) ..."; \
	rm -rf $(VENV) && "$$best" -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(PY)
	@echo "Installing dependencies ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing dependencies for development ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

run: $(VENV)/run.stamp
	@exec $(PY) manage.py serve

test: $(VENV)/dev.stamp
	@$(PY) -m tests.run

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files --cached --others --exclude-standard 'templates/*.html')
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py checktemplates
	$(PY) manage.py protocol --check
	DEBUG=0 PUBLIC_ORIGIN=https://ponder.example $(PY) manage.py check --deploy --fail-level WARNING

fix: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djade --target-version 5.2 $$(git ls-files --cached --others --exclude-standard 'templates/*.html') || true
	$(PY) manage.py protocol

seed: $(VENV)/run.stamp
	@$(PY) manage.py migrate --verbosity 0 && $(PY) manage.py seed

LAB = $(PY) -m tests.lab.rounds $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(ONLY),--only $(ONLY)) $(if $(SERVER),--server $(SERVER)) $(if $(TRANSPORT),--transport $(TRANSPORT))

lab: $(VENV)/dev.stamp
	@$(LAB)

lab-table: $(VENV)/dev.stamp
	@$(LAB) --write

shots: $(VENV)/dev.stamp
	@$(PY) -m tests.shots $(SHOTS)

bench: $(VENV)/dev.stamp
	@$(PY) -m tests.bench

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)." >&2; exit 1; }
	UV_NO_CONFIG=1 uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.txt
	UV_NO_CONFIG=1 uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.txt --extra scale -o requirements-scale.txt
	UV_NO_CONFIG=1 uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.txt --extra scale --extra uvicorn --group dev -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
