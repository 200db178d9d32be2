"""How looks are taken: side by side, in the order of what builds on what, and none for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from flowops.errors import CredentialsError, Exit
from flowops.model.doctor import Line, Status, doubtful, fine, untold, wrong
from flowops.operations.doctor.examination import Probe, examine

Look = Callable[[], Iterable[Line]]


def saying(line: Line) -> Look:
    return lambda: (line,)


def found(*probes: Probe) -> dict[str, Line]:
    return {line.check: line for line in examine(probes).lines}


def test_what_builds_on_something_that_fails_is_not_looked_at_and_fails_not_itself() -> None:
    looked: list[str] = []

    def look() -> Iterator[Line]:
        looked.append("clock")
        yield fine("clock", "right")

    lines = found(
        Probe("aws-answers", saying(wrong("aws-answers", "no answer", "ping"))),
        Probe("clock", look, needs=("aws-answers",)),
        Probe("operator", saying(fine("operator", "ann")), needs=("clock",)),
    )
    assert not looked
    assert [lines[it].status for it in ("aws-answers", "clock", "operator")] == [
        Status.FAIL,
        Status.SKIP,
        Status.SKIP,
    ]
    # The first cause is named, however far away it is.
    assert lines["operator"].text == lines["clock"].text == "not looked at, because aws-answers fails"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (fine("tree", "there"), Status.PASS),
        (doubtful("tree", "odd"), Status.PASS),
        (untold("tree", "denied"), Status.SKIP),
        (wrong("tree", "gone"), Status.SKIP),
    ],
)
def test_a_warning_keeps_nothing_back_but_what_cannot_be_told_does(before: Line, after: Status) -> None:
    lines = found(Probe("tree", saying(before)), Probe("includes", saying(fine("includes", "fine")), needs=("tree",)))
    assert lines["includes"].status is after


def test_a_look_is_named_by_check_and_subject() -> None:
    needs = ("account-access/dev",)
    lines = found(
        Probe("account-access", saying(wrong("account-access", "prod is shut")), "prod"),
        Probe("account-access", saying(fine("account-access", "dev is open")), "dev"),
        Probe("region", saying(fine("region", "there")), "dev", needs),
    )
    assert lines["region"].status is Status.PASS
    skipped = found(
        Probe("account-access", saying(untold("account-access", "denied")), "prod"),
        Probe("region", saying(fine("region", "there")), "prod", ("account-access/prod",)),
    )["region"]
    assert skipped.text == "prod: not looked at, because account-access (prod) cannot be told"


def test_an_error_becomes_the_line_of_its_look() -> None:
    def denied() -> Iterator[Line]:
        yield fine("secrets", "the first is set")
        raise CredentialsError("you may\nnot look", next_step="flowops auth check dev")

    def defect() -> Iterator[Line]:
        raise ZeroDivisionError("of our own")

    lines = examine(
        [
            Probe("secrets", denied),
            Probe("operator", denied, grave=True),
            Probe("locks", defect),
        ]
    ).lines
    said = {(it.check, it.status, it.text, it.next) for it in lines if it.status is not Status.PASS}
    assert said == {
        ("secrets", Status.WARN, "cannot be told: you may not look", "flowops auth check dev"),
        ("operator", Status.FAIL, "you may not look", "flowops auth check dev"),
        ("locks", Status.WARN, "cannot be told: ZeroDivisionError: of our own", ""),
    }
    # What was found before the error stays.
    assert sum(it.status is Status.PASS for it in lines) == 2


def test_looks_are_taken_side_by_side() -> None:
    together = threading.Barrier(3, timeout=10)

    def meeting(check: str) -> Look:
        def look() -> Iterator[Line]:
            together.wait()
            yield fine(check, "met")

        return look

    lines = found(*(Probe(it, meeting(it)) for it in ("python", "git", "tree")))
    assert {it.status for it in lines.values()} == {Status.PASS}


def test_a_look_that_never_comes_back_ends_nobodys_examination() -> None:
    never = threading.Event()

    def hang() -> Iterator[Line]:
        never.wait()
        yield fine("aws-answers", "too late")

    lines = found(
        Probe("aws-answers", hang, grave=True, seconds=0.05),
        Probe("locks", hang, seconds=0.05),
        Probe("clock", saying(fine("clock", "right")), needs=("aws-answers",)),
    )
    never.set()
    assert (lines["aws-answers"].status, lines["aws-answers"].text) == (Status.FAIL, "no answer within 0.05 s")
    assert (lines["locks"].status, lines["locks"].told) == (Status.WARN, False)
    assert lines["clock"].status is Status.SKIP


def test_lines_come_in_the_order_of_the_checks_and_only_a_fail_ends_with_1() -> None:
    probes = [Probe(it, saying(fine(it, it))) for it in ("secrets", "python", "tree", "git")]
    diagnosis = examine(probes)
    assert [it.check for it in diagnosis.lines] == ["python", "git", "tree", "secrets"]
    assert diagnosis.exit_code is Exit.FINE
    assert examine([Probe("locks", saying(untold("locks", "denied")))]).exit_code is Exit.FINE
    assert examine([Probe("locks", saying(wrong("locks", "held")))]).exit_code is Exit.FAILED
