"""A drift result for programs, as it is stored, too: flowops/data/drift/schema-1.json says what each key means."""

from __future__ import annotations

import json

from flowops.model.drift.result import DriftResult
from flowops.model.drift.stored import to_data


def as_json(result: DriftResult) -> str:
    """Return the result as one JSON object."""
    return json.dumps(to_data(result), indent=2, ensure_ascii=False) + "\n"
