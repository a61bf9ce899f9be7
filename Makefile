# make film    a film from the shipped storyboard, on a machine that has nothing but Python
# make test    everything CI checks: format, lint, types, import contracts, tests
# make coverage    the tests, and which lines they never run (half as long again)
# make drill   films whose workers, keepers, drivers, servers and stores are killed or taken away, five times each (about 40 minutes)
# make check   the same without the tests
# make test JOBS=8   in as many processes at once (2: each may start a Ray of its own)
# make clean   remove what the checks leave behind (not .venv, not outputs)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
STAMPS := $(VENV)/.stamps
JOBS ?= 2
DRILLS ?= 3
SOURCES := wan flows tests benchmarks storyboards docs/make_tree.py hatch_build.py

# Telemetry off, for everything started from here.
export DO_NOT_TRACK := 1
export RAY_USAGE_STATS_ENABLED := 0
export HF_HUB_DISABLE_TELEMETRY := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.DELETE_ON_ERROR:
.PHONY: film test coverage drill check format constraints clean help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \(make .*\)/\1/p' $(MAKEFILE_LIST)

film: $(STAMPS)/run
	@$(BIN)/wanflow render storyboards/paper_boat.yaml

# A process of tests that dies ends them, with the test it died in: its successor would be waited for without end.
# Files are handed out in the order of tests/conftest.py; xdist's own has those with few tests last, which take longest.
TESTS = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test: $(STAMPS)/dev
	@$(MAKE) --no-print-directory --jobs 2 check $(STAMPS)/compiled
	$(TESTS)

coverage: $(STAMPS)/compiled
	$(TESTS) --cov --cov-report=term:skip-covered

# Plays wait as long as they compute: one more at once than there are cores. One is handed out at a time, the longest first.
drill: $(STAMPS)/compiled
	WANFLOW_DRILLS=5 $(BIN)/python -m pytest -v -n $(DRILLS) --dist load --maxschedchunk 1 --durations=0 tests/drill
	WANFLOW_DRILLS=5 $(BIN)/python -m pytest -v tests/flows/cluster/test_hosts.py

check: $(STAMPS)/dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@echo "format, lint, types and import contracts hold"

format: $(STAMPS)/dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

# After an upgrade that passed the tests: write down what is installed.
constraints: $(STAMPS)/dev
	@{ echo '# Every package, direct or not, that wanflow was tested with: name==version and nothing else.'; \
	   echo '# Made by `make constraints`.'; \
	   $(PIP) freeze --exclude-editable --exclude wanflow | grep -E '^[A-Za-z0-9_.-]+==' | sed -E 's/\+[a-z0-9.]+$$//' \
	   | grep -v -i -E '^(nvidia|triton|cuda)'; } > constraints.txt

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage htmlcov build dist

# What is installed is written down by stamp files: nothing is installed again until these files change.
$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "wanflow needs Python 3.11 or later; name one: make PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 cannot make virtual environments here: apt-get install python3-venv" >&2; exit 2; }
	@mkdir -p $(STAMPS) && touch $@

# pip would compile all of it, one file after the other, which is half of its time; what a film needs is compiled when it
# is imported, and for the tests the rest is, on all cores and beside the checks.
$(STAMPS)/run: $(STAMPS)/venv constraints.txt pyproject.toml
	@echo "installing wanflow and what it needs into $(VENV) (a minute or two, once)"
	@$(PIP) install --quiet --no-compile -c constraints.txt -e '.[render]'
	@touch $@

$(STAMPS)/dev: $(STAMPS)/venv constraints.txt pyproject.toml
	@echo "installing wanflow, what it needs and the tools of development into $(VENV) (a minute or two, once)"
	@$(PIP) install --quiet --no-compile -c constraints.txt -e '.[dev]'
	@touch $(STAMPS)/run $@

# Some packages hold files that are no Python of this version: pip says nothing of those either.
$(STAMPS)/compiled: $(STAMPS)/dev
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@
