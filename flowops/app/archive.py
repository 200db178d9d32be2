"""The copies of journals in the state bucket, found by the names of environments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.model.access import Access
from flowops.model.deployment import Deployment

_AT_ONCE = 8


class BucketArchive:
    """The copies of every environment; nobody is asked for anything before the first one is."""

    def __init__(self, deployment: Callable[[], Deployment], cloud: Callable[[], EnvironmentAws]) -> None:
        self._deployment, self._cloud = deployment, cloud

    def keep(self, environment: str, run_id: str, files: Mapping[str, Path]) -> None:
        """Copy these files of a run by their names; FlowopsError where that cannot be done."""
        copies = self._cloud().run_copies(self._deployment().environment(environment), Access.WRITE)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(copies.put, run_id, name, path.read_bytes()) for name, path in files.items()]:
                done.result()

    def kept(self, environment: str, run_id: str, name: str) -> bytes | None:
        """Return what lies there under a file's name, None where it has no copy."""
        copies = self._cloud().run_copies(self._deployment().environment(environment), Access.READ)
        return copies.get(run_id, name)
