"""Cleaning of one project and of this user's folders, made for this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path

from flowops.adapters.caches import Caches
from flowops.adapters.caches.processes import user_of
from flowops.adapters.caches.removal import Bin, Remains
from flowops.adapters.caches.results import EndedSessions, OldResults
from flowops.adapters.caches.runs import Runs
from flowops.adapters.caches.survey import items_at
from flowops.adapters.caches.temporary import DeadPools, ErrorReports, KilledSelftests
from flowops.adapters.caches.tools import UnusedTools, place_of_tool
from flowops.adapters.caches.trees import TerragruntCaches
from flowops.adapters.journal import FileJournal
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.toolchain import AWS_PROVIDER, HELM_PROVIDER, Toolchain
from flowops.app.site import now
from flowops.app.tools import user_cache, user_runtime, user_state
from flowops.model.config import Config
from flowops.model.gc import GcRequest, GcResult
from flowops.model.toolchain import kubernetes_tools, terraform, terragrunt
from flowops.operations.gc import gc
from flowops.operations.ports.gc import GcConsole
from flowops.rehearsal.remains import OldWorkspaces, programs_of

_BIN = ".trash"


def clean(
    request: GcRequest,
    project: Path,
    config: Config,
    tools: Callable[[], Toolchain],
    ambient: Mapping[str, str],
    console: GcConsole,
) -> GcResult:
    """Clean a project's folder and this user's."""
    caches = leftovers(project, config, tools, ambient, Path(tempfile.gettempdir()))
    return gc(request, leftovers=caches, console=console, now=now())


def leftovers(
    project: Path, config: Config, tools: Callable[[], Toolchain], ambient: Mapping[str, str], temporary: Path
) -> Caches:
    """Return what knows everything that is left behind; the toolchain is made when it is asked about."""
    state, cache = user_state(ambient), user_cache(ambient)
    bins = (Bin(project, f".flowops/{_BIN}"), Bin(state, _BIN), Bin(cache, _BIN))
    of_project, of_state, of_cache = bins
    runs = Runs(project, FileJournal(RunFolders(project / RUNS), now, dict, _Nowhere()).alone, of_project)
    return Caches(
        (
            TerragruntCaches(project, runs, of_project),
            runs,
            OldResults(project, of_project),
            EndedSessions(state, of_state),
            OldWorkspaces(state, items_at, user_of, of_state),
            DeadPools(user_runtime(ambient)),
            ErrorReports(temporary),
            KilledSelftests(project, of_project),
            UnusedTools(
                cache,
                partial(_named, config),
                partial(_used_by_rehearsals, state),
                partial(_remembered, tools),
                of_cache,
            ),
            Remains(bins),
        )
    )


class _Nowhere:
    """Keeps no copy: nothing is recorded here."""

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        """Do nothing."""


def _named(config: Config) -> Collection[str]:
    """Return where the cache has what this project and this flowops name."""
    tools = (terraform(config.tools.terraform), terragrunt(config.tools.terragrunt), *kubernetes_tools())
    providers = ((it.address, it.version) for it in (AWS_PROVIDER, HELM_PROVIDER))
    return {place_of_tool(*it) for it in (*((tool.name, tool.version) for tool in tools), *providers)}


def _used_by_rehearsals(state: Path, folder: Path) -> str:
    """Return which rehearsal has a program of a folder, "" for none: it is started again with the same ones."""
    used = sorted(it for it in programs_of(state) if it.is_relative_to(folder))
    return f"a rehearsal of this user runs {used[0].name}" if used else ""


def _remembered(tools: Callable[[], Toolchain]) -> Collection[str]:
    """Return the names of the files that hold what is remembered of the providers in use."""
    return frozenset(_names_of(tools()))


def _names_of(tools: Toolchain) -> Iterator[str]:
    # Here, because they bring grpc, and only who cleans the toolchain needs them.
    from flowops.adapters.providers.kin import schema_files
    from flowops.adapters.providers.sharing import hash_file

    for provider in (AWS_PROVIDER, HELM_PROVIDER):
        program = tools.provider_program(provider)
        if program is not None:
            yield from schema_files(program)
            yield hash_file(program.parent)
