"""Which clusters count as ready, and when one is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from queue import Queue
from typing import Any, cast

from flowops.errors import ToolUnusable
from flowops.rehearsal.kubernetes.etcd import Etcd
from flowops.rehearsal.kubernetes.plane import Plane
from flowops.rehearsal.kubernetes.planes import ControlPlanes
from flowops.rehearsal.kubernetes.programs import NAMES, Child
from flowops.rehearsal.kubernetes.wanted import Wanted

CLUSTER = Wanted("c1", "arn:c1", "dev", "https://oidc.example/id/C1", "172.20.0.0/16")
PROGRAMS = {name: f"/bin/{name}" for name in NAMES}
UNUSABLE = ToolUnusable("/bin/it cannot be started.", next_step="flowops rehearse up")


def unusable(argv: list[str], log: Path) -> Child:
    raise UNUSABLE


def planes_in(
    folder: Path,
    told: Callable[[Wanted, str], None] = lambda cluster, why: None,
    wanted: Callable[[], Iterable[Wanted]] = lambda: (CLUSTER,),
    **more: Any,
) -> ControlPlanes:
    addresses = folder / "addresses.json"
    return ControlPlanes(
        folder,
        PROGRAMS,
        unusable,
        wanted=wanted,
        up=lambda cluster: None,
        lost=told,
        review_url="http://127.0.0.1:1",
        addresses=addresses,
        **more,
    )


class FakePlane:
    """Is ready, or not, or raises, as it is told."""

    endpoint, certificate_authority = "https://127.0.0.1:1", "PEM"

    def __init__(self) -> None:
        self.ready = False
        self.becomes: bool | Exception = False

    def tend(self, wanted: Wanted, etcd: object) -> None:
        if isinstance(self.becomes, Exception):
            raise self.becomes
        self.ready = self.becomes

    def end(self) -> None:
        self.ready = False


class Told:
    """One cluster with a plane that does as it is told, an etcd that answers, and the time as the planes tell it."""

    def __init__(self, folder: Path) -> None:
        self.plane, self.time, self.lost = FakePlane(), 0.0, list[str]()
        self.planes = planes_in(folder, lambda _, why: self.lost.append(why), patience=120, clock=lambda: self.time)
        self.planes._planes[CLUSTER.id] = cast(Plane, self.plane)
        self.planes._etcd = cast(Etcd, self)

    files = None

    def tend(self) -> bool:
        return True

    def step(self, becomes: bool | Exception, after: float = 0.0) -> bool:
        self.time += after
        self.plane.becomes = becomes
        return self.planes._step()


def test_a_cluster_that_does_not_get_ready_is_given_up_after_a_while(tmp_path: Path) -> None:
    told = Told(tmp_path)
    assert not told.step(False)
    assert not told.step(ConnectionRefusedError(), after=119)
    assert told.lost == []
    told.step(False, after=2)
    assert len(told.lost) == 1
    assert told.step(False)


def test_a_cluster_that_was_ready_gets_its_whole_time_when_it_is_not_for_a_moment(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.step(False)
    assert told.step(True, after=10)
    assert not told.step(False, after=1000)
    assert told.step(True, after=10)
    assert told.lost == []


def test_a_cluster_with_a_program_that_cannot_be_started_is_given_up(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.step(UNUSABLE)
    assert told.lost == ["/bin/it cannot be started."]
    assert told.step(UNUSABLE)
    assert len(told.lost) == 1


def test_no_cluster_waits_for_an_etcd_that_cannot_be_started(tmp_path: Path) -> None:
    told: Queue[str] = Queue()
    planes = planes_in(tmp_path, lambda _, why: told.put(why))
    planes.start()
    try:
        assert told.get(timeout=20) == "/bin/it cannot be started."
        assert planes.settle(20)
    finally:
        planes.stop()


def test_what_failed_is_not_settled(tmp_path: Path) -> None:
    def wanted() -> Iterable[Wanted]:
        raise ValueError

    planes = planes_in(tmp_path, wanted=wanted)
    planes.start()
    try:
        assert not planes.settle(0.5)
    finally:
        planes.stop()
