"""Which types of a provider's schema a unit's terraform will ask for, found in .tf files without reading HCL.

Finding too many costs a little memory; one too few is noticed, and that unit is planned the ordinary way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_DECLARED = re.compile(rb'^\s*(?:resource|data|ephemeral)\s+"?([A-Za-z0-9_-]+)"?\s', re.MULTILINE)
_FUNCTION = re.compile(rb"\bprovider::[A-Za-z0-9_-]+::([A-Za-z0-9_]+)")
_JSON = re.compile(rb'"([a-z0-9]+_[a-z0-9_]+)"\s*:\s*\{')
_LOCKED = re.compile(r'^provider\s+"([^"]+)"\s*\{\s*(?:#.*)?$[^}]*?^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_BLOCK = re.compile(r'^provider\s+"([^"]+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_HASH = re.compile(r'"((?:h1|zh):[^"]+)"')
_SKIPPED = frozenset({".git", "providers", "examples"})


def named_in(text: bytes) -> frozenset[str]:
    """Return the types and provider functions that a .tf file names."""
    found = (*_DECLARED.findall(text), *_FUNCTION.findall(text))
    return frozenset(name.decode() for name in found)


def named_in_json(text: bytes) -> frozenset[str]:
    """Return what may be a type in a .tf.json file: every key with an underscore, which all types have."""
    return frozenset(name.decode() for name in _JSON.findall(text))


class Needs:
    """Remembers what each file named, so that forty working copies of one module are read once.

    A copy is known by folder, name and size: terragrunt does not keep the time.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, int], frozenset[str]] = {}

    def below(self, folder: Path) -> frozenset[str]:
        """Return the types that any terraform file below `folder` names; a folder that is not there names none."""
        return frozenset().union(*(self._of(entry) for entry in _terraform_files(folder)))

    def _of(self, entry: os.DirEntry[str]) -> frozenset[str]:
        try:
            key = (os.path.basename(os.path.dirname(entry.path)), entry.name, entry.stat().st_size)
            if key not in self._known:
                text = Path(entry.path).read_bytes()
                self._known[key] = named_in_json(text) if entry.name.endswith(".json") else named_in(text)
        except OSError:
            return frozenset()
        return self._known[key]


def _terraform_files(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _SKIPPED:
                yield from _terraform_files(entry.path)
        elif entry.name.endswith((".tf", ".tf.json")):
            yield entry


def locked_hashes(text: str) -> dict[str, frozenset[str]]:
    """Return the hashes of each provider, by its full address, in the text of a .terraform.lock.hcl."""
    return {source: frozenset(_HASH.findall(block)) for source, block in _BLOCK.findall(text)}


def locked_versions(text: str) -> dict[str, str]:
    """Return the version of each provider, by its full address, in the text of a .terraform.lock.hcl."""
    return dict(_LOCKED.findall(text))
