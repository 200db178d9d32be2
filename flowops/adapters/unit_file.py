"""A unit's own file as text, for what can be told of it without a parser of HCL."""

from __future__ import annotations

import re
from pathlib import Path

from flowops.model.deployment import UNIT_FILE, Unit

# The address of a repository has `//`, too, and more after it: a name ends with the text, or before its `?ref=`.
_MODULE = re.compile(r'//((?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+)/?["?]')


def text_of(deployments: Path, unit: Unit) -> str:
    """Return the text of a unit's file, whatever it is encoded in; OSError where it cannot be read."""
    return (deployments / unit.path / UNIT_FILE).read_text(encoding="utf-8", errors="replace")


def text_if_readable(deployments: Path, unit: Unit) -> str:
    """Return the text of a unit's file, "" where it cannot be read."""
    try:
        return text_of(deployments, unit)
    except OSError:
        return ""


def modules_in(text: str) -> tuple[str, ...]:
    """Return the modules that a unit's file names, as paths below the folder of modules: what follows a `//`."""
    return tuple(_MODULE.findall(text))
