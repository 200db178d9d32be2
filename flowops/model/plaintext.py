"""Make foreign text safe to show: no control sequences, no secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection
from urllib.parse import quote

MARK = "***"
"""What stands where a secret stood."""

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, erasing
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, …: titles, links
    r"|\x1b[ -/]*[0-~]?"  # every other escape
)
# C0 but tab, DEL, C1, then what reorders or hides text: bidi controls, line and paragraph separators, zero widths, BOM.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TELLTALE = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"  # AWS access key ids
    r"|\bgh[pousr]_[A-Za-z0-9]{36,255}\b"  # GitHub tokens
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^-]*-----END [A-Z ]*PRIVATE KEY-----)?"
)


def printable(line: str) -> str:
    """Return one line without anything that steers a terminal or reorders text; tabs stay."""
    if line.isascii() and line.isprintable():
        return line
    return _LONE_SURROGATE.sub("�", _CONTROL.sub("", _SEQUENCE.sub("", line)))


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """Return `text` with every secret replaced, also where it stands base64- or URL-encoded, and known key formats."""
    for form in sorted(secret_forms(secrets), key=len, reverse=True):
        text = text.replace(form, MARK)
    return _TELLTALE.sub(MARK, text)


def secret_forms(secrets: Collection[str]) -> frozenset[str]:
    """Return every spelling in which one of `secrets` may turn up; empty secrets have none."""
    return frozenset(form for secret in secrets if secret for form in _forms(secret))


def _forms(secret: str) -> tuple[str, ...]:
    encoded = b64encode(secret.encode("utf-8", "surrogateescape")).decode("ascii")
    return secret, encoded, encoded.rstrip("="), quote(secret, safe="", errors="surrogateescape")
