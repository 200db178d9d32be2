"""One tool in one version in the user's cache, with the manifest that tells a whole program from a broken one."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.hashes import sha256_of
from flowops.adapters.toolchain.staging import staging
from flowops.model.toolchain import Source, Tool


@dataclass(frozen=True)
class Manifest:
    """What was put on the shelf, and from where; `mtime_ns` and `size` make the common check a single stat."""

    version: str
    sha256: str
    size: int
    mtime_ns: int
    source: Source
    origin: str


class Shelf:
    """`<cache>/tools/<name>/<version>/` with the program and its manifest, there whole or not at all."""

    def __init__(self, cache: Path, tool: Tool) -> None:
        self.tool = tool
        self.folder = cache / "tools" / tool.name / tool.version
        self.program = self.folder / tool.name
        self.lock = self.folder.with_name(f"{tool.version}.lock")

    def manifest(self) -> Manifest | None:
        """Return the manifest of a whole program; None where nothing stands, or something broken."""
        try:
            recorded = json.loads(self._manifest.read_bytes())
            manifest = Manifest(**{**recorded, "source": Source(recorded["source"])})
            found = self.program.stat()
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if found.st_size != manifest.size or not found.st_mode & 0o100:
            return None
        touched = found.st_mtime_ns != manifest.mtime_ns
        return None if touched and sha256_of(self.program) != manifest.sha256 else manifest

    @property
    def broken(self) -> bool:
        """Say that something stands here that is not what was put here."""
        return self.folder.exists() and self.manifest() is None

    def staging(self) -> AbstractContextManager[Path]:
        """Return a private folder on the same disk, for a block that makes something to `put` here."""
        return staging(self.folder.parent, f".new-{self.tool.version}-")

    def put(self, program: Path, source: Source, origin: str) -> None:
        """Move a verified program here at once, replacing what stood here."""
        ready = program.with_name("ready")
        ready.mkdir(mode=0o700)
        placed = program.rename(ready / self.tool.name)
        placed.chmod(0o700)
        status = placed.stat()
        manifest = {
            "version": self.tool.version,
            "sha256": sha256_of(placed),
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "source": source.value,
            "origin": origin,
        }
        atomic_file.write(ready / self._manifest.name, json.dumps(manifest, indent=2).encode())
        if self.folder.exists():
            self.folder.rename(program.with_name("replaced"))
        ready.rename(self.folder)

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"
