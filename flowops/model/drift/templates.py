"""Which parts of a CloudFormation template differ from another text of it. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_SECTION = re.compile(r"^(\w+):")
_ENTRY = re.compile(r"^  ([\w:/]+):")


def differing(one: str, other: str) -> tuple[str, ...]:
    """Return `Section/Name` of each entry that is not the same in both, or `Section` where that has no entries.

    Comments, empty lines and spaces at the ends of lines do not count.
    """
    first, second = _entries(one), _entries(other)
    return tuple(sorted(it for it in first.keys() | second.keys() if first.get(it) != second.get(it)))


def parameters(text: str) -> tuple[str, ...]:
    """Return the names of a template's parameters."""
    found = (it.partition("/") for it in _entries(text))
    return tuple(name for section, _, name in found if section == "Parameters" and name)


def _entries(text: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    section = where = ""
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        if begun := _SECTION.match(line):
            section = where = begun[1]
        elif section and (entry := _ENTRY.match(line)):
            where = f"{section}/{entry[1]}"
        found[where].append(line)
    return {name: tuple(lines) for name, lines in found.items()}
