from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from flowops.adapters.follow import LINE_LIMIT, FollowedFile
from flowops.model.plaintext import MARK

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    assert list(followed.lines()) == []

    followed.path.write_text("first\n")
    assert list(followed.lines()) == ["first"]


def test_a_line_is_handed_out_once_and_only_when_it_is_complete(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    with followed.path.open("wb", buffering=0) as log:
        log.write(b"one\ntw")
        assert list(followed.lines()) == ["one"]
        log.write(b"o\n\nthr")
        assert list(followed.lines()) == ["two", ""]
        log.write("ee ü".encode()[:-1])
        assert list(followed.lines()) == []
        log.write("ü".encode()[1:])
        assert list(followed.rest()) == ["three ü"]
    assert list(followed.rest()) == []


def test_bytes_that_are_no_text_and_control_sequences_do_not_reach_the_reader(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    followed.path.write_bytes(b"\xff\xfe caf\xe9 \x1b[2J\x1b]0;owned\x07\xe2\x80\xaeend\r\n")
    assert list(followed.lines()) == [
        "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} caf\N{REPLACEMENT CHARACTER} end"
    ]


@pytest.mark.parametrize("before", [LINE_LIMIT - 9, LINE_LIMIT - 1, LINE_LIMIT])
def test_a_secret_that_the_line_limit_cuts_in_two_is_not_half_shown(tmp_path: Path, before: int) -> None:
    followed = FollowedFile(tmp_path / "log", secrets=["hunter2-hunter2"])
    followed.path.write_bytes(b"x" * before + b"hunter2-hunter2" + b"y" * 100 + b"\n")

    (line,) = followed.lines()

    assert "hun" not in line
    assert "more bytes in" in line


def test_a_secret_with_a_control_sequence_inside_is_still_found(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log", secrets=["hunter2"])
    followed.path.write_bytes(b"password hun\x1b[0mter2\n")
    assert list(followed.lines()) == [f"password {MARK}"]


def test_a_long_line_is_cut_and_says_how_much_is_missing(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    followed.path.write_bytes(b"a" * (LINE_LIMIT + 5) + b"\nnext\n")

    assert list(followed.lines()) == ["a" * LINE_LIMIT + f" … [5 more bytes in {followed.path}]", "next"]


@pytest.mark.fault(44)
def test_three_hundred_megabytes_without_a_newline_cost_no_memory(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    with followed.path.open("wb") as log:
        log.truncate(300 * 1024**2)
    tracemalloc.start()
    try:
        (line,) = followed.rest()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * 1024**2
    assert f"[{300 * 1024**2 - LINE_LIMIT} more bytes" in line


def test_a_file_is_followed_while_another_process_writes_it(tmp_path: Path) -> None:
    followed = FollowedFile(tmp_path / "log")
    program = "for n in range(20000): print('line', n)"
    seen: list[str] = []
    with followed.path.open("wb") as log, subprocess.Popen([sys.executable, "-c", program], stdout=log) as writer:
        while writer.poll() is None:
            seen.extend(followed.lines())
    seen.extend(followed.rest())
    assert seen == [f"line {n}" for n in range(20000)]
