# Everything a fresh machine with Python 3.11 and make needs: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := bot handlers cards sandbox tests docs deploy

# Compiled once, then kept: the tests start our programs some hundred times, each a quarter slower without.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: venv demo run test check bench soak audit sbom deployed screenshots format lock clean
.DEFAULT_GOAL := test

venv: .venv/ready

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Dingsweep needs Python 3.11 or newer: run make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv   ## the main job against the local DingTalk; DEMO_ONCE=1 ends by itself
	$(BIN)/dingsweep demo

run: venv    ## the robot, with the settings of this folder
	$(BIN)/dingsweep run

test: check  ## everything: checks, then tests; four at a time, for most of them wait
	$(BIN)/pytest -n 4 --dist worksteal

check: venv  ## format, lint, types, walls
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: venv  ## speed, as ratios within one run
	$(BIN)/python -m tests.bench

soak: venv   ## the long runs
	$(BIN)/pytest -m soak --timeout 3600

audit: venv  ## known weaknesses of the locked packages; says so where nobody could be asked
	$(BIN)/python -m tests.deploy.audit

sbom: venv   ## what the robot is made of, as CycloneDX, held against its schema
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json requirements.lock

deployed:    ## deploy/ for real: containers, and a Debian made from nothing; needs root on a Debian, and minutes
	tests/deploy/clean_containers.sh
	tests/deploy/clean_debian.sh

screenshots: venv ## the pictures of the sandbox's page, in both schemes and widths
	$(BIN)/python -m docs.pictures.screens

format: venv
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lock: venv   ## renew the lock files
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header --annotation-style=line \
		--no-emit-index-url --no-emit-find-links -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header --annotation-style=line \
		--allow-unsafe --extra dev -c requirements.lock \
		--no-emit-index-url --no-emit-find-links -o requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
