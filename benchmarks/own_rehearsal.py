"""A rehearsal that belongs to a benchmark: a copy of the project, its accounts, and what stands in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROJECT = Path(__file__).parents[1]
PARTS = ("flowops.yaml", "bootstrap", "deployments", "terraform-modules")
FLOWOPS = (sys.executable, "-m", "flowops")
_PATIENCE = 3600.0
_QUOTED = 2000


class Unfit(Exception):
    """Something is not as it has to be for a measurement."""


@dataclass(frozen=True)
class OwnRehearsal:
    """A copy of the project in `folder`, and the environment in which flowops runs there."""

    folder: Path
    env: Mapping[str, str]

    @property
    def project(self) -> Path:
        """Return the copy; what is changed in it is brought over into the rehearsal by the next command."""
        return self.folder / "project"

    def flowops(self, *words: str) -> Any:
        """Return what a command found; Unfit where it did not end with 0."""
        argv = [*FLOWOPS, *words, "-o", "json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, cwd=self.project, env=self.env, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                out, err = process.communicate(timeout=_PATIENCE)
            except BaseException:
                # Not killed: it takes along what it has started.
                process.terminate()
                process.communicate()
                raise
        if process.returncode != 0:
            raise Unfit(f"flowops {' '.join(words)} ended with {process.returncode}: {err[-_QUOTED:]}")
        return json.loads(out)["data"]

    def by_hand(self) -> dict[str, str]:
        """Return the environment in which plain terragrunt works in the rehearsal."""
        exports = self.flowops("rehearse", "env")
        kept = {name: value for name, value in self.env.items() if name not in exports["unset"]}
        return {**kept, **exports["set"], "PATH": os.pathsep.join([*exports["path"], kept["PATH"]])}


@contextmanager
def own_rehearsal() -> Iterator[OwnRehearsal]:
    """Yield a rehearsal with bootstrapped accounts; nothing of it is left afterwards."""
    with TemporaryDirectory(prefix="flowops-benchmark-") as folder:
        rehearsal = OwnRehearsal(Path(folder), _environment(Path(folder)))
        _copy_project(rehearsal.project)
        try:
            rehearsal.flowops("rehearse", "up")
            rehearsal.flowops("--rehearsal", "bootstrap", "--yes")
            yield rehearsal
        finally:
            rehearsal.flowops("rehearse", "down", "--forget")


def _environment(folder: Path) -> dict[str, str]:
    """Return ours without settings of flowops; tools and schemas come from the user's own cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWOPS_")}
    return kept | {"XDG_STATE_HOME": str(folder / "state")}


def _copy_project(copy: Path) -> None:
    copy.mkdir()
    # A rendered file beside its template says what is true of somebody else's accounts; it is made anew here.
    ignored = shutil.ignore_patterns(".terragrunt-cache", ".terraform", "account.hcl", "app.hcl", "foundation.hcl")
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=ignored)
        else:
            shutil.copy(source, copy / part)
