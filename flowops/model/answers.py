"""What somebody means who answers a question. Pure."""

from __future__ import annotations


def is_yes(answer: str) -> bool:
    """Return whether a question that ends with `[y/N]` was agreed to."""
    return answer.strip().lower() in ("y", "yes")
