# The two commands: `make explore` and `make test`. Each makes .venv if there is none and installs into it.
PYTHON ?= python3
DATA ?= digits
BIN := .venv/bin
TESTS := tests-with-ray tests-of-networks tests-of-reports tests-of-the-rest

.PHONY: explore test check $(TESTS) install pictures clean

explore: install  ## the main job, in minutes; DATA=fashion-mnist for clothes instead of digits
	$(BIN)/explore --budget 4GFLOPs --axis cardinality --data $(DATA)

test: check

check: install  ## what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory --jobs 2 --keep-going $(TESTS)

tests-with-ray: install
	$(BIN)/pytest -m 'ray and not many'

# The others are no more willing to take a core than Ray's workers are, or these would seem to hang.
NETWORKS := space tests/space tests/spaces tests/families
REPORTS := analysis tests/analysis

tests-of-networks: install
	nice -n 15 $(BIN)/pytest -m 'not ray and not many' $(NETWORKS)

tests-of-reports: install
	nice -n 15 $(BIN)/pytest -m 'not ray and not many' $(REPORTS)

tests-of-the-rest: install
	nice -n 15 $(BIN)/pytest -m 'not ray and not many' $(NETWORKS:%=--ignore=%) $(REPORTS:%=--ignore=%)

pictures: install  ## of README and docs, their tables, and the pages of notation and recipes; wants Chromium
	$(BIN)/python -m pip install --quiet kaleido
	$(BIN)/python -m docs.pictures
	$(BIN)/python -m docs.tables
	$(BIN)/python -m docs.notation
	$(BIN)/python -m docs.recipes

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf .venv build dist *.egg-info
