"""`flowops gc` as a child: its page as a script, its exit codes, and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Ended, Flowops
from tests.e2e.walk import Walk

CACHE = Path("deployments/aws/non-prod/eu-central-1/dev/foundation/vpc/.terragrunt-cache")


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """Return variables that keep the user's own folders out of it."""
    names = {"XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime", "TMPDIR": "tmp"}
    for folder in names.values():
        (tmp_path / folder).mkdir()
    return {name: str(tmp_path / folder) for name, folder in names.items()}


@pytest.fixture
def cache(flowops: Flowops) -> Path:
    """Return a cache of terragrunt's with a file in it."""
    folder = flowops.project / CACHE
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "main.tf").write_text("x")
    return folder


def test_the_page_can_be_typed(
    flowops: Flowops, cache: Path, own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    done = Walk(flowops).read_page("gc.md")
    assert done.code == 0, done.err
    assert "to be deleted" in done.out
    assert "1 deleted" in done.out
    assert not cache.exists()


def test_the_envelope_names_what_goes_and_what_stays(flowops: Flowops, cache: Path, own: dict[str, str]) -> None:
    precious = flowops.project / CACHE.parents[1] / "eks" / ".terragrunt-cache" / "b" / "errored.tfstate"
    precious.parent.mkdir(parents=True)
    precious.write_text("{}")
    done = flowops("gc", "--yes", "-o", "json", env=own)
    assert done.code == 0, done.err
    items = {it["path"]: it for it in done.envelope["data"]["items"]}
    assert items[str(cache)]["fate"] == "deleted"
    kept = items[str(precious.parents[1])]
    assert (kept["fate"], str(precious) in kept["why"]) == ("kept", True)
    assert done.envelope["data"]["freed"] > 0
    assert precious.read_text() == "{}"


def test_a_question_without_a_terminal_ends_with_7_and_deletes_nothing(
    flowops: Flowops, cache: Path, own: dict[str, str]
) -> None:
    done = flowops("gc", "--journals", "--older-than", "36h", env=own)
    assert done.code == 7
    assert "Next: flowops gc --older-than 1d12h --journals --yes\n" in done.err
    assert "to be deleted" in done.err, "what it is about was shown"
    assert cache.exists()


def test_what_cannot_be_deleted_is_named_and_ends_with_1(flowops: Flowops, cache: Path, own: dict[str, str]) -> None:
    (flowops.project / ".flowops").mkdir()
    (flowops.project / ".flowops" / ".trash").symlink_to(flowops.project)
    done = flowops("gc", "--yes", "-o", "json", env=own)
    assert done.code == 1
    assert str(cache) in done.envelope["errors"][0]["happened"]
    assert cache.exists()


def test_a_cleaning_that_is_killed_leaves_nothing_half_there(flowops: Flowops, own: dict[str, str]) -> None:
    folder = flowops.project / CACHE
    for number in range(200):
        (folder / f"{number}").mkdir(parents=True)
        for name in range(50):
            (folder / f"{number}" / f"{name}").touch()
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "gc", "--yes"]
    with subprocess.Popen(
        argv, cwd=ROOT, env=flowops.env(**own), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as it:
        while it.poll() is None and not _moved(flowops.project):
            continue
        it.kill()
    whole = sum(len(files) for _, _, files in os.walk(folder))
    assert whole in (0, 200 * 50), "it is there whole or not at all"
    again: Ended = flowops("gc", "--yes", "-o", "json", env=own)
    assert again.code == 0, again.err
    assert not folder.exists()
    assert list((flowops.project / ".flowops" / ".trash").iterdir()) == []
    assert {it["fate"] for it in json.loads(again.out)["data"]["items"]} <= {"deleted"}


def _moved(project: Path) -> bool:
    bin_ = project / ".flowops" / ".trash"
    return bin_.is_dir() and any(bin_.iterdir())
