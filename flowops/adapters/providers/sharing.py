"""Which providers of a unit may be shared: only where a shared process gives the very answer of terraform's own."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.providers.needs import locked_hashes, locked_versions
from flowops.adapters.toolchain.package_hash import package_files, package_hash
from flowops.adapters.unit_file import text_if_readable
from flowops.model.deployment import LOCK_FILE, UNIT_FILE, Unit
from flowops.model.toolchain import Provider

SHARED = frozenset({"hashicorp/aws"})
"""Others read files relative to terraform's own folder, where a shared process does not stand. The Helm provider, for
one, plans no change where it finds no chart."""

UPLOADING = frozenset(
    {
        "aws_gamelift_script",
        "aws_lambda_function",
        "aws_lambda_layer_version",
        "aws_s3_bucket_object",
        "aws_s3_object",
        "aws_synthetics_canary",
    }
)
"""AWS resources that name a local file, which the provider reads when it applies: relative to terraform's folder."""

_REGISTRY = "registry.terraform.io/"
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
        if self._common_environment or _OWN_ENVIRONMENT.search(text_if_readable(self._deployments, unit)):
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
        remembered = self._folder / hash_file(package)
        if not remembered.exists():
            atomic_file.private_folder(self._folder)
            atomic_file.write(remembered, package_hash(package).encode())
        return remembered.read_text()


def hash_file(package: Path) -> str:
    """Return what the file with the hash of an unpacked provider is called: the name says which files it had."""
    stats = [(it, it.stat()) for it in package_files(package)]
    looks = [(str(it), about.st_ino, about.st_size, about.st_mtime_ns) for it, about in stats]
    return f"{hashlib.sha256(repr(looks).encode()).hexdigest()[:32]}.h1"


def _providers(lock: str) -> Iterator[Provider]:
    for source, version in locked_versions(lock).items():
        if source.startswith(_REGISTRY):
            yield Provider(source.removeprefix(_REGISTRY), version)


def _common_files(deployments: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(deployments):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if UNIT_FILE not in files:
            yield from (Path(current, name) for name in files if name.endswith(".hcl"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
