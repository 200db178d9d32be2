from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from flowops.rehearsal.gate import Gate

PATIENCE = 120.0


def started(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_quiet_comes_once_no_request_runs() -> None:
    gate, entered, leave = Gate(), Event(), Event()

    def request() -> None:
        with gate.passing():
            entered.set()
            leave.wait(PATIENCE)

    thread = started(request)
    entered.wait(PATIENCE)
    with gate.quiet(0.01) as silent:
        assert not silent
    leave.set()
    thread.join(PATIENCE)
    with gate.quiet(PATIENCE) as silent:
        assert silent


def test_a_request_waits_while_it_is_quiet() -> None:
    gate, done = Gate(), Event()

    def request() -> None:
        with gate.passing():
            done.set()

    with gate.quiet(PATIENCE):
        thread = started(request)
        assert not done.wait(0.05)
    thread.join(PATIENCE)
    assert done.is_set()


def test_a_nested_request_passes_while_its_parent_holds_up_the_quiet() -> None:
    gate, entered, asked, answered = Gate(), Event(), Event(), Event()

    def parent() -> None:
        with gate.passing():
            entered.set()
            asked.wait(PATIENCE)
            nested = started(child)
            nested.join(PATIENCE)

    def child() -> None:
        with gate.passing(nested=True):
            answered.set()

    thread = started(parent)
    entered.wait(PATIENCE)
    silences: list[bool] = []

    def snapshot() -> None:
        with gate.quiet(PATIENCE) as silent:
            silences.append(silent)

    saving = started(snapshot)
    while not gate._closed:
        asked.wait(0.001)
    asked.set()
    saving.join(PATIENCE)
    thread.join(PATIENCE)
    assert answered.is_set()
    assert silences == [True]


def test_a_nested_request_without_a_parent_waits_for_the_snapshot() -> None:
    gate, done = Gate(), Event()

    def request() -> None:
        with gate.passing(nested=True):
            done.set()

    with gate.quiet(PATIENCE):
        thread = started(request)
        assert not done.wait(0.05)
    thread.join(PATIENCE)
    assert done.is_set()


def test_a_request_that_fails_leaves_the_gate() -> None:
    gate = Gate()
    try:
        with gate.passing():
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with gate.quiet(0.01) as silent:
        assert silent
