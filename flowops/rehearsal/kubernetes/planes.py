"""All control planes of an emulated AWS: one for each of its clusters, for as long as that stands."""

from __future__ import annotations

import http.client
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Condition, Thread

from flowops import atomic_file
from flowops.errors import FlowopsError
from flowops.rehearsal.kubernetes.api import Api, ApiError
from flowops.rehearsal.kubernetes.etcd import Etcd
from flowops.rehearsal.kubernetes.plane import Plane, prefix_of
from flowops.rehearsal.kubernetes.programs import Lost, Start
from flowops.rehearsal.kubernetes.wanted import Wanted

FOLDER = "kubernetes"
STORE = "etcd"
BUSY, IDLE = 0.1, 2.0
"""Seconds between two looks: while something starts, and while all is as it is to be."""

GONE = (Lost, FlowopsError)
"""A program does not stay, or cannot be started at all."""

NOT_YET = (OSError, http.client.HTTPException, ApiError)
log = logging.getLogger(__name__)


class ControlPlanes:
    """Keeps what runs in line with the clusters that there are.

    One thread does all of it: programs die with the thread that starts them, so it lives as long as the emulator.
    `wanted` returns the clusters; `up` and `lost` are told of a cluster's ARN once its API answers, and when it does
    not within `patience` seconds; `review_url` is where API servers ask about tokens; `addresses` is the file that
    says where each cluster's API answers.
    """

    def __init__(
        self,
        state_dir: Path,
        programs: Mapping[str, str],
        start: Start,
        *,
        wanted: Callable[[], Iterable[Wanted]],
        up: Callable[[Wanted], None],
        lost: Callable[[Wanted, str], None],
        review_url: str,
        addresses: Path,
        patience: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._programs, self._start = state_dir / FOLDER, programs, start
        self._wanted, self._up, self._lost = wanted, up, lost
        self._review_url, self._addresses = review_url, addresses
        self._patience, self._clock = patience, clock
        self._etcd = Etcd(self._folder / STORE, programs["etcd"], start)
        self._planes: dict[str, Plane] = {}
        self._since: dict[str, float] = {}
        self._given_up: set[str] = set()
        self._news = Condition()
        self._looking = self._ending = self._settled = False
        self._thread = Thread(target=self._run, name="kubernetes", daemon=True)

    def start(self) -> None:
        """Begin; what a server before left in the state directory is taken up again."""
        self._addresses.unlink(missing_ok=True)
        for folder in self._folder.glob("*") if self._folder.exists() else ():
            if folder.name != STORE:
                self._planes[folder.name] = self._plane(folder.name)
        self._looking = True
        self._thread.start()

    def look(self) -> None:
        """Note that clusters, node groups or access entries may have changed."""
        with self._news:
            self._looking, self._settled = True, False
            self._news.notify_all()

    def ways_in(self) -> Mapping[str, Api]:
        """Return the administrator's way into each cluster that is ready, by the cluster's id."""
        return {name: api for name, plane in list(self._planes.items()) if (api := plane.way_in)}

    def settle(self, patience: float) -> bool:
        """Wait until every cluster is as it is to be; False when that takes longer than `patience` seconds."""
        with self._news:
            return self._news.wait_for(lambda: self._settled, timeout=patience)

    def stop(self) -> None:
        """End every program and wait for that; the objects of the clusters are kept."""
        with self._news:
            self._ending = True
            self._news.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending:
            with self._news:
                self._looking = False
            settled = False
            try:
                settled = self._step()
                pause = IDLE if settled else BUSY
            except Exception:
                log.exception("the control planes could not be looked after")
                pause = IDLE
            with self._news:
                if settled and not self._looking:
                    self._settled = True
                    self._news.notify_all()
                self._news.wait_for(lambda: self._looking or self._ending, timeout=pause)
        self._end()

    def _step(self) -> bool:
        """Bring everything one step further; say whether all is as it is to be."""
        wanted = {cluster.id: cluster for cluster in self._wanted()}
        gone = self._planes.keys() - wanted.keys()
        for name in gone:
            self._planes[name].end()
        if not wanted and not gone:
            self._etcd.stop()
            return True
        if not self._has_etcd(wanted.values()):
            return self._given_up >= wanted.keys()
        for name in gone:
            self._forget(name)
        return all([self._tend(cluster) for cluster in wanted.values()]) and bool(wanted)

    def _has_etcd(self, wanted: Iterable[Wanted]) -> bool:
        """Say whether etcd answers; the clusters do not wait for it for ever."""
        clusters = [cluster for cluster in wanted if cluster.id not in self._given_up]
        try:
            if self._etcd.tend():
                return True
            for cluster in clusters:
                self._check_patience(cluster)
        except GONE as gone:
            for cluster in clusters:
                self._give_up(cluster, _why(gone))
        return False

    def _forget(self, name: str) -> None:
        """Delete what is left of a cluster that is no more."""
        self._etcd.forget(prefix_of(name))
        shutil.rmtree(self._folder / name, ignore_errors=True)
        del self._planes[name]
        self._since.pop(name, None)
        self._given_up.discard(name)
        self._publish()

    def _tend(self, cluster: Wanted) -> bool:
        """Bring one cluster one step further; say whether there is nothing left to do for now."""
        if cluster.id in self._given_up:
            return True
        if cluster.id not in self._planes:
            self._planes[cluster.id] = self._plane(cluster.id)
        plane = self._planes[cluster.id]
        was_ready = plane.ready
        try:
            plane.tend(cluster, self._etcd.files)
        except GONE as gone:
            self._give_up(cluster, _why(gone))
            return True
        except NOT_YET as reason:
            log.info("cluster %s: %s", cluster.name, reason)
            self._check_patience(cluster)
            return False
        self._check_patience(cluster)
        if plane.ready and not was_ready:
            self._publish()
            self._up(cluster)
            log.info("cluster %s answers at %s", cluster.name, plane.endpoint)
        return plane.ready

    def _check_patience(self, cluster: Wanted) -> None:
        """Give a cluster up that was not ready for too long; each time that it is not, it has all of that time."""
        plane, now = self._planes.get(cluster.id), self._clock()
        if plane and plane.ready:
            self._since.pop(cluster.id, None)
        elif now - self._since.setdefault(cluster.id, now) > self._patience:
            self._give_up(cluster, f"its Kubernetes did not get ready; the logs are in {self._folder / cluster.id}")

    def _give_up(self, cluster: Wanted, why: str) -> None:
        log.error("cluster %s: %s", cluster.name, why)
        if plane := self._planes.get(cluster.id):
            plane.end()
        self._given_up.add(cluster.id)
        self._publish()
        self._lost(cluster, why)

    def _publish(self) -> None:
        """Say where the API of each cluster answers."""
        arns = {cluster.id: cluster.arn for cluster in self._wanted()}
        known = {
            arns[name]: {"endpoint": plane.endpoint, "certificate_authority": plane.certificate_authority}
            for name, plane in self._planes.items()
            if plane.ready and name in arns
        }
        atomic_file.write(self._addresses, json.dumps(known).encode())

    def _plane(self, name: str) -> Plane:
        return Plane(self._folder / name, self._programs, self._start, self._review_url)

    def _end(self) -> None:
        for plane in self._planes.values():
            plane.end()
        self._etcd.stop()


def _why(gone: Lost | FlowopsError) -> str:
    return gone.happened if isinstance(gone, FlowopsError) else str(gone)
