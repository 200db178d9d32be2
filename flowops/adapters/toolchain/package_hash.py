"""The hash by which terraform's lock files know a provider, whether it is packed or not."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flowops.adapters.hashes import sha256_of


def package_files(package: Path) -> list[Path]:
    """Return the files of an unpacked provider in the order in which they are hashed."""
    return sorted((it for it in package.rglob("*") if it.is_file()), key=lambda it: it.relative_to(package).as_posix())


def package_hash(package: Path) -> str:
    """Return the `h1:` hash of an unpacked provider as terraform writes it into lock files (Go's dirhash.Hash1)."""
    lines = hashlib.sha256()
    for file in package_files(package):
        lines.update(f"{sha256_of(file)}  {file.relative_to(package).as_posix()}\n".encode())
    return f"h1:{base64.b64encode(lines.digest()).decode()}"
