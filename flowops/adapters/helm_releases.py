"""Helm releases in a plan, looked at more strictly than Helm and terraform do.

Both take the last of two equal keys without a word, and so does terraform's own `yamldecode`. That a repository does
not have a chart, or not in that version, and that the chart does not take the values, the Helm provider keeps to itself
until it is to install it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from flowops.adapters import yaml_file
from flowops.errors import InvalidConfig

if TYPE_CHECKING:
    from flowops.adapters.chart_schema import Misfit

try:
    # libyaml is a hundred times as fast as Python, and crashes where brackets stand too deep.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

DEEPEST = 50
_BRACKETS = re.compile(rb"[\[{]|[\]}]")
_LISTED = 5
_SINGLE_VALUES = ("set", "set_list", "set_sensitive", "set_wo")
"""Other ways than files to give a release values; with one of them only Helm knows what comes of it."""


def flaw_in(document: Mapping[str, Any], cache: Path | None = None) -> str:
    """Return what is wrong with a release that a plan JSON would install or change, "" for nothing.

    `cache` is Helm's folder of repository indexes and charts; what is not there is not looked at.
    """
    for address, after in _releases(document):
        found = _flaw_of_values(address, after) or (_flaw_of_chart(address, after, cache) if cache else "")
        if found:
            return found
    return ""


def _releases(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for it in document.get("resource_changes", ()):
        after = it["change"].get("after")
        if it["type"] == "helm_release" and after and it["change"]["actions"] != ["no-op"]:
            yield it["address"], after


def _flaw_of_values(address: str, after: Mapping[str, Any]) -> str:
    for text in after.get("values") or ():
        if isinstance(text, str) and text.strip():
            try:
                yaml_file.parse(Path(f"values of {address}, as filled in"), text)
            except InvalidConfig as error:
                return error.happened
    return ""


def _flaw_of_chart(address: str, after: Mapping[str, Any], cache: Path) -> str:
    alias, _, name = str(after.get("chart") or "").partition("/")
    version = after.get("version")
    index = _index(cache / f"{alias}-index.yaml") if re.fullmatch(r"[a-z0-9-]+", alias) else None
    if index is None or not name or not version:
        return ""
    entries = {str(it.get("version")): it for it in index.get(name) or ()}
    if not entries:
        return f"{address} wants the chart {name}, which the repository {alias} does not have"
    same = (it for known, it in entries.items() if known.removeprefix("v") == str(version).removeprefix("v"))
    entry = next(same, None)
    if entry is None:
        known = ", ".join([*entries][:_LISTED])
        return (
            f"{address} wants version {version} of {alias}/{name}, which the repository does not have; newest: {known}"
        )
    return _flaw_of_schema(address, after, _archive(entry, cache))


def _archive(entry: Mapping[str, Any], cache: Path) -> Path | None:
    """Return where Helm put a chart when it planned the release, None where it did not."""
    name = PurePosixPath(urlsplit(str((entry.get("urls") or [""])[0])).path).name
    return cache / name if name and (cache / name).is_file() else None


def _flaw_of_schema(address: str, after: Mapping[str, Any], archive: Path | None) -> str:
    texts = after.get("values") or ()
    if archive is None or not all(isinstance(it, str) for it in texts) or any(after.get(it) for it in _SINGLE_VALUES):
        return ""
    # Here, because it takes longer to load than most plans without a chart take in all.
    from flowops.adapters.chart_schema import misfits

    written = [it for it in texts if it.strip()]
    if not (found := misfits(archive, written)):
        return ""
    lines = [yaml_file.parse(archive, it)[1] for it in written]
    told = [_told(it, next((known[it.where] for known in reversed(lines) if it.where in known), 0)) for it in found]
    more = f"; and {len(told) - _LISTED} more" if len(told) > _LISTED else ""
    return (
        f"values of {address}, as filled in, are not what the chart {archive.stem} takes: "
        + "; ".join(told[:_LISTED])
        + more
    )


def _told(misfit: Misfit, line: int) -> str:
    place = f"{misfit.place} (line {line})" if line and misfit.where else misfit.place
    return f"{place} {misfit.what}"


def _index(path: Path) -> Mapping[str, Any] | None:
    """Return the entries of a repository's index, None where it cannot be read or is no index."""
    try:
        text = path.read_bytes()
        if _depth(text) > DEEPEST:
            return None
        entries = yaml.load(text, Loader=SafeLoader)["entries"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError):
        return None
    return entries if isinstance(entries, dict) else None


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for found in _BRACKETS.finditer(text):
        depth += 1 if found[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
