"""Which providers of a unit may be shared: only where a shared process gives the very answer of terraform's own."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.providers.needs import locked_hashes, locked_versions
from flowops.model.deployment import Unit
from flowops.model.toolchain import Provider

LOCK_FILE = ".terraform.lock.hcl"

SHARED = frozenset({"hashicorp/aws"})
"""Others read files relative to terraform's own folder, where a shared process does not stand. The Helm provider, for
one, plans no change where it finds no chart."""

_REGISTRY = "registry.terraform.io/"
_UNIT_FILE = "terragrunt.hcl"
_OWN_ENVIRONMENT = re.compile(r"\b(env_vars|iam_role|iam_assume_role\w*|iam_web_identity_token)\b")
"""What gives one unit's terraform variables, and so credentials or a region, that a shared process does not have."""


@dataclass(frozen=True)
class Shared:
    """A provider that may be shared, and its program."""

    provider: Provider
    program: Path


class Sharing:
    """Knows it for every unit of a tree; `program` returns a provider's program, `folder` is where hashes are kept."""

    def __init__(self, deployments: Path, program: Callable[[Provider], Path | None], folder: Path) -> None:
        self._deployments, self._program, self._folder = deployments, program, folder

    def of(self, unit: Unit) -> tuple[Shared, ...]:
        """Return the providers of the unit's lock file that may be shared.

        A unit without one is left to terraform: only its init can say which version is meant, an ordinary terraform
        refuses a plan that was made without the lock, and terragrunt puts the file there for the next time.
        """
        if self._common_environment or _OWN_ENVIRONMENT.search(_text(self._deployments / unit.path / _UNIT_FILE)):
            return ()
        lock = self._lock(unit)
        hashes = locked_hashes(lock)
        found = []
        for provider in _providers(lock):
            program = self._program(provider) if provider.address in SHARED else None
            # Terraform does not look at the hashes of a provider that it has not started itself.
            if program is not None and self._hash(program.parent) in hashes.get(provider.source, ()):
                found.append(Shared(provider, program))
        return tuple(found)

    def whole(self, unit: Unit) -> bool:
        """Say that no provider of the unit is left to terraform."""
        return len(self.of(unit)) == len(locked_versions(self._lock(unit)))

    def _lock(self, unit: Unit) -> str:
        return _text(self._deployments / unit.path / LOCK_FILE)

    @cached_property
    def _common_environment(self) -> bool:
        """Say that a file which several units include sets variables."""
        return any(_OWN_ENVIRONMENT.search(_text(file)) for file in _common_files(self._deployments))

    def _hash(self, package: Path) -> str:
        """Return the `h1:` hash of an unpacked provider, computed once for the files as they lie there."""
        files = sorted(
            (it for it in package.rglob("*") if it.is_file()), key=lambda it: it.relative_to(package).as_posix()
        )
        looks = [(str(it), about.st_ino, about.st_size, about.st_mtime_ns) for it in files if (about := it.stat())]
        remembered = self._folder / f"{hashlib.sha256(repr(looks).encode()).hexdigest()[:32]}.h1"
        if not remembered.exists():
            atomic_file.private_folder(self._folder)
            atomic_file.write(remembered, package_hash(package, files).encode())
        return remembered.read_text()


def package_hash(package: Path, files: list[Path]) -> str:
    """Return the hash of these files as terraform writes it into lock files (Go's dirhash.Hash1)."""
    lines = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        lines.update(f"{digest}  {file.relative_to(package).as_posix()}\n".encode())
    return f"h1:{base64.b64encode(lines.digest()).decode()}"


def _providers(lock: str) -> Iterator[Provider]:
    for source, version in locked_versions(lock).items():
        if source.startswith(_REGISTRY):
            yield Provider(source.removeprefix(_REGISTRY), version)


def _common_files(deployments: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(deployments):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if _UNIT_FILE not in files:
            yield from (Path(current, name) for name in files if name.endswith(".hcl"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
