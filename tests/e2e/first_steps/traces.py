"""Where a secret might be: in processes, files, objects and output, as it is or in the clothes that it travels in."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from tests.e2e.aws import BUCKET, Rehearsed
from tests.e2e.walk import Walk

_DEEPEST = 3
_PACKED_TEXT = re.compile(rb"H4sI[A-Za-z0-9+/]{20,}={0,2}")
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


def places_of_secrets(root: Path) -> tuple[Path, ...]:
    """Return where they do stand: the emulated Secrets Manager, the cluster's Secrets, last what plain Helm reads."""
    emulator = root / "emulator"
    return emulator / "snapshot.pickle.gz", emulator / "kubernetes" / "etcd", root / "by-hand/helm/repositories.yaml"


class Witness:
    """Reads environment and command line of every process, again and again, for as long as it lives."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.2):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self._seen.update((process / name).read_bytes().split(b"\0"))
                    except OSError:
                        continue

    def seen(self) -> bytes:
        """Return all that was read up to now."""
        return b"\n".join(self._seen.copy())

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()


@dataclass
class Search:
    """What was secret at some time, by name, and who watched the processes since."""

    witness: Witness
    values: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, values: Mapping[str, str]) -> None:
        """Look for these, too."""
        for name, value in values.items():
            self.values.setdefault(name, set()).add(value)

    def found_in(self, content: bytes) -> list[str]:
        """Return the names of the secrets that a content has, packed and encoded ones included."""
        parts = list(_unpacked(content))
        return sorted(
            name
            for name, values in self.values.items()
            if any(needle in part for value in values for needle in clothes(value) for part in parts)
        )

    def found_in_all(self, walk: Walk, rehearsed: Rehearsed, keepers: Iterable[Path]) -> list[tuple[str, list[str]]]:
        """Return each place with the secrets in it; `keepers` are the files where they do stand."""
        texts = {"processes": self.witness.seen(), "output": "\n".join(walk.said).encode()}
        found = [(place, names) for place, text in texts.items() if (names := self.found_in(text))]
        files = self.found_in_files(walk.flowops.state, walk.flowops.project, keepers=keepers)
        return found + files + self.found_in_bucket(rehearsed)

    def found_in_files(self, *folders: Path, keepers: Iterable[Path]) -> list[tuple[str, list[str]]]:
        """Return each file with the secrets in it, but for the `keepers`, where secrets do stand."""
        kept = tuple(map(str, keepers))
        files = [file for folder in folders for file in folder.rglob("*") if not str(file).startswith(kept)]
        found = [(str(it), self.found_in(it.read_bytes())) for it in files if it.is_file() and not it.is_symlink()]
        return [(place, names) for place, names in found if names]

    def found_in_bucket(self, rehearsed: Rehearsed) -> list[tuple[str, list[str]]]:
        """Return each version of an object of the state bucket with the secrets in it."""
        found = [(key, self.found_in(content)) for key, content in contents(rehearsed)]
        return [(key, names) for key, names in found if names]


def contents(rehearsed: Rehearsed) -> Iterator[tuple[str, bytes]]:
    """Yield every version of every object in the state bucket, by its key."""
    s3 = rehearsed.in_security("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for it in page.get("Versions", ()):
            version = s3.get_object(Bucket=BUCKET, Key=it["Key"], VersionId=it["VersionId"])
            yield it["Key"], version["Body"].read()


@lru_cache
def clothes(value: str) -> frozenset[bytes]:
    """Return what to look for: a value, escaped, and in base64 once and twice, whatever stands before and behind it."""
    plain = {value, json.dumps(value)[1:-1], quote(value, safe="")}
    needles = {it.encode() for it in plain} | {value.encode().hex().encode()}
    once = _in_base64(value.encode())
    return frozenset(needles | once | {twice for it in once for twice in _in_base64(it)})


def _in_base64(value: bytes) -> set[bytes]:
    """Return the characters that depend on nothing but the value, for each place that it can have in three bytes."""
    cores = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        begin, end = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        cores.add(encoded[begin:end])
    return cores | {it.translate(bytes.maketrans(b"+/", b"-_")) for it in cores}


def _unpacked(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield a content and what is packed in it; a packing that is broken hides nothing that could be read."""
    yield content
    if depth < _DEEPEST:
        for packed in _parts(content):
            yield from _unpacked(packed, depth + 1)


def _parts(content: bytes) -> Iterator[bytes]:
    try:
        if content.startswith(b"\x1f\x8b"):
            yield gzip.decompress(content)
        elif content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        else:
            # Helm's way to keep a release: packed, and text again.
            yield from (base64.b64decode(it + b"=" * (-len(it) % 4)) for it in _PACKED_TEXT.findall(content))
    except _BROKEN:
        return
