"""Kubernetes as a part of the emulated AWS: there where the settings name its programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from werkzeug.wrappers import Response

from flowops.rehearsal.compat.eks.endpoints import FILE_NAME
from flowops.rehearsal.identity import LOOPBACK
from flowops.rehearsal.kubernetes import clusters, review
from flowops.rehearsal.kubernetes.callers import identification
from flowops.rehearsal.kubernetes.planes import ControlPlanes
from flowops.rehearsal.kubernetes.programs import Start
from flowops.rehearsal.kubernetes.wanted import Wanted
from flowops.rehearsal.operators.external_secrets.controller import ExternalSecrets
from flowops.rehearsal.operators.external_secrets.vault import Vault
from flowops.rehearsal.operators.kubelet import Kubelet
from flowops.rehearsal.operators.player import Part, Player
from flowops.rehearsal.operators.reloader import Reloader
from flowops.rehearsal.recorder import Call
from flowops.rehearsal.settings import Settings

RESTORED = 30.0
"""Seconds that a start waits for the clusters that were there before; it goes on without those that take longer."""

log = logging.getLogger(__name__)


class Kubernetes:
    """The control planes of a server and its answers to them; nothing at all without programs or a way to start them.

    `changed` is told when a cluster's status changes. `alone` keeps requests from the emulated AWS while something in
    it is read; `record` writes down what operators in the clusters called.
    """

    def __init__(
        self,
        settings: Settings,
        start: Start | None,
        *,
        changed: Callable[[], None],
        alone: AbstractContextManager[object],
        record: Callable[[Call], None],
    ) -> None:
        self._settings, self._start, self._changed = settings, start, changed
        self._alone, self._record = alone, record
        self._changes = 0
        self._planes: ControlPlanes | None = None
        self._reviews: review.Reviews | None = None

    def look(self) -> None:
        """Note that something in AWS changed."""
        self._changes += 1
        if self._planes:
            self._planes.look()

    def review(self, environ: dict[str, Any]) -> Response | None:
        """Answer an API server that asks about a token; None for other requests."""
        return self._reviews.answer(environ) if self._reviews else None

    @contextmanager
    def running(self, port: int) -> Iterator[None]:
        """Run the control planes while the server answers at a port of the loopback interface.

        Clusters of an earlier server answer again when the block begins.
        """
        if not self._settings.kubernetes or self._start is None:
            for cluster in clusters.wanted():
                clusters.note_up(cluster)  # one that still waited for the Kubernetes of an earlier server
            yield
            return
        self._reviews = review.Reviews(identification(port))
        planes = ControlPlanes(
            self._settings.state_dir,
            dict(self._settings.kubernetes),
            self._start,
            wanted=self._wanted,
            up=self._note_up,
            lost=self._note_lost,
            review_url=f"http://{LOOPBACK}:{port}{review.PATH}",
            addresses=self._settings.state_dir / FILE_NAME,
        )
        player = Player(planes.ways_in, self._parts)
        planes.start()
        player.start()
        if not planes.settle(RESTORED):
            log.warning("the clusters did not all get ready within %.0f s; they may do so later", RESTORED)
        self._planes = planes
        try:
            yield
        finally:
            player.stop()
            planes.stop()

    def _parts(self, cluster_id: str) -> Sequence[Part]:
        """Return what plays in a new cluster."""
        vault = Vault(partial(clusters.find, cluster_id), self._alone, self._record)
        return ExternalSecrets(vault, lambda: self._changes), Reloader(), Kubelet()

    def _wanted(self) -> tuple[Wanted, ...]:
        with self._alone:
            return clusters.wanted()

    def _note_up(self, cluster: Wanted) -> None:
        with self._alone:
            clusters.note_up(cluster)
        self._changed()

    def _note_lost(self, cluster: Wanted, why: str) -> None:
        with self._alone:
            clusters.note_lost(cluster, why)
        self._changed()
