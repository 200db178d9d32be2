"""What real git says of a working copy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.process import Processes
from flowops.model.safeguards import GitState

ME = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, env={**os.environ, **ME}, check=True, capture_output=True)


def commit(folder: Path, name: str) -> None:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "-m", name)


def state(folder: Path, *, fetch: bool = True) -> GitState | None:
    return GitWorkingCopy(Processes(), folder, os.environ).state(fetch=fetch)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote"
    folder.mkdir()
    git(folder, "init", "--initial-branch", "main")
    commit(folder, "flowops.yaml")
    return folder


@pytest.fixture
def clone(remote: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", str(remote), "clone")
    return tmp_path / "clone"


def test_a_fresh_clone_is_clean_and_up_to_date(clone: Path) -> None:
    assert state(clone) == GitState(upstream="origin/main", place=str(clone))


def test_what_is_changed_and_what_is_new_is_named(clone: Path) -> None:
    (clone / "flowops.yaml").write_text("changed")
    (clone / "new.hcl").write_text("new")
    found = state(clone)
    assert found is not None
    assert found.changed == ("flowops.yaml", "new.hcl")


def test_commits_that_only_the_remote_has_are_counted_once_it_was_asked(clone: Path, remote: Path) -> None:
    commit(remote, "one")
    commit(remote, "two")
    assert state(clone, fetch=False) == GitState(upstream="origin/main", place=str(clone))
    assert state(clone) == GitState(upstream="origin/main", behind=2, place=str(clone))


def test_a_remote_that_does_not_answer_is_told_and_not_taken_for_up_to_date(clone: Path, remote: Path) -> None:
    remote.rename(remote.parent / "elsewhere")
    found = state(clone)
    assert found is not None
    assert found.trouble


def test_a_checkout_as_ci_has_it_is_behind_nothing(clone: Path) -> None:
    git(clone, "checkout", "--detach")
    assert state(clone) == GitState(place=str(clone))


def test_only_the_project_counts_where_it_is_a_part_of_the_working_copy(clone: Path) -> None:
    (clone / "inner").mkdir()
    (clone / "outside").write_text("new")
    assert state(clone / "inner") == GitState(upstream="origin/main", place=str(clone / "inner"))


def test_outside_of_git_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert state(tmp_path) is None


def test_a_working_copy_that_git_cannot_read_is_trouble(clone: Path) -> None:
    (clone / ".git" / "HEAD").write_text("rubbish")
    found = state(clone)
    assert found is not None
    assert found.trouble
