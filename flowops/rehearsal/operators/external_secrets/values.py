"""What of a secret's value is asked for: all of it, one property, or every property."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flowops.rehearsal.operators.external_secrets.errors import Unfulfilled

_NO_KEY = re.compile(r"[^-._a-zA-Z0-9]")


def picked(value: bytes, name: str) -> bytes:
    """Return a property of a value that is JSON, or all of it without a name; dots lead further in."""
    if not name:
        return value
    found: Any = _parsed(value)
    if name in found:
        return _as_bytes(found[name])
    for step in name.split("."):
        if not isinstance(found, Mapping) or step not in found:
            raise Unfulfilled(f"key {name} does not exist in the secret")
        found = found[step]
    return _as_bytes(found)


def extracted(value: bytes, name: str = "") -> Mapping[str, bytes]:
    """Return every property of a value that is a JSON object; characters that no key may have become `_`."""
    return {_NO_KEY.sub("_", key): _as_bytes(item) for key, item in _parsed(picked(value, name)).items()}


def _parsed(value: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(value)
    except ValueError:
        # Without its cause, which quotes the value.
        raise Unfulfilled("the value of the secret is no JSON, and a property of it is asked for") from None
    if not isinstance(document, Mapping):
        raise Unfulfilled("the value of the secret is JSON, but no object that has properties")
    return document


def _as_bytes(item: Any) -> bytes:
    return (item if isinstance(item, str) else json.dumps(item, separators=(",", ":"))).encode()
