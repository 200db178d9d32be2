"""The attributes that only AWS sets, by the provider's schema; scripts/computed_attributes.py writes the table."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parents[1] / "data" / "drift" / "computed.json"


@cache
def computed_attributes() -> Mapping[str, Collection[str]]:
    """Return them by resource type."""
    table = json.loads(_TABLE.read_bytes())["computed"]
    return {name: frozenset(listed.split()) for name, listed in table.items()}
