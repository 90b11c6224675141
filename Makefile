# make demo    the whole chain on a real small model, into ./demo-out
# make test    the tests: no network but loopback
# make check   lint, types, import contracts
# make bench   side by side with peers, into benchmarks/RESULTS.md
# make slow    slow tests and mutation scores, resumable, into benchmarks/SLOW_TESTS.md and MUTATION.md
# make docs    the documentation site, into ./site, its links checked; an environment of its own
# make lock    constraints.txt anew, from what is in .venv and passed the tests

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# uv knows nothing of pip's settings: it is given the index that pip was told of, and where it fails pip does the work.
INDEX  = $(or $(PIP_INDEX_URL),$(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null))
UV     = $(BIN)/uv pip install --quiet --python $(BIN)/python $(if $(INDEX),--default-index $(INDEX))

# Without an NVIDIA GPU the CPU build of torch is installed first, so that nothing pulls gigabytes of CUDA. PyPI's builds for
# Linux are CUDA's, so it comes from PyTorch's own index, unless pip has other sources than PyPI (TORCH_INDEX= to keep to them).
HAS_GPU     := $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -c GPU)
TORCH       ?= $(if $(filter-out 0,$(HAS_GPU)),torch>=2.8,torch==2.13.0)
SOURCES      = $(shell $(PYTHON) -m pip config list 2>/dev/null | grep -E 'index-url|find-links')
TORCH_INDEX ?= $(if $(filter-out 0,$(HAS_GPU))$(SOURCES),,https://download.pytorch.org/whl/cpu)
COMMA       := ,
LOCK        ?= $(if $(filter-out 0,$(HAS_GPU)),,constraints.txt)

# Nothing is compiled at installation: what is imported is kept compiled from its first use on, so that must be allowed.
unexport PYTHONDONTWRITEBYTECODE
export HF_HUB_DISABLE_TELEMETRY = 1
export GPTQMODEL_CPU_WORKERS = 2

.PHONY: demo test test-main test-argilla check bench slow docs lock install clean
.DEFAULT_GOAL := install

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed: get Python 3.11 or later, or make PYTHON=python3.12"; exit 2; }
	@echo "Setting up $(VENV) (a few minutes, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@echo "  1/3 torch"
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$(TORCH)"
	@$(BIN)/python -m pip list --disable-pip-version-check --format freeze | grep -E '^torch==' > $(VENV)/torch.txt
	@echo "  2/3 everything else$(if $(LOCK),$(COMMA) each file by its hash)"
	@$(if $(LOCK),{ $(PIP) uv && $(UV) --require-hashes --no-deps --requirement $(LOCK); } || $(PIP) --require-hashes --no-deps --requirement $(LOCK))
	@echo "  3/3 the toolkit itself"
	@$(PIP) --constraint $(VENV)/torch.txt $(if $(LOCK),--no-build-isolation) --editable '.[dev]'
	@touch $@

demo: install
	@$(BIN)/instructwild demo --out demo-out

test: test-main test-argilla

test-main: install
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-argilla: install
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "argilla and not slow" -rs tests/annotation/argilla

check: install
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install
	@$(BIN)/python -m benchmarks

slow: install
	@$(BIN)/python -m benchmarks.slow_tests
	@$(BIN)/python -m benchmarks.mutation

lock: install
	@$(BIN)/python -m pip freeze --exclude-editable | grep -viE '^(torch|pip|setuptools|uv)==|@' > $(VENV)/lock.in
	@$(PYTHON) -m venv $(VENV)/lock-tool
	@$(VENV)/lock-tool/bin/python -m pip install --quiet --disable-pip-version-check uv
	@head -2 constraints.txt > $(VENV)/lock.txt
	@$(VENV)/lock-tool/bin/uv pip compile --quiet --generate-hashes --no-deps --no-annotate --no-header $(VENV)/lock.in >> $(VENV)/lock.txt
	@rm -r $(VENV)/lock-tool
	@mv $(VENV)/lock.txt constraints.txt

docs: $(VENV)-docs/.installed
	@$(VENV)-docs/bin/python docs/assemble.py build/docs
	@NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --quiet --strict
	@$(VENV)-docs/bin/python docs/check_site.py site

$(VENV)-docs/.installed: pyproject.toml
	@$(PYTHON) -m venv $(VENV)-docs
	@$(VENV)-docs/bin/python -m pip install --quiet --disable-pip-version-check --no-compile '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-docs site demo-out build dist
