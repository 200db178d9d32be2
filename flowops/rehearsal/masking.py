"""Secrets of a request, taken out before anybody writes it down."""

from __future__ import annotations

import re
from typing import Any

from moto.core.model import ListShape, MapShape, Shape, StructureShape

MASK = "***"
LONGEST = 4096

# The API descriptions mark most secrets as sensitive; these names are secrets wherever they stand.
SECRET_NAME = re.compile(
    r"(secret(string|binary|accesskey|key)|password|passphrase|(auth|session|security|webidentity|access|bearer)token"
    r"|tokencode|authenticationcode|samlassertion|privatekey|keymaterial|plaintext|ciphertext(blob)?|credentials?json"
    r"|userdata|seed)",
    re.IGNORECASE,
)
NOT_SECRET = re.compile(r"(arn|id|name|length|policy|age|days|type)s?$", re.IGNORECASE)

# Marked as sensitive, and yet what policies ask for.
NEEDED = {"SSEKMSKeyId", "SSEKMSEncryptionContext"}

# Values that may be a secret in some calls, and that no policy ever asks for.
OPAQUE = {
    ("CreateStack", "ParameterValue"),
    ("UpdateStack", "ParameterValue"),
    ("CreateChangeSet", "ParameterValue"),
    ("ValidateTemplate", "ParameterValue"),
    ("PutParameter", "Value"),
}


def masked(value: Any, shape: Shape | None, operation: str, name: str = "") -> Any:
    """Return `value` without its secrets and bodies; `shape` is its API description where there is one."""
    match value:
        case dict():
            return {key: masked(item, _member(shape, key), operation, str(key)) for key, item in value.items()}
        case list() | tuple():
            element = shape.member if isinstance(shape, ListShape) else None
            return [masked(item, element, operation, name) for item in value]
        case None | bool():
            return value
    if _is_secret(shape, operation, name) or not isinstance(value, (str, int, float)):
        return MASK if not hasattr(value, "isoformat") else value
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value


def _member(shape: Shape | None, key: str) -> Shape | None:
    match shape:
        case StructureShape():
            return shape.members.get(key)
        case MapShape():
            return shape.value
        case _:
            return None


def _is_secret(shape: Shape | None, operation: str, name: str) -> bool:
    if name in NEEDED:
        return False
    if (operation, name) in OPAQUE or (shape is not None and shape.metadata.get("sensitive")):
        return True
    return bool(SECRET_NAME.search(name)) and not NOT_SECRET.search(name)
