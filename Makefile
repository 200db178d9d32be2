# One way to do each thing: people, tox and CI call these targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tools whose own needs contradict ours live apart, one environment for each file requirements/TOOL.in.
CHECKOV := .venv-checkov/bin/checkov
UV := .venv-uv/bin/uv

# Nothing is installed whose hash is not written down. python-terraform is published as source only: it is built with
# the setuptools of requirements/build.txt, not with whatever the index has today.
INSTALL := -m pip install --quiet --disable-pip-version-check
PINNED := $(INSTALL) --require-hashes --only-binary :all:
FROM_SOURCE := --no-binary python-terraform --no-build-isolation --use-pep517
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

.PHONY: demo test tools unit contract nets integration e2e soak lint checkov man sbom requirements clean benchmark benchmark-warm benchmark-drift benchmark-overhead benchmark-interrupted benchmark-startup

demo: $(READY)  ## the main job on this machine: empty accounts to a running foundation and back
	$(BIN)/flowops rehearse dev foundation

# Real binaries wait for each other and for what the AWS provider itself waits for: three files of tests at a time,
# the longest stories first.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# What became of the tests that docs/reliability.md names.
FAULTS := build/fault-results

KUBERNETES := etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok

test: $(READY) .venv-checkov/.ready tools  ## every test
	rm -rf $(FAULTS)
	$(MAKE) --no-print-directory --jobs 3 --output-sync=target unit contract nets
	$(BIN)/python -m pytest tests/e2e tests/integration $(SIDE_BY_SIDE) --fault-results $(FAULTS)
	$(BIN)/python -m tests.reliability $(FAULTS)

tools: $(READY)  ## every program that tests and rehearsals need: found, fetched or built
	$(BIN)/flowops toolchain install
	$(BIN)/flowops toolchain install $(KUBERNETES)

unit contract nets: $(READY) .venv-checkov/.ready
	$(BIN)/python -m pytest tests/$@ --fault-results $(FAULTS)

integration e2e: $(READY) .venv-checkov/.ready tools
	$(BIN)/python -m pytest tests/$@ $(SIDE_BY_SIDE)

soak: $(READY)  ## whether anything grows over hundreds of repetitions
	$(BIN)/python -m pytest -m soak

lint: $(READY)  ## everything that can be seen without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	terraform="$$($(BIN)/flowops toolchain path terraform)" && "$$terraform" fmt -check -recursive terraform-modules
	terragrunt="$$($(BIN)/flowops toolchain path terragrunt)" && "$$terragrunt" hcl fmt --check --working-dir deployments
	$(BIN)/cfn-lint bootstrap/*.yaml
	$(BIN)/mypy scripts/*.py
	$(BIN)/bandit --quiet --recursive --severity-level medium flowops scripts

checkov: .venv-checkov/.ready  ## what checkov says of templates and modules; nothing is asked of the network
	$(CHECKOV) --directory bootstrap --directory terraform-modules --skip-download --quiet --compact

man: $(READY)  ## build/man/man1: man pages of flowops and of every command, from their help; a wheel built later has them
	$(BIN)/python scripts/man_pages.py build/man

sbom: $(READY)  ## build/sbom.json: what flowops consists of when it runs, as CycloneDX
	$(BIN)/python scripts/sbom.py build/sbom.json

requirements: .venv-uv/.ready  ## the pinned files anew; UPGRADE=--upgrade or "--upgrade-package NAME" for newer versions
	$(COMPILE) setup.cfg --extra dev --output-file requirements/dev.txt
	$(COMPILE) setup.cfg --constraint requirements/dev.txt --output-file requirements/runtime.txt
	for name in build checkov uv; do $(COMPILE) requirements/$$name.in --output-file requirements/$$name.txt || exit; done

benchmark: $(READY)
	$(BIN)/python benchmarks/rehearsal.py

benchmark-warm: $(READY)
	$(BIN)/python benchmarks/warm.py

benchmark-drift: $(READY)
	$(BIN)/python benchmarks/drift.py

benchmark-overhead: $(READY)
	$(BIN)/python benchmarks/overhead.py

benchmark-interrupted: $(READY)
	$(BIN)/python benchmarks/interrupted.py

benchmark-startup: $(READY)
	$(BIN)/python benchmarks/startup.py

$(READY): setup.cfg pyproject.toml requirements/build.txt requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PINNED) --requirement requirements/build.txt
	$(BIN)/python $(PINNED) $(FROM_SOURCE) --requirement requirements/dev.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv-%/.ready: requirements/%.txt
	test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python $(PINNED) --requirement $<
	touch $@

clean:  ## what was built here; the user's cache and rehearsals stay
	rm -rf .venv .venv-* .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
