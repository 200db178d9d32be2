from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flowops.adapters.facts_file import LockFile
from flowops.errors import InvalidConfig, OperationFailed
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization

FACTS = Facts(
    Organization("o-abcdefghij", "000000000001"),
    {"security": AccountFacts("111111111111", {"B": "b", "A": "a"}), "dev": AccountFacts("222222222222", {}, "ext")},
    {"dev": EnvironmentFacts({"Group": "dev_dev_ops_admin"})},
)


def refusal(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(InvalidConfig) as refused:
        LockFile(path).read()
    assert refused.value.next_step == "restore the file from version control or remove it, then: flowops discover"
    return refused.value.happened


def test_facts_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = LockFile(tmp_path / "flowops.lock")
    assert file.read() is None
    assert file.write(FACTS)
    assert file.read() == FACTS


def test_the_file_is_sorted_indented_json_that_diffs_well(tmp_path: Path) -> None:
    path = tmp_path / "flowops.lock"
    tmp_path.chmod(0o755)
    LockFile(path).write(FACTS)
    text = path.read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n"
    assert json.loads(text)["version"] == 1
    assert path.stat().st_mode & 0o777 == 0o644


def test_writing_the_same_facts_again_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "flowops.lock"
    LockFile(path).write(FACTS)
    before = path.stat().st_mtime_ns
    assert not LockFile(path).write(FACTS)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "is not JSON"),
        ('{\n  "version": 1,\n  oops\n}', 3, "is not JSON"),
        ('{\n  "accounts": {},\n  "version": 2\n}', 3, "written by a newer flowops"),
        ('{\n  "version": "1"\n}', 2, "has no version 1"),
        ("[]", 1, "has no version 1"),
        ('{"version": 1}', 1, "has not the form"),
        ('{"version": 1, "organization": {"id": 5, "management_account": ""}}', 1, "5 is not text"),
        ('{"version": 1, "organization": [], "accounts": {}, "environments": {}}', 1, "has not the form"),
        ("[" * 100_000, 1, "nested too deeply"),
        ('{"version": ' + "9" * 5000 + "}", 1, "a number that is too long"),
        ("[" + " " * 1024 * 1024 + "]", 1, "larger than 1 MiB"),
    ],
)
def test_a_file_that_makes_no_sense_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = tmp_path / "flowops.lock"
    happened = refusal(path, text)
    assert happened.startswith(f"{path}:{line}: ")
    assert what in happened


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: path.mkdir(), "is not a regular file"),
        (lambda path: os.mkfifo(path), "is not a regular file"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file or directory"),
        (lambda path: path.write_bytes(b"{\n\xff"), "is not UTF-8"),
    ],
    ids=["folder", "fifo", "broken link", "binary"],
)
def test_what_is_no_text_is_named_and_never_waited_for(tmp_path: Path, make: Callable[[Path], None], what: str) -> None:
    path = tmp_path / "flowops.lock"
    make(path)
    with pytest.raises(InvalidConfig, match=rf"flowops.lock:\d: {what}"):
        LockFile(path).read()


def test_facts_that_cannot_be_written_leave_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "flowops.lock"
    path.mkdir()
    with pytest.raises(OperationFailed, match=r"flowops\.lock cannot be written"):
        LockFile(path).write(FACTS)
    assert list(tmp_path.iterdir()) == [path]
