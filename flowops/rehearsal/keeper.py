"""Keeps the snapshot of a running emulator a few seconds behind its state at most."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Condition, Lock, Thread

from flowops.rehearsal import snapshot
from flowops.rehearsal.gate import Gate

Parts = Callable[[], Mapping[str, object]]
log = logging.getLogger(__name__)


class Keeper:
    """Saves the state once it changed, at most every `pace` seconds; `parts` gives what lives outside moto.

    Saving costs as much time as there is state, so the pace slows down to keep it below a tenth of the time.
    """

    def __init__(self, path: Path, gate: Gate, parts: Parts, *, pace: float = 2.0, patience: float = 1.0) -> None:
        self._path, self._gate, self._parts = path, gate, parts
        self._pace, self._patience = pace, patience
        self._saving = Lock()
        self._news = Condition()
        self._dirty = False

    def changed(self) -> None:
        """Note that the state is newer than the snapshot."""
        with self._news:
            self._dirty = True
            self._news.notify_all()

    def start(self) -> None:
        """Begin keeping, in a thread that ends with the process."""
        Thread(target=self._keep, name="snapshot-keeper", daemon=True).start()

    def save(self, patience: float | None = None) -> bool:
        """Write the snapshot as soon as no request runs; False when that took longer than `patience` seconds."""
        with self._saving, self._gate.quiet(self._patience if patience is None else patience) as silent:
            if not silent:
                return False
            with self._news:
                self._dirty = False
            saved = snapshot.save(self._path, self._parts())
        log.info("saved %d backends in %d bytes%s", saved.backends, saved.size, _without(saved.lost))
        return True

    def _keep(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._dirty)
            began = time.monotonic()
            try:
                self.save()
            except Exception:
                # The emulator goes on without a new snapshot; the one before stays whole.
                log.exception("the snapshot failed")
            time.sleep(max(self._pace, 10 * (time.monotonic() - began)))


def _without(lost: tuple[str, ...]) -> str:
    return f", without {', '.join(lost)}" if lost else ""
