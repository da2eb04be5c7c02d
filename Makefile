# make app    set everything up and open the app
# make test   set everything up and run all checks and tests
# make fuzz   read COUNT damaged files of each format (hours), figures in docs/reliability.md
# make audit-dependencies   look up known holes in the packages that are used (needs the internet)
# make messages   bring translations and docs/messages.md up to date with the source
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SERVER := .venv-server
PORT ?= 8501
COUNT ?= 100000
MOL_VERSION := $(shell sed -n 's/^py3Dmol==//p' requirements.txt)

.PHONY: app test check messages fuzz audit-dependencies setup setup-dev clean

app: setup
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: setup-dev check
	$(BIN)/python -m pytest $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

messages: setup
	$(BIN)/python -m heanet.catalogue

fuzz: setup-dev
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-fuzz.txt \
	  || echo 'atheris cannot be installed here: all inputs are damaged at random.'
	OMP_NUM_THREADS=1 nice -n 19 $(BIN)/python -m tests.fuzz.run --count $(COUNT)

audit-dependencies: setup
	./audit-dependencies $(BIN)/python

setup: $(VENV)/app.stamp static/3Dmol-min.js
setup-dev: $(VENV)/dev.stamp $(SERVER)/server.stamp static/3Dmol-min.js

$(VENV)/app.stamp: requirements.txt constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --editable .
	touch $@

$(VENV)/dev.stamp: $(VENV)/app.stamp requirements-dev.txt requirements-teacher.txt requirements-mp.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt
	touch $@

# The MLflow server that the tests record trainings on, apart: it does not go with the app's pyarrow.
$(SERVER)/server.stamp: requirements-server.txt constraints-server.txt
	test -x $(SERVER)/bin/python || $(PYTHON) -m venv $(SERVER) || python3 -m venv $(SERVER)
	$(SERVER)/bin/python -m pip install --disable-pip-version-check -q -r requirements-server.txt
	touch $@

# The 3D viewer's script, served by the app itself so that it works with no internet.
static/3Dmol-min.js:
	./setup-viewer $(MOL_VERSION)

clean:
	rm -rf $(VENV) $(SERVER) .venv-audit static
