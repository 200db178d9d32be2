"""The toolchain of a project, made for this machine."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import platformdirs

from flowops import atomic_file
from flowops.adapters.environment import child_environment
from flowops.adapters.process import Processes
from flowops.adapters.toolchain import Machine, Toolchain, conventional_roots, pinned_toolchain
from flowops.model.config import Config, ToolsConfig
from flowops.model.toolchain import platform_of


def user_cache(ambient: Mapping[str, str]) -> Path:
    """Return flowops' folder in the user's cache directory."""
    return _user_folder(ambient, "XDG_CACHE_HOME", platformdirs.user_cache_path("flowops"))


def user_state(ambient: Mapping[str, str]) -> Path:
    """Return flowops' folder in the user's state directory: rehearsals and MFA sessions."""
    return _user_folder(ambient, "XDG_STATE_HOME", platformdirs.user_state_path("flowops"))


def user_runtime(ambient: Mapping[str, str]) -> Path:
    """Return a folder with a short path for sockets; whoever uses it checks that it is private."""
    if ambient.get("XDG_RUNTIME_DIR"):
        return Path(ambient["XDG_RUNTIME_DIR"]) / "flowops"
    return Path(tempfile.gettempdir()) / f"flowops-{os.getuid()}"


def _user_folder(ambient: Mapping[str, str], variable: str, usual: Path) -> Path:
    return Path(ambient[variable]) / "flowops" if ambient.get(variable) else usual


def packaged_data() -> Path:
    """Return the folder of what the package carries beside its code."""
    return Path(__file__).parents[1] / "data"


def toolchain(
    config: Config, ambient: Mapping[str, str], processes: Processes, say: Callable[[str], None]
) -> Toolchain:
    """Return the toolchain with the versions that flowops.yaml pins."""
    machine = Machine(
        env=ambient,
        platform=platform_of(platform.system(), platform.machine()),
        cache=user_cache(ambient),
        scripts=Path(sys.executable).parent,
        python=Path(sys.executable),
        data=packaged_data() / "toolchain",
        provider_roots=conventional_roots(Path.home()),
        progress=say,
    )
    return pinned_toolchain(
        machine, processes, terraform_version=config.tools.terraform, terragrunt_version=config.tools.terragrunt
    )


def without_project() -> Config:
    """Return a configuration that pins what a new project would, and says nothing else."""
    return Config.model_construct(tools=ToolsConfig())


def terraform_environment(tools: Toolchain, ambient: Mapping[str, str]) -> dict[str, str]:
    """Return what every terragrunt and terraform gets: the allow-list and our own terraform CLI configuration.

    First on PATH is our own `aws`, and nothing else of its folder: the Helm provider asks it for tokens.
    """
    folder = atomic_file.private_folder(user_cache(ambient) / "terraform")
    cli = tools.write_cli_configuration(folder / "terraform.tfrc")
    environment = child_environment(ambient, TF_CLI_CONFIG_FILE=str(cli))
    commands = _folder_of(tools.require("aws"), folder / "commands")
    return environment | {"PATH": os.pathsep.join((str(commands), environment.get("PATH", os.defpath)))}


def _folder_of(program: Path, folders: Path) -> Path:
    """Return a folder that holds this program alone; each installation of flowops has another one."""
    folder = folders / sha256(str(program).encode()).hexdigest()[:16]
    if not (folder / program.name).is_symlink():
        atomic_file.private_folder(folder)
        with suppress(FileExistsError):  # somebody else was as fast
            (folder / program.name).symlink_to(program)
    return folder
