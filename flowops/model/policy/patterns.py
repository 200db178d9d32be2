"""Wildcards and policy variables, as IAM reads them.

IAM User Guide, "IAM JSON policy elements: Resource" (wildcards) and "IAM policy elements: Variables and tags"
(`${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WITH_DEFAULT = re.compile(r"^([^,\s]+)\s*,\s*'(.*)'$")

# A wildcard that came out of a variable stands for itself, so it is carried as a private character until matching.
_LITERAL_STAR, _LITERAL_MARK = "\ue000", "\ue001"
_PROTECT = str.maketrans({"*": _LITERAL_STAR, "?": _LITERAL_MARK})
_REVEAL = str.maketrans({_LITERAL_STAR: "*", _LITERAL_MARK: "?"})

Lookup = Callable[[str], tuple[str, ...]]


class _Unresolved(Exception):
    """A variable without a value and without a default."""


def expand(text: str, lookup: Lookup) -> str | None:
    """Return the text with its variables replaced; None when one has no single value and no default.

    A statement with such a variable does not match (IAM User Guide, "Using variables in policies").
    """
    if "${" not in text:
        return text
    try:
        return _VARIABLE.sub(lambda found: _value_of(found.group(1), lookup), text)
    except _Unresolved:
        return None


def _value_of(variable: str, lookup: Lookup) -> str:
    name = variable.strip()
    if name in ("*", "?", "$"):
        return name.translate(_PROTECT)
    with_default = _WITH_DEFAULT.match(name)
    key, default = with_default.groups() if with_default else (name, None)
    values = lookup(key)
    if len(values) == 1:
        return values[0].translate(_PROTECT)
    if default is None:
        raise _Unresolved
    return str(default).translate(_PROTECT)


def revealed(text: str) -> str:
    """Return an expanded text as its plain characters, for operators without wildcards."""
    return text.translate(_REVEAL)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Tell whether a text fits a pattern with `*` (any run of characters) and `?` (any one)."""
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Tell whether an ARN fits a pattern, each of its six parts on its own.

    IAM User Guide, "Condition operators", ARN: the six colon-delimited components are checked separately.
    """
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return pattern == "*"
    return all(matches(part, text) for part, text in zip(wanted, given, strict=True))


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    pieces = {"*": ".*", "?": ".", _LITERAL_STAR: r"\*", _LITERAL_MARK: r"\?"}
    source = "".join(pieces.get(character, re.escape(character)) for character in pattern)
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
