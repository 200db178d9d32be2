"""Which region an environment is in. Pure."""

from __future__ import annotations

import re

from flowops.model.config import REGION_PATTERN


def region_in(path: str, home: str) -> str:
    """Return the region that the path of an environment's folder names, the last where it names several; else `home`.

    terragrunt reads region.hcl of the nearest folder above a unit, too.
    """
    named = [part for part in path.split("/") if re.fullmatch(REGION_PATTERN, part)]
    return named[-1] if named else home
