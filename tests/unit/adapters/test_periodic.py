"""Work of a thread that somebody else may do in between: one at a time, and what breaks is told by whoever did it."""

from __future__ import annotations

from threading import Event, Thread

from flowops.adapters.periodic import Periodic

PATIENCE = 60.0


def test_work_that_is_done_in_between_waits_for_the_threads_and_never_runs_beside_it() -> None:
    entered, leave = Event(), Event()
    at_work: list[int] = []
    most: list[int] = []

    def work() -> float | None:
        at_work.append(1)
        most.append(len(at_work))
        entered.set()
        assert leave.wait(PATIENCE)
        at_work.pop()
        return None

    periodic = Periodic("test", 0.0, work, lambda error: None)
    periodic.start()
    assert entered.wait(PATIENCE)
    beside = Thread(target=periodic.once)
    beside.start()
    leave.set()
    beside.join(PATIENCE)
    periodic.stop()
    assert most == [1, 1]


def test_what_breaks_in_between_is_told_and_breaks_nobody_else() -> None:
    told: list[Exception] = []
    error = OSError("no space left")

    def work() -> float | None:
        raise error

    assert Periodic("test", 0.0, work, told.append).once() is None
    assert told == [error]
