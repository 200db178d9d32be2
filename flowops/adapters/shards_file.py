"""The file of `ci matrix` that says which units are in which shard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flowops.model.drift.shards import plan_from_data, unfit


def read_shards(path: Path, count: int) -> Mapping[str, int]:
    """Return the shard of each unit, by id; UsageError where the file does not divide into `count`."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise unfit(str(path), str(error)) from error
    return plan_from_data(data, count, str(path))
