"""How many units are worked on at once."""

from __future__ import annotations

GIB = 2**30
WARM_UNIT = 120 * 2**20
"""Bytes of one terraform whose providers are shared: 94 MB were measured, and the shim."""

ORDINARY_UNIT = 750 * 2**20
"""Bytes of one terraform with an AWS provider of its own."""

SHARED = GIB
"""Bytes kept for the shared providers, flowops and terragrunt."""

_MOST_WARM, _MOST_ORDINARY = 32, 8


def side_by_side(cores: int, free: int, *, warm: bool) -> int:
    """Return the number of units for this many cores and bytes of free memory; never less than one.

    Units wait for AWS most of the time, so two for each core keep it busy.
    """
    each, most = (WARM_UNIT, _MOST_WARM) if warm else (ORDINARY_UNIT, _MOST_ORDINARY)
    return max(1, min(2 * cores, (free - SHARED) // each, most))
