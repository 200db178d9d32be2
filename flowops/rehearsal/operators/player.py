"""Looks at every cluster again and again, and lets all parts be played in it."""

from __future__ import annotations

import http.client
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from typing import Protocol

from flowops.rehearsal.kubernetes.api import Api, ApiError
from flowops.rehearsal.operators.look import Look, look_at

BUSY, IDLE = 0.2, 1.0
"""Seconds between two looks: after something changed, and while nothing does."""

LAST_WORDS = 5.0
"""Seconds that an end waits for a look that is under way; it changes nothing in AWS."""

NOT_NOW = (OSError, http.client.HTTPException, ApiError)
log = logging.getLogger(__name__)


class Part(Protocol):
    """What plays one part in one cluster."""

    __module__: str

    def __call__(self, api: Api, look: Look, /) -> bool:
        """Do what can be done now; say whether something changed."""


class Player:
    """Plays the parts in every cluster, in a thread of its own.

    `ways_in` returns the clusters that are ready, by their ids; `parts` makes what plays in the one with an id, which
    is kept for as long as that cluster is there.
    """

    def __init__(self, ways_in: Callable[[], Mapping[str, Api]], parts: Callable[[str], Sequence[Part]]) -> None:
        self._ways_in, self._make = ways_in, parts
        self._parts: dict[str, Sequence[Part]] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._ending = Event()
        self._thread = Thread(target=self._run, name="operators", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for that, but not for a cluster that does not answer."""
        self._ending.set()
        self._thread.join(LAST_WORDS)

    def _run(self) -> None:
        pause = IDLE
        while not self._ending.wait(pause):
            try:
                pause = BUSY if self.step() else IDLE
            except Exception:
                log.exception("the clusters could not be looked after")
                pause = IDLE

    def step(self) -> bool:
        """Look at every cluster once; say whether something changed in one."""
        ways_in = self._ways_in()
        for gone in self._parts.keys() - ways_in.keys():
            del self._parts[gone]
        return any([self._play(cluster, api) for cluster, api in ways_in.items()])

    def _play(self, cluster: str, api: Api) -> bool:
        if cluster not in self._parts:
            self._parts[cluster] = self._make(cluster)
        try:
            look = look_at(api)
        except NOT_NOW as reason:
            self._say(cluster, "nobody can look at it", reason)
            return False
        return any([self._play_part(cluster, part, api, look) for part in self._parts[cluster]])

    def _play_part(self, cluster: str, part: Part, api: Api, look: Look) -> bool:
        """Let one part be played; what stops it stops no other."""
        try:
            return part(api, look)
        except NOT_NOW as reason:
            self._say(cluster, f"{part.__module__} cannot go on", reason)
        except Exception as defect:
            self._say(cluster, f"{part.__module__} failed {_where(defect)}", defect)
        return False

    def _say(self, cluster: str, what: str, reason: Exception) -> None:
        """Log what is wrong, once; never the words of an error, which may quote what was sent or read."""
        words = f"{what}: {type(reason).__name__} {getattr(reason, 'status', '')}".strip()
        if self._said.get((cluster, what)) != words:
            self._said[cluster, what] = words
            log.info("cluster %s: %s", cluster, words)


def _where(defect: Exception) -> str:
    frame = traceback.extract_tb(defect.__traceback__)[-1]
    return f"at {frame.filename}:{frame.lineno}"
