"""Versions of tools and providers in the user's cache that this flowops does not name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from flowops.adapters import flock
from flowops.adapters.caches.processes import user_of
from flowops.adapters.caches.removal import Bin
from flowops.adapters.caches.survey import items_at
from flowops.model.gc import Deletion, GcRequest, Item, Kind, kept

_TOOLS, _SCHEMAS, _PROVIDERS_LOCK = "tools", "schemas", "providers.lock"
_MIRRORS = ("providers", "unpacked-providers")
_BUSY = "a flowops is installing one"


def place_of_tool(name: str, version: str) -> str:
    """Return where the cache has a version of a tool; of a provider, named `namespace/type`, in a mirror of it."""
    return f"registry.terraform.io/{name}/{version}" if "/" in name else f"{_TOOLS}/{name}/{version}"


class UnusedTools:
    """Whatever else stands in `cache`: it can be fetched or built again.

    `named` are the places of what this flowops works with; `used` says who else needs what stands at a path, "" for
    nobody; `remembered` are the names of the files about providers that are named.
    """

    kinds = frozenset({Kind.TOOL, Kind.SCHEMA})

    def __init__(
        self,
        cache: Path,
        named: Callable[[], Collection[str]],
        used: Callable[[Path], str],
        remembered: Callable[[], Collection[str]],
        bin_: Bin,
    ) -> None:
        self._cache, self._named, self._used = cache, named, used
        self._remembered, self._bin = remembered, bin_

    def look(self, request: GcRequest, now: datetime) -> Iterator[Item]:
        """Yield it where the request is about the toolchain, too."""
        if not request.toolchain:
            return
        for path in sorted(self._versions()):
            lock = self._lock_of(path)
            reason = _BUSY if lock.exists() and not _is_free(lock) else self._holds(self._cache / path)
            yield from items_at(Kind.TOOL, self._cache, path, reason)
        remembered = self._remembered()
        for file in sorted((self._cache / _SCHEMAS).glob("*")):
            if file.name not in remembered and file.is_file():
                yield from items_at(Kind.SCHEMA, self._cache, f"{_SCHEMAS}/{file.name}")

    def delete(self, it: Item) -> Deletion:
        """Delete one, while no flowops can install it."""
        if it.kind is Kind.SCHEMA:
            return self._bin.unlink(it)
        with flock.opened(self._lock_of(it.path)) as lock:
            return self._bin.remove(it, self._holds) if flock.taken(lock) else kept(_BUSY)

    def _holds(self, path: Path) -> str:
        return user_of(path) or self._used(path)

    def _versions(self) -> Iterator[str]:
        """Yield each version that is not named, and what an installation that was killed left."""
        named = self._named()
        for folder in _folders(self._cache / _TOOLS, 2):
            path = folder.relative_to(self._cache).as_posix()
            if path not in named:
                yield path
        for mirror in _MIRRORS:
            for folder in _folders(self._cache / mirror, 4):
                if folder.relative_to(self._cache / mirror).as_posix() not in named:
                    yield folder.relative_to(self._cache).as_posix()

    def _lock_of(self, path: str) -> Path:
        """Return the lock file that whoever installs this holds."""
        if not path.startswith(f"{_TOOLS}/"):
            return self._cache / _PROVIDERS_LOCK
        place = self._cache / path
        version = place.name.removeprefix(".new-").rpartition("-")[0] if place.name.startswith(".") else place.name
        return place.with_name(f"{version}.lock")


def _folders(root: Path, depth: int) -> list[Path]:
    """Return the folders that deep below a folder; none of them is behind a symbolic link."""
    found = [root] if root.is_dir() and not root.is_symlink() else []
    for _ in range(depth):
        found = [it for folder in found for it in folder.iterdir() if it.is_dir() and not it.is_symlink()]
    return found


def _is_free(lock: Path) -> bool:
    with flock.opened(lock) as descriptor:
        return flock.taken(descriptor)
