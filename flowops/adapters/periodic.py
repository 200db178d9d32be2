"""Work that a thread of ours repeats until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread


class Periodic:
    """Does `work` after `first` seconds, and again after as many as it returns; None ends it.

    An error that `work` lets through ends it, too, and is told to `broken`.
    """

    def __init__(
        self, name: str, first: float, work: Callable[[], float | None], broken: Callable[[Exception], None]
    ) -> None:
        self._first, self._work, self._broken = first, work, broken
        self._told, self._alone = Event(), Lock()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Return when the work has ended; what is under way is finished first."""
        self._told.set()
        if self._thread.ident is not None:
            self._thread.join()

    def once(self) -> float | None:
        """Do the work now, never while the thread does it, and return what it returns; None where it broke."""
        with self._alone:
            try:
                return self._work()
            except Exception as error:  # whatever it is: nobody else would hear that the work has ended
                self._broken(error)
                return None

    def _run(self) -> None:
        pause: float | None = self._first
        while pause is not None and not self._told.wait(pause):
            pause = self.once()
