"""Write a new project, or one more environment of a project: everything, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from flowops.errors import UsageError
from flowops.model.config import SECURITY, Config
from flowops.model.scaffold import (
    EnvironmentRequest,
    NewEnvironment,
    ProjectRequest,
    check_project,
    new_environment,
    quick_start_environments,
)
from flowops.model.stacks import without_id
from flowops.operations.ports.scaffold import ConfigFile, Files, NewFiles, QuickStart

CONFIG = PurePosixPath("flowops.yaml")
DEPLOYMENTS = PurePosixPath("deployments")
MODULES = PurePosixPath("terraform-modules")


@dataclass(frozen=True)
class Scaffold:
    """What was written, what stood there already and was kept, and what to type next."""

    written: tuple[PurePosixPath, ...]
    kept: tuple[PurePosixPath, ...] = ()
    notes: tuple[str, ...] = ()
    following: tuple[str, ...] = ()


def init_project(request: ProjectRequest, *, quick_start: QuickStart, folder: NewFiles) -> Scaffold:
    """Write the quick start into `folder`; UsageError where a file of it stands there already.

    A README, a Makefile and a .gitignore of the folder's own are kept.
    """
    check_project(request)
    environments = quick_start_environments(quick_start.config(), request.region)
    files: dict[PurePosixPath, bytes] = {
        CONFIG: quick_start.config_text(request, environments).encode(),
        **quick_start.common(),
    }
    for it in environments:
        files |= quick_start.environment(it, request.project, quick_start.layers(it))
    offered = quick_start.offered()
    kept = folder.existing(offered)
    files |= {path: content for path, content in offered.items() if path not in kept}
    _refuse_existing(folder, files)
    with folder.written(files):
        first = environments[0].name
        return Scaffold(
            tuple(sorted(files)),
            tuple(sorted(kept)),
            following=(
                f"flowops rehearse {first} foundation, which needs no AWS account",
                "flowops accounts create, which makes the accounts or takes those that exist; then flowops bootstrap",
            ),
        )


def init_environment(
    request: EnvironmentRequest, *, quick_start: QuickStart, config_file: ConfigFile, folder: NewFiles
) -> Scaffold:
    """Add an environment to flowops.yaml and write its folder; UsageError where it would collide with what stands."""
    with config_file.alone():
        return _add(request, quick_start, config_file, folder)


def _add(request: EnvironmentRequest, quick_start: QuickStart, config_file: ConfigFile, folder: NewFiles) -> Scaffold:
    config = config_file.config()
    environment = new_environment(request, config, config_file.networks())
    text = config_file.with_environment(environment)
    packaged = quick_start.layers(environment)
    layers = [it for it in config.layers if it in packaged]
    files = quick_start.environment(environment, config.project, layers)
    shared = folder.existing(it for it in files if not _inside(it, environment))
    files = {path: content for path, content in files.items() if path not in shared}
    _refuse_existing(folder, files)
    with folder.written(files):
        config_file.write(text)
    notes = [f"Layer {it}: its units are yours to add." for it in config.layers if it not in packaged]
    notes += _modules_missing(quick_start.modules(environment, layers), folder)
    return Scaffold(
        (CONFIG, *sorted(files)), notes=tuple(notes), following=_following(environment, config_file.config())
    )


def _modules_missing(modules: Mapping[str, str], folder: NewFiles) -> list[str]:
    """Say which units need a module that this project does not have."""
    found = folder.existing(MODULES / it for it in modules.values())
    return [
        f"Unit {unit} needs the module {module}, which is not in terraform-modules/: bring it, or remove the unit."
        for unit, module in modules.items()
        if MODULES / module not in found
    ]


def _following(environment: NewEnvironment, config: Config) -> tuple[str, ...]:
    # The security account's stacks admit every environment's account, and hold the new one's groups.
    bootstrap = f"flowops bootstrap {SECURITY} {environment.account}"
    unknown = without_id(config, (SECURITY, *config.environment_accounts()))
    accounts = [f"flowops accounts create {' '.join(unknown)}"] if unknown else []
    return (f"flowops rehearse {environment.name}, which needs no AWS account", *accounts, bootstrap)


def _inside(path: PurePosixPath, environment: NewEnvironment) -> bool:
    return path.is_relative_to(DEPLOYMENTS / environment.place)


def _refuse_existing(folder: NewFiles, files: Files) -> None:
    found = sorted(folder.existing(files))
    if found:
        more, verb = (f" and {len(found) - 1} more", "are") if len(found) > 1 else ("", "is")
        raise UsageError(
            f"{found[0]}{more} {verb} there already.",
            not_done="Nothing was written.",
            next_step="the same command with another folder or another name, or after moving that away",
        )
