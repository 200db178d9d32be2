"""What an attribute was and will be, in the words that every report and table shares. Pure."""

from __future__ import annotations

from flowops.model.attributes import AttributeChange

HIDDEN = "(sensitive)"
UNKNOWN = "(known after apply)"
UNSET = "(not set)"


def before_and_after(it: AttributeChange) -> tuple[str, str]:
    """Return both values of an attribute as people read them."""
    if it.sensitive:
        return HIDDEN, f"{HIDDEN} {UNKNOWN}" if it.unknown else HIDDEN
    return _value(it.before), UNKNOWN if it.unknown else _value(it.after)


def _value(text: str | None) -> str:
    if text is None:
        return UNSET
    return text or '""'
