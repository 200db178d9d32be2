"""Why something went wrong, said in passing."""

from __future__ import annotations


def in_short(error: Exception | str) -> str:
    """Return one line about an error that can stand within a sentence, never none."""
    line = str(error).partition("\n")[0]
    if not line:
        return type(error).__name__
    return line if line[1:2].isupper() else line[0].lower() + line[1:]
