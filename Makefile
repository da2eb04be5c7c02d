# make app    set everything up and open the app
# make test   set everything up and run all checks and tests
# make pictures   take pictures of every view in both languages, light and dark, wide and narrow
# make fuzz   read COUNT damaged files of each format (hours), figures in docs/reliability.md
# make faults   kill five operations KILLS times each (long), figures in docs/reliability.md
# make soak   25 sessions for 10 minutes while 2 trainings run, figures in docs/reliability.md
# make audit-dependencies   look up known holes in the packages in use; needs the internet
# make messages   bring translations and docs/messages.md up to date with the source
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SERVER := .venv-server
PORT ?= 8501
COUNT ?= 100000
KILLS ?= 50
TESTS_AT_ONCE ?= 2
PYTEST := $(BIN)/python -m pytest
OR_NONE := || test $$? -eq 5  # ARGS may name tests of one kind alone
AXE_VERSION := 4.14.1
MOL_VERSION := $(shell sed -n 's/^py3Dmol==//p' requirements.txt)

.PHONY: app test test-shared test-alone check pictures messages fuzz faults soak audit-dependencies setup setup-dev clean

app: setup
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: setup-dev check
	$(MAKE) --keep-going --no-print-directory test-shared test-alone

# What can share the machine, as many files at once as it has cores for.
test-shared: setup-dev
	OMP_NUM_THREADS=1 $(PYTEST) -n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder \
	  -m 'not alone' $(ARGS) $(OR_NONE)

# Browsers, workers, kills and timings.
test-alone: setup-dev
	$(PYTEST) -m alone $(ARGS) $(OR_NONE)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

pictures: setup-dev
	$(BIN)/python -m tests.browser.pictures $(ARGS)

messages: setup
	$(BIN)/python -m heanet.catalogue

audit-dependencies: setup
	./audit-dependencies $(BIN)/python

fuzz: setup-dev
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-fuzz.txt \
	  || echo 'atheris cannot be installed here: all inputs are damaged at random.'
	OMP_NUM_THREADS=1 nice -n 19 $(BIN)/python -m tests.fuzz.run --count $(COUNT)

faults: setup-dev
	OMP_NUM_THREADS=1 nice -n 19 $(BIN)/python -m tests.faults.run --kills $(KILLS)

soak: setup-dev
	$(BIN)/python -m tests.browser.soak --document $(ARGS)

setup: $(VENV)/app.stamp static/3Dmol-min.js
setup-dev: $(VENV)/dev.stamp $(SERVER)/server.stamp static/3Dmol-min.js build/axe.min.js

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

# What the tests of accessibility run in the page (axe-core, MPL-2.0).
build/axe.min.js:
	mkdir -p build
	cd build && npm pack --silent axe-core@$(AXE_VERSION) >/dev/null \
	  && tar -xzf axe-core-$(AXE_VERSION).tgz package/axe.min.js \
	  && mv package/axe.min.js . && rm -r package axe-core-$(AXE_VERSION).tgz

clean:
	rm -rf $(VENV) $(SERVER) .venv-audit static build
