"""Kubernetes beside the requests to the emulated AWS: neither gets in the way of the other."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from types import TracebackType

from flowops.errors import ToolUnusable
from flowops.rehearsal.kubernetes.emulated import Kubernetes
from flowops.rehearsal.kubernetes.programs import NAMES, Child
from flowops.rehearsal.settings import Settings


class Counting:
    """A lock that counts how often it was taken."""

    def __init__(self) -> None:
        self.taken, self._lock = 0, Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def unusable(argv: list[str], log: Path) -> Child:
    raise ToolUnusable(argv[0])


def test_clusters_are_looked_for_while_no_request_runs(tmp_path: Path) -> None:
    programs = tuple((name, f"/bin/{name}") for name in NAMES)
    settings = Settings(1, tmp_path, (("management", "111111111111"),), "eu-central-1", programs)
    alone = Counting()
    kubernetes = Kubernetes(settings, unusable, changed=lambda: None, alone=alone, record=lambda call: None)
    with kubernetes.running(1):
        assert alone.taken
