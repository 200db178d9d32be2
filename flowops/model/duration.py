"""Lengths of time in words. Pure."""

from __future__ import annotations


def spell(seconds: float) -> str:
    """Return a length of time in its two largest units: `45 s`, `2 min 5 s`, `3 d 4 h`.

    Less than nothing, which the time of another clock may be ahead, is `0 s`.
    """
    said = [f"{number} {unit}" for number, unit in zip(_parts(seconds), ("d", "h", "min", "s"), strict=True) if number]
    return " ".join(said[:2]) or "0 s"


def typed(seconds: float) -> str:
    """Return a length of time as an option takes it: `30d`, `1h30m`, `90s` as `1m30s`."""
    parts = zip(_parts(seconds), "dhms", strict=True)
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _parts(seconds: float) -> tuple[int, int, int, int]:
    """Return days, hours, minutes and seconds, whole ones."""
    whole = max(0, int(seconds))
    return whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
