"""`flowops why` with the project's files: apart, because no other command should pay for the grammar of HCL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flowops.adapters import text_file, yaml_file
from flowops.adapters.environment import child_environment
from flowops.adapters.facts_file import LockFile
from flowops.adapters.hcl_tree import HclTree
from flowops.adapters.process import Processes
from flowops.adapters.project import LOCK_NAME, load_deployment, read_config
from flowops.adapters.terragrunt_inputs import TerragruntInputs
from flowops.adapters.toolchain import Toolchain
from flowops.model.config import Config
from flowops.model.provenance.chain import Answer
from flowops.model.settings import Lines
from flowops.operations.fact_sources import Written
from flowops.operations.why import why


def why_of(project: Path, config: Config, unit: str, name: str, ambient: Mapping[str, str], tools: Toolchain) -> Answer:
    """Return where an input of a unit comes from; `config` may know more than the project's file, as a rehearsal's."""
    _, config_lines = read_config(project)
    lock = project / LOCK_NAME
    environment = child_environment(ambient)
    return why(
        unit,
        name,
        deployment=load_deployment(project, config),
        written=Written(config, config_lines, LockFile(lock).read(), _lines(lock)),
        tree=HclTree(project),
        terragrunt=TerragruntInputs(tools, Processes(), environment),
        environment=environment,
        withheld=frozenset(ambient) - frozenset(environment),
    )


def _lines(lock: Path) -> Lines:
    return yaml_file.parse(lock, text_file.read(lock))[1] if lock.exists() else {}
