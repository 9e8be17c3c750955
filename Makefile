# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test check recordings docs fuzz mutants bench warm schema clean

help:  ## What there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Every environment is built once and again when its pins change. uv is only a faster installer; pip serves as well.
define install
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv 2>/dev/null || true
	if $(BIN)/python -c "import uv" 2>/dev/null; \
	then $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.$(1)'; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.$(1)'; fi
	touch $@
endef

$(VENV)/.run: pyproject.toml constraints.txt
	$(call install,)

$(VENV)/.dev: pyproject.toml constraints.txt
	$(call install,[dev])
	touch $(VENV)/.run

$(VENV)/.mutants: $(VENV)/.dev
	$(call install,[mutants])

$(VENV)/.docs: pyproject.toml constraints.txt
	$(call install,[docs])
	touch $(VENV)/.run

demo: $(VENV)/.run  ## Run the main job: a raid against an S-400 system, with a report
	rm -rf runs/main-7
	$(BIN)/openiads demo --out runs/main-7 --workers $(WORKERS)

warm: $(VENV)/.dev  ## Compile the engine once, so that tests in parallel find it
	$(BIN)/python -m openiads.simulation.warm

test: $(VENV)/.dev warm  ## All tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.dev  ## Lint, types, layers, data, laws
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/openiads catalogue check
	$(BIN)/openiads check examples/*.yaml examples/*/*.yaml
	$(BIN)/openiads validate --data $(if $(wildcard build/recordings/traffic),build/recordings,tests/data)

recordings: $(VENV)/.dev  ## Fetch the real traffic and radar data that some laws are checked against
	$(BIN)/python tests/recordings.py

docs: $(VENV)/.docs  ## Build the site: build/docs/index.html
	$(BIN)/python -m sphinx -W --keep-going -q docs build/docs
	@echo "The site: build/docs/index.html"

fuzz: $(VENV)/.dev warm  ## 20,000 damaged scenario texts: each explained or run, never a traceback
	PYTHONPATH=tests $(BIN)/python -W error tests/fuzzing.py --workers $(WORKERS)

mutants: $(VENV)/.mutants  ## Break 400 laws on purpose, one at a time: how many do the tests notice?
	NUMBA_DISABLE_JIT=1 PYTHONPATH=tests $(BIN)/python tests/mutants.py --workers $(WORKERS)

bench: $(VENV)/.dev warm  ## Prove the speed floors; prints ratios
	$(BIN)/python -m benchmarks.bench

clean:  ## Remove what was built or run
	rm -rf $(VENV) runs dist build docs/api.md docs/notebook.md docs/theory .pytest_cache .mypy_cache .ruff_cache
