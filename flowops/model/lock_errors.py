"""What terraform says when a state lock is in its way, in one line that names what is missing.

Its own text of a lock that it may not write ends with a 404 and the advice to switch locking off.
"""

from __future__ import annotations

import re

from flowops.model.plaintext import printable

_HEADLINE = re.compile(r"^Error: (.+)$")
_ACQUIRING, _RELEASING = "Error acquiring the state lock", "Error releasing the state lock"
_DENIED = re.compile(r"S3: (\w+), https response error StatusCode: 403")
_INFO = re.compile(r"Lock Info: ID: (\S+) .*?Operation: (\S+) Who: (\S+) .*?Created: (.+?) (?:\+0000 UTC|Info:)")


def lock_trouble(text: str) -> str:
    """Return why terraform could not lock a state, "" where that was not what stopped it."""
    lines = _lines(text)
    if _ACQUIRING not in _headlines(lines):
        return ""
    whole = printable(" ".join(" ".join(lines).split()))
    if denied := _DENIED.search(whole):
        return f"the role lacks s3:{denied[1]} on *.tflock in the state bucket, so terraform could not lock the state"
    if info := _INFO.search(whole):
        return f"locked by {info[3]} since {info[4]} ({info[2]}, lock {info[1]}); next: flowops locks list"
    if "JSON" in whole:
        return "its lock is empty or damaged, so nobody can tell who holds it; next: flowops locks list"
    return ""


def only_the_lock_stays(text: str) -> bool:
    """Say whether giving the lock back is all that went wrong: then everything before it was done and saved."""
    return _headlines(_lines(text)) == [_RELEASING]


def _lines(text: str) -> list[str]:
    return [line.strip("│╷╵ \t") for line in text.splitlines()]


def _headlines(lines: list[str]) -> list[str]:
    return [found[1] for line in lines if (found := _HEADLINE.match(line))]
