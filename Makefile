# `make` alone says what there is. PYTHON=python3.12 chooses the interpreter of .venv, ARGS="-k name"
# goes to pytest. All paths are relative: the folder's own path may hold a space.

PYTHON ?= python3
ARGS ?=

PY := .venv/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check

# Without a C compiler the tests use the one that ziglang brings from PyPI.
COMPILER = $(shell command -v cc || command -v gcc || command -v clang)
TEST_EXTRA = $(if $(COMPILER),test,test-zig)

# One stamp per level of what is installed; a stamp is older than pyproject.toml when it is stale.
FOR_RUN := .venv/.ready-run
FOR_TEST = .venv/.ready-$(TEST_EXTRA)
FOR_ALL := .venv/.ready-all

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.PHONY: help setup generate check test test-all test-upstream require upstream lint example endure bench bench-peers bless format new-output clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(FOR_TEST) ## make .venv with abilock and what `make test` needs

generate: $(FOR_RUN) ## write generated/ from abi/; needs python3 only
	$(PY) -m abilock generate

check: $(FOR_RUN) ## whether descriptions are right and generated files are what they say; changes nothing
	$(PY) -m abilock check

test: $(FOR_TEST) ## the fast tests, a minute or two; needs a C compiler, and gets one from PyPI if there is none
	$(PY) -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

test-upstream: $(FOR_TEST) upstream ## hosts of plugins built from the published crates; needs cargo, and minutes the first time
	$(PY) -m pytest -n auto --dist loadfile tests/e2e/upstream $(ARGS)

test-all: require $(FOR_ALL) check upstream ## every test, mypy and ruff; names the tools that are missing
	$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)
	$(MAKE) lint

require:
	sh tools/require.sh

# Before the tests, so that none of them waits for a compiler, or runs beside one.
upstream: $(FOR_TEST)
	@sh tools/require.sh cargo
	PYTHONPATH=tests $(PY) -m support.upstream

lint: $(FOR_ALL) ## mypy --strict, ruff's rules and formatting, the form of the descriptions
	$(PY) -m mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m abilock fmt --check abi/*.abi abi/history/*/*.abi

example: $(FOR_TEST) ## NAME=bmux: a host in Python of the folder examples/, and what it does
	@test -n "$(NAME)" || { echo 'say which: make example NAME=bmux' >&2; exit 2; }
	$(PY) examples/$(NAME)

endure: $(FOR_TEST) ## the drasi host under load: a million events of each release, 200 stops, 100 ends of the process
	DRASI_EVENTS=1000000 DRASI_ROUNDS=200 $(PY) -m pytest -n auto tests/examples/drasi/test_endurance.py $(ARGS)

bench: $(FOR_TEST) ## what generating costs, stage by stage, and what calls cost, beside other ways to make them
	$(PY) benchmarks/generate.py
	$(PY) benchmarks/diff.py
	$(PY) benchmarks/calls.py

bench-peers: $(FOR_TEST) ## what other checkers say of the same changes, for docs/peers.md; names those that are missing
	$(PY) benchmarks/peers.py --write

bless: $(FOR_TEST) ## take what the tests produce as what they expect; then read `git diff tests`
	-$(PY) -m pytest -n auto -m "not slow" --bless -q $(ARGS)
	@git --no-pager diff --stat -- tests
	@echo "Every line of that is a promise: read \`git diff tests\`, then run \`make test\`."

format: $(FOR_ALL) ## put Python and .abi files into canonical form
	$(PY) -m ruff check --fix-only --select I .
	$(PY) -m ruff format .
	$(PY) -m abilock fmt abi/*.abi

new-output: ## NAME=x: the stubs of a new output and its line in the registry
	@test -n "$(NAME)" || { echo 'say which: make new-output NAME=kotlin' >&2; exit 2; }
	$(PYTHON) tools/new_output.py "$(NAME)"

clean: ## remove .venv and all that builds and tests leave behind
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/upstream/target
	find gen tests tools generated -name __pycache__ -type d -prune -exec rm -rf {} +

# --- .venv

$(FOR_RUN): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo 'abilock needs Python 3.11 or later; choose one with: make PYTHON=python3.11 …' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo '$(PYTHON) has no venv module; on Debian: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --editable .
	@touch $@

.venv/.ready-test: $(FOR_RUN)
	$(PIP) install --editable '.[test]'
	@touch $@

.venv/.ready-test-zig: $(FOR_RUN)
	$(PIP) install --editable '.[test,zig]'
	@touch $@

$(FOR_ALL): $(FOR_RUN)
	$(PIP) install --editable '.[test,zig,dev]'
	@touch $@
