"""E-mail addresses of AWS accounts: what AWS takes, and one more address of a mailbox that stands."""

from __future__ import annotations

import string

SHORTEST, LONGEST = 6, 64
"""Characters of an account's address (Organizations API Reference, CreateAccount)."""

EMAIL_PATTERN = r"^[^\s@]+@[^\s@]+\.[^\s@]+$"

_NOT_LOCAL = frozenset("\"'()<>[]:;,\\|%&")
_DOMAIN = frozenset(string.ascii_letters + string.digits + "-.")


def email_problem(address: str) -> str:
    """Return why AWS makes no account with this address, in words that follow it; empty where it does.

    The rules are those of CreateAccount in the Organizations API Reference.
    """
    if not SHORTEST <= len(address) <= LONGEST:
        return f"has {len(address)} characters; allowed: {SHORTEST} to {LONGEST}"
    if not address.isascii() or not address.isprintable() or " " in address:
        return "has a space or a character beyond ASCII in it"
    local, _, domain = address.partition("@")
    if address.count("@") != 1 or not local:
        return "is no e-mail address; allowed: such as aws+dev@example.com"
    if wrong := sorted(_NOT_LOCAL & set(local)):
        return f"has {' '.join(wrong)} before the @, which AWS does not take"
    if local.startswith("."):
        return "begins with a dot, which AWS does not take"
    if "." not in domain or not set(domain) <= _DOMAIN or domain.strip("-.") != domain:
        return "has no domain behind the @; allowed: such as example.com"
    return ""


def plus_addressed(base: str, word: str) -> str:
    """Return another address of the mailbox `base`: aws@example.com and `x` make aws+x@example.com (RFC 5233)."""
    local, _, domain = base.partition("@")
    return f"{local}{'-' if '+' in local else '+'}{word}@{domain}"
