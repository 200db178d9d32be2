"""`make demo`, the first command of the README, and what must make it fail."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.e2e.command import ROOT, Flowops
from tests.stages import OF_REHEARSAL


def checkout() -> str:
    """Return what git sees as changed or new, ignored files among it."""
    argv = ["git", "status", "--porcelain", "--ignored", "--", "deployments", "terraform-modules", "bootstrap"]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_make_demo_runs_a_whole_life_and_leaves_the_checkout_alone(tmp_path: Path) -> None:
    flowops = Flowops(ROOT, tmp_path / "state")
    before = checkout()
    argv = ["make", "demo", f"VENV={sys.prefix}"]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env=flowops.env(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    rows = [line.split("  ") for line in done.stdout.splitlines()]
    held = {row[0].strip() for row in rows if "  yes  " in "  ".join(row)}
    assert held == set(OF_REHEARSAL)
    for listed in ("aws lists vpc-", "aws lists flowable-dev", "foundation/eks/terraform.tfstate"):
        assert listed in done.stderr
    assert "building" not in done.stderr
    assert checkout() == before
    kept = [path.name for path in (tmp_path / "state" / "flowops" / "rehearsals").iterdir() if path.is_dir()]
    assert kept == []


def test_an_emulator_emptied_behind_its_back_fails_the_demo(flowops: Flowops) -> None:
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "rehearse", "dev", "foundation"]
    with subprocess.Popen(
        argv, cwd=ROOT, env=flowops.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        endpoint, struck = "", False
        for line in process.stderr:
            if "http://127.0.0.1:" in line:
                endpoint = "http://127.0.0.1:" + line.partition("http://127.0.0.1:")[2].partition(";")[0]
            if ": apply" in line:
                urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()
                struck = True
                break
        out, _ = process.communicate(timeout=600)
    assert struck, "the rehearsal never came to its apply"
    assert process.returncode in (1, 3, 5)
    row = next(line for line in out.splitlines() if line.strip().startswith("apply"))
    assert " NO " in row
