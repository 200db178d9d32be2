"""Six-digit codes of a virtual MFA device: RFC 6238 with SHA-1 and steps of 30 seconds, as AWS uses it.

A rehearsal keeps the seed of its operator's device and computes the codes that a human would read off a phone.
IAM User Guide, "Assign a virtual MFA device in the AWS Management Console".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

STEP_SECONDS = 30
DIGITS = 6


def code_at(seed: str, moment: float) -> str:
    """Return the code that a device with this base32 seed shows at a moment in epoch seconds."""
    return _code(_secret(seed), int(moment) // STEP_SECONDS)


def two_codes_at(seed: str, moment: float) -> tuple[str, str]:
    """Return two consecutive codes, the one at the moment and its successor, as enabling a device wants them."""
    return code_at(seed, moment), code_at(seed, moment + STEP_SECONDS)


def accepts(seed: str, code: str, moment: float, *, drift: int = 1) -> bool:
    """Tell whether a code is right at a moment, or up to `drift` steps before or after it."""
    secret, now = _secret(seed), int(moment) // STEP_SECONDS
    return any(_same(code, _code(secret, step)) for step in range(now - drift, now + drift + 1))


def accepts_two(seed: str, first: str, second: str, moment: float, *, drift: int = 1) -> bool:
    """Tell whether two codes follow each other and one of them is right at the moment, give or take `drift` steps."""
    secret, now = _secret(seed), int(moment) // STEP_SECONDS
    steps = range(now - drift - 1, now + drift + 1)
    return any(_same(first, _code(secret, step)) and _same(second, _code(secret, step + 1)) for step in steps)


def _secret(seed: str) -> bytes:
    """Return the bytes of a base32 seed, written with or without spaces, padding and capitals."""
    packed = seed.replace(" ", "").upper().rstrip("=")
    return base64.b32decode(packed + "=" * (-len(packed) % 8))


def _code(secret: bytes, step: int) -> str:
    """Return the HOTP value of one step: RFC 4226, section 5.3."""
    digest = hmac.new(secret, struct.pack(">Q", max(step, 0)), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
