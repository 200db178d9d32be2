"""The package as people get it: a wheel alone in an empty environment, in an empty folder.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.command import ROOT

PINNED = ROOT / "requirements" / "runtime.txt"


@dataclass(frozen=True)
class Installed:
    """flowops in an environment of its own, and the folder that its user works in."""

    wheel: Path
    program: Path
    desk: Path

    def __call__(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWOPS_", "PYTHON"))}
        return subprocess.run(
            [self.program, *words],
            cwd=folder or self.desk,
            env={**kept, "XDG_STATE_HOME": str(self.desk.parent / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )


def copy_checkout(made: Path) -> Path:
    """Return a copy of what version control would hold: a build leaves its traces where it is started."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, made / name
        if os.path.lexists(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.readlink(source)) if source.is_symlink() else target.write_bytes(source.read_bytes())
    return made


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    made = tmp_path_factory.mktemp("wheel")
    checkout = copy_checkout(made / "checkout")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", made, "."]
    subprocess.run(pip, cwd=checkout, check=True)
    (wheel,) = made.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", made / "venv"], check=True)
    scripts = made / "venv/bin"
    requirements = ["--require-hashes", "--requirement", PINNED]
    subprocess.run([scripts / "pip", "install", "--quiet", *requirements], check=True)
    subprocess.run([scripts / "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    desk = made / "desk"
    desk.mkdir()
    return Installed(wheel, scripts / "flowops", desk)


def test_the_wheel_carries_the_project_and_no_trace_of_this_machine(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as packed:
        names = packed.namelist()
        metadata = next(packed.read(it).decode() for it in names if it.endswith("/METADATA"))
    for part in (
        "bootstrap/security-account.yaml",
        "deployments/root.hcl",
        "terraform-modules/eks/main.tf",
        "flowops.yaml",
    ):
        assert f"flowops/data/project/{part}" in names
    assert "flowops/py.typed" in names
    assert any(it.endswith("/licenses/LICENSE") for it in names)
    assert sum(it.endswith("/.terraform.lock.hcl") for it in names) == 14
    assert not [it for it in names if ".terragrunt-cache" in it or it.startswith(("tests/", "benchmarks/"))]
    for line in ("Name: flowops", "License: Apache-2.0", "Requires-Python: >=3.11", "Author: "):
        assert line in metadata


def test_a_new_project_is_rehearsed(installed: Installed) -> None:
    made = installed("init", "x")
    assert made.returncode == 0, made.stderr
    ended = installed("rehearse", "dev", "foundation", folder=installed.desk / "x")
    assert ended.returncode == 0, ended.stdout + ended.stderr[-4000:]
    assert "5 units destroyed" in ended.stdout


def test_one_more_environment_is_rehearsed_without_a_line_written_by_hand(installed: Installed) -> None:
    made = installed("init", "--environment", "qa", folder=installed.desk / "x")
    assert made.returncode == 0, made.stderr
    ended = installed("rehearse", "qa", "foundation", folder=installed.desk / "x")
    assert ended.returncode == 0, ended.stdout + ended.stderr[-4000:]
    assert "5 units destroyed" in ended.stdout
