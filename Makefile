# One way to do each thing: people, tox and CI call these targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test unit contract integration e2e soak lint clean benchmark benchmark-warm

demo: $(READY)  ## the main job on this machine: empty accounts to a running foundation and back
	$(BIN)/flowops rehearse dev foundation

test: $(READY)  ## every test
	$(BIN)/python -m pytest

unit contract integration e2e: $(READY)
	$(BIN)/python -m pytest tests/$@

soak: $(READY)  ## whether anything grows over hundreds of repetitions
	$(BIN)/python -m pytest -m soak

lint: $(READY)  ## everything that can be seen without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	terraform="$$($(BIN)/flowops toolchain path terraform)" && "$$terraform" fmt -check -recursive terraform-modules
	terragrunt="$$($(BIN)/flowops toolchain path terragrunt)" && "$$terragrunt" hcl fmt --check --working-dir deployments
	$(BIN)/cfn-lint bootstrap/*.yaml

benchmark: $(READY)
	$(BIN)/python benchmarks/rehearsal.py

benchmark-warm: $(READY)
	$(BIN)/python benchmarks/warm.py

$(READY): setup.cfg pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:  ## what was built here; the user's cache and rehearsals stay
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
