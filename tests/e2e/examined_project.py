"""The project that doctor looks at in a standing rehearsal, and the shell that its operator types in."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from flowops.cli import execute
from tests.e2e.aws import Rehearsed
from tests.e2e.command import USUAL_UMASK, Ended, Flowops
from tests.e2e.conftest import copy_project

ENVIRONMENT = "deployments/aws/non-prod/eu-central-1/dev"
KEPT = ("foundation/vpc", "foundation/eks", "app/rds-postgres")
GIT = ("git", "-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
ANSWERS = {
    # What commands ask is answered beforehand, as a person would; git's editor gets a message.
    "GIT_EDITOR": "sh -c 'echo planted > \"$1\"' -",
    "GIT_AUTHOR_NAME": "ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


@dataclass
class World:
    """A small project of one environment in a standing rehearsal, and the shell that its operator types in."""

    flowops: Flowops
    rehearsed: Rehearsed

    @property
    def checkout(self) -> Path:
        return self.flowops.project

    @property
    def scratch(self) -> Path:
        return self.rehearsed.root / "project"

    @property
    def aws_files(self) -> Path:
        return self.rehearsed.root / "aws"

    def lines(self, **variables: str) -> list[dict[str, str]]:
        """Return the lines that are not fine, as a child says them."""
        ended = self.flowops(*self.words, env=variables)
        return not_fine(ended.code, ended.out)

    def looked(self) -> list[dict[str, str]]:
        """Return the same without another process, which takes half as long."""
        out = io.StringIO()
        with redirect_stdout(out):
            code = execute(["--project-dir", str(self.checkout), *self.words])
        return not_fine(code, out.getvalue())

    words = ("--rehearsal", "doctor", "dev", "-o", "json")

    def editor(self) -> str:
        """Return an editor that, called as `EDITOR +LINE FILE`, takes that line away."""
        program = self.flowops.state / "editor"
        program.write_text('#!/bin/sh\nexec sed -i "${1#+}d" "$2"\n')
        program.chmod(0o755)
        return str(program)

    def typed(self, *commands: str, **variables: str) -> Ended:
        """Type commands into one shell; it stops at the first that fails."""
        done = subprocess.run(
            ["bash", "-euc", "\n".join(commands)],
            cwd=self.checkout,
            env=self.flowops.env(FLOWOPS_PROJECT_DIR=str(self.checkout), EDITOR=self.editor(), **ANSWERS, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            umask=USUAL_UMASK,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def not_fine(code: int, out: str) -> list[dict[str, str]]:
    found = [it for it in json.loads(out)["data"] if it["status"] != "pass"]
    assert code == int(any(it["status"] == "fail" for it in found))
    return found


def small_project(folder: Path) -> Path:
    """Return a project in git with one environment of three units."""
    project = copy_project(folder)
    config = (project / "flowops.yaml").read_text()
    lines = [it for it in config.splitlines() if not it.startswith("  prod:")]
    guard = "guard: {safeguards: {git_clean: always, git_up_to_date: never}}"
    (project / "flowops.yaml").write_text("\n".join([*lines, guard, ""]))
    shutil.rmtree(project / "deployments/aws/prod")
    for unit in (project / ENVIRONMENT).glob("*/*/"):
        if f"{unit.parent.name}/{unit.name}" not in KEPT:
            shutil.rmtree(unit)
    (project / ".gitignore").write_text(".flowops/\n.terragrunt-cache/\n")
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "begun")):
        subprocess.run([*GIT, *words], cwd=project, check=True, timeout=60)
    return project
