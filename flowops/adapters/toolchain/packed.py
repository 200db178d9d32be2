"""Providers as the registry packs them: taken out of a mirror's zip, once its hash is what it should be."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.package_hash import package_hash
from flowops.model.toolchain import Provider

_LIMIT = 2 * 1024**3


class Packed:
    """One zip in a mirror; `pinned` are the SHA-256 sums of files that no mirror may have differently."""

    def __init__(self, archive: Path, machine: Machine, pinned: Mapping[str, str]) -> None:
        self._archive, self._machine, self._pinned = archive, machine, pinned

    def fetch(self, provider: Provider, into: Path) -> tuple[Path, str]:
        """Return the provider's folder, unpacked below `into`, and the zip it came from; Unavailable says why not."""
        unpacked = into / "unpacked"
        expected = self._expected(provider)
        unpacked.mkdir(mode=0o700)
        self._machine.progress(f"{provider.address} {provider.version}: unpacking {self._archive}")
        with self._archive.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
            self._unpack(file, unpacked)
        if f"zh:{actual}" not in expected and package_hash(unpacked) not in expected:
            raise Unavailable(f"{self._archive} has the SHA-256 {actual}, which was not expected; it was thrown away")
        programs = list(unpacked.glob(f"{provider.program}*"))
        if not programs:
            raise Unavailable(f"{self._archive} holds no {provider.program}")
        for program in programs:
            program.chmod(0o700)
        return unpacked, str(self._archive)

    def _expected(self, provider: Provider) -> frozenset[str]:
        """Return the hashes, spelled as in lock files, of which the zip must have one.

        Where we know none, the mirror's own count: `terraform providers mirror` writes them down beside the zip.
        """
        if pinned := self._pinned.get(self._archive.name):
            return frozenset({f"zh:{pinned}"})
        index = self._archive.with_name(f"{provider.version}.json")
        try:
            return frozenset(json.loads(index.read_bytes())["archives"][self._machine.platform]["hashes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"nothing says which hash {self._archive} should have: {index} does not") from error

    def _unpack(self, file: IO[bytes], into: Path) -> None:
        """Write what is in the zip below `into`, and nothing of it elsewhere."""
        try:
            with zipfile.ZipFile(file) as opened:
                if sum(it.file_size for it in opened.infolist()) > _LIMIT:
                    raise Unavailable(f"{self._archive} holds more than {_LIMIT // 1024**2} MiB")
                opened.extractall(into)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
            raise Unavailable(f"{self._archive} cannot be unpacked: {error}") from error
