"""A machine with projects, caches and runs on which cleaning is tried."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowops.adapters.caches import Caches
from flowops.adapters.journal import FileJournal
from flowops.adapters.process import Processes
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.adapters.toolchain import Toolchain
from flowops.app.gc import leftovers
from flowops.app.tools import toolchain
from flowops.model.config import Config
from flowops.model.gc import Fate, GcRequest, GcResult
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from flowops.operations.gc import gc
from tests.fakes import tree

NOW = datetime.now(UTC)
MONTH = timedelta(days=30)
OLD = (NOW - timedelta(days=60)).timestamp()
CACHE = "deployments/aws/non-prod/eu-central-1/dev/foundation/vpc/.terragrunt-cache"
VPC = tree.unit("foundation/vpc")
APPLY = RunRequest(Verb.APPLY, "dev", "foundation", yes=True)
YES = GcRequest(yes=True)
EVERYTHING = GcRequest(yes=True, journals=True, toolchain=True)


@dataclass
class Operator:
    """Answers what it is told to, and remembers what it was shown."""

    answer: str = "y"
    shown: list[GcResult] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    interactive: bool = True

    def note(self, text: str) -> None:
        self.heard.append(text)

    def leftovers(self, result: GcResult) -> None:
        self.shown.append(result)

    def ask(self, question: str) -> str:
        self.heard.append(question)
        return self.answer


@dataclass(frozen=True)
class Machine:
    """A project and a user's folders, all below one folder."""

    root: Path

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def state(self) -> Path:
        return self.root / "state" / "flowops"

    @property
    def cache(self) -> Path:
        return self.root / "cache" / "flowops"

    @property
    def runtime(self) -> Path:
        return self.root / "runtime" / "flowops"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def ambient(self) -> Mapping[str, str]:
        kinds = {"XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime"}
        return {"PATH": os.environ["PATH"], **{name: str(self.root / it) for name, it in kinds.items()}}

    def made(self) -> Machine:
        for folder in (self.project, self.state, self.cache, self.runtime, self.temporary):
            folder.mkdir(parents=True)
        return self

    def caches(self) -> Caches:
        config = Config.model_validate(CONFIG)

        def tools() -> Toolchain:
            return toolchain(config, self.ambient, Processes(), lambda _line: None)

        return leftovers(self.project, config, tools, self.ambient, self.temporary)

    def clean(
        self, request: GcRequest = YES, operator: Operator | None = None, now: datetime | None = None
    ) -> GcResult:
        when = now or datetime.now(UTC)
        return gc(request, leftovers=self.caches(), console=operator or Operator(), now=when)

    def write(self, path: str, content: str = "x", *, old: bool = False) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        if old:
            os.utime(file, (OLD, OLD))
        return file

    def ended_run(self, *, days: float = 60, request: RunRequest = APPLY, outcome: Outcome = Outcome.APPLIED) -> Path:
        """Return the folder of a run that ended so long ago, with a plan, a call and what it needed."""
        journal = self.journal(NOW - timedelta(days=days))
        record = journal.open(request)
        for name in (
            "01-plan/plans/p.tfplan",
            "01-plan/calls/1-1/stdout",
            "01-plan/ordinary/calls/1-1/stdout",
            "01-plan/ordinary/terragrunt.log",
            "01-plan/terragrunt.log",
            "write/aws-keys.json",
            "logs/foundation-vpc.log",
        ):
            file = record.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x" * 4096)
        record.finish(Run(record.id, request, NOW, (UnitRun(VPC, outcome),)))
        (record.folder / "uncopied").unlink(missing_ok=True)
        return record.folder

    def journal(self, when: datetime) -> FileJournal:
        return FileJournal(RunFolders(self.project / RUNS), lambda: when, dict, NoArchive())

    def flaws(self, folder: Path) -> list[str]:
        return [str(it) for it in RunFolders(self.project / RUNS).flaws(folder.name)]


class NoArchive:
    """Keeps no copy."""

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        return


CONFIG = {
    "project": "flowable",
    "region": "eu-central-1",
    "management": {"profile": "flw-iac", "role": "OrganizationAccountAccessRole"},
    "operator": {"profile": "ops"},
    "accounts": {"security": {"id": "111111111111", "profile": "s"}, "dev": {"id": "222222222222", "profile": "d"}},
    "environments": {"dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"}},
    "layers": ["foundation", "app"],
}


def fates(found: GcResult) -> dict[str, Fate]:
    return {row.item.name: row.deletion.fate for row in found.rows}


def whys(found: GcResult) -> list[str]:
    return [row.deletion.why for row in found.rows]


def listing(root: Path) -> dict[str, bytes]:
    """Return every path below a folder with what stands there, links unfollowed."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found[name] = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b"/"
    return found


@contextmanager
def process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a folder, as terraform would be by hand, until the block ends."""
    argv = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            yield child
        finally:
            child.kill()
