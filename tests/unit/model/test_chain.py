"""The chain of a journal: whatever somebody does to its lines is found, and what a killed process left is no flaw."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowops.model.chain import DAMAGED, HEAD_SIZE, Head, complete_lines, flaws, hash_of, head_from, linked, start_of

RUN = "20261128T120000Z-apply-dev"
texts = st.text(max_size=20)
events = st.dictionaries(texts, texts | st.integers() | st.lists(texts, max_size=3), max_size=3)
journals = st.lists(events, min_size=2, max_size=8)


def written(of: list[dict[str, object]], run_id: str = RUN) -> list[bytes]:
    """Return the lines of a journal with these events."""
    lines: list[bytes] = []
    for event in of:
        lines.append(linked(event, hash_of(lines[-1]) if lines else start_of(run_id)))
    return lines


def head_of(lines: list[bytes]) -> Head:
    return Head(len(lines), hash_of(lines[-1]))


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


@given(journals, st.booleans())
def test_what_was_written_has_no_flaw(of: list[dict[str, object]], ended: bool) -> None:
    lines = written(of)
    assert flaws(RUN, joined(lines), head_of(lines), ended=ended) == ()
    assert [json.loads(line)["previous"] for line in lines[1:]] == [hash_of(line) for line in lines[:-1]]


def changed(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    number = draw(len(lines))
    line = bytearray(lines[number])
    place = draw(len(line))
    line[place] ^= 1 + draw(255)
    return [*lines[:number], bytes(line), *lines[number + 1 :]]


def removed(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    number = draw(len(lines))
    return [*lines[:number], *lines[number + 1 :]]


def inserted(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    number = draw(len(lines) + 1)
    return [*lines[:number], lines[draw(len(lines))], *lines[number:]]


def swapped(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    number = draw(len(lines) - 1)
    return [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]]


def truncated(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    number = draw(len(lines))
    return [*lines[:number], lines[number][: draw(len(lines[number]))], *lines[number + 1 :]]


def ending_early(lines: list[bytes], draw: Callable[[int], int]) -> list[bytes]:
    return lines[: draw(len(lines))]


@settings(max_examples=60, deadline=None)
@given(journals, st.data(), st.booleans())
@pytest.mark.parametrize("damage", [changed, removed, inserted, swapped, truncated, ending_early])
def test_whatever_is_done_to_its_lines_is_found(
    damage: Callable[[list[bytes], Callable[[int], int]], list[bytes]],
    of: list[dict[str, object]],
    data: st.DataObject,
    ended: bool,
) -> None:
    lines = written(of)
    damaged = damage(lines, lambda below: data.draw(st.integers(0, below - 1)))
    assume(damaged != lines)  # two equal neighbours that change places, say
    found = flaws(RUN, joined(damaged), head_of(lines), ended=ended)
    assert found
    assert all(1 <= it.line <= max(len(lines), len(damaged)) + 1 for it in found)


@given(journals, st.data())
def test_bytes_cut_off_at_the_end_are_found(of: list[dict[str, object]], data: st.DataObject) -> None:
    lines = written(of)
    whole = joined(lines)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert flaws(RUN, cut, head_of(lines), ended=False)


@given(journals, st.data())
def test_a_line_that_a_killed_process_did_not_finish_is_no_flaw(
    of: list[dict[str, object]], data: st.DataObject
) -> None:
    *lines, last = written(of)
    torn = last[: data.draw(st.integers(1, len(last)))]
    content = joined(lines) + torn
    assert complete_lines(content) == (lines, torn)
    assert flaws(RUN, content, head_of(lines), ended=False) == ()
    assert flaws(RUN, content, head_of(lines), ended=True)


def test_a_process_killed_between_a_line_and_its_head_left_no_flaw() -> None:
    lines = written([{"event": "started"}, {"event": "step"}])
    assert flaws(RUN, joined(lines), head_of(lines[:1]), ended=False) == ()
    assert flaws(RUN, joined(lines[:1]), None, ended=False) == ()
    assert flaws(RUN, b"", None, ended=False) == ()


def test_the_journal_of_another_run_does_not_pass_for_this_one() -> None:
    lines = written([{"event": "started"}, {"event": "finished"}], "another-run")
    (flaw,) = flaws(RUN, joined(lines), head_of(lines), ended=True)
    assert (flaw.line, flaw.what) == (1, "is not the first line of this run")


def test_the_line_that_was_changed_is_among_those_named() -> None:
    lines = written([{"event": str(number)} for number in range(5)])
    lines[2] = lines[2].replace(b'"2"', b'"9"')
    found = flaws(RUN, joined(lines), head_of(lines), ended=True)
    assert [it.line for it in found] == [4]
    assert found[0].what.startswith("does not follow line 3: one of both was changed")


def test_a_head_that_is_gone_is_said() -> None:
    lines = written([{"event": "started"}, {"event": "finished"}])
    assert [it.what for it in flaws(RUN, joined(lines), None, ended=True)] == [
        "cannot be checked: nothing says how many lines there were"
    ]


@given(st.integers(0, 10**10 - 1))
def test_a_head_is_read_as_it_was_written_and_always_as_long(lines: int) -> None:
    head = Head(lines, hash_of(b"x"))
    assert head_from(head.encode()) == head
    assert len(head.encode()) == HEAD_SIZE
    assert head_from(b"") is None


@given(st.integers(0, 10**10 - 1), st.integers(0, HEAD_SIZE - 1), st.integers(0, 255))
def test_a_head_that_is_not_as_it_was_written_is_damaged(lines: int, place: int, byte: int) -> None:
    content = Head(lines, hash_of(b"x")).encode()
    changed = bytes([*content[:place], byte, *content[place + 1 :]])
    assume(changed != content)
    # One of its digits still may be a digit: then it is the chain that it does not fit.
    assert head_from(changed) == DAMAGED or changed[:10].isdigit()
    assert head_from(content[:-2]) == DAMAGED
    assert [it.file for it in flaws(RUN, b"", DAMAGED, ended=False)] == ["events.head"]
