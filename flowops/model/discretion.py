"""What must not be shown of a plan's values: what terraform marks, what is named like a secret, known forms of keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.model.plaintext import MARK, printable, redacted, secret_forms

SHORTEST_SECRET = 6
"""Sensitive strings from this length on are looked for in every other value, too."""

_LONG_LINE = 12
_RESOURCES = ("resource_changes", "resource_drift")
_NAME = re.compile(
    r"(?i)(?:password|passwd|passphrase|secret|secret_?string|secret_?key|private_?key|token|credentials)$"
)
_ASSIGNED = re.compile(
    r"""(?ix)((?:password|passwd|passphrase|secret|secret_?key|private_?key|token)\\*["']?\s*[:=]\s*)"""
    r"""(\\*"[^"\\]*\\*"|'[^']*'|[^\s,;&"'}\\]+)"""
)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]+:)[^@\s/]+@")


def sounds_secret(name: object) -> bool:
    """Say whether something with this name is hidden, whatever terraform says of it."""
    return isinstance(name, str) and _NAME.search(name) is not None


@dataclass(frozen=True)
class Discretion:
    """Hides secrets in text and values; `forms` are what they look like, the longest first."""

    forms: tuple[str, ...] = ()

    @classmethod
    def about(cls, document: Mapping[str, Any]) -> Discretion:
        """Return what hides every sensitive string of a plan: of its resources, outputs and variables."""
        forms = secret_forms({form for secret in _secrets_of(document) for form in _spellings(secret)})
        return cls(tuple(sorted(forms, key=lambda it: (-len(it), it))))

    def text(self, value: Any) -> str | None:
        """Return a value as text: a string as it is, all else as JSON, without secrets; None for None."""
        if value is None:
            return None
        tame = self._tame(value)
        return tame if isinstance(tame, str) else json.dumps(tame, ensure_ascii=False, sort_keys=True)

    def line(self, text: str) -> str:
        """Return text without secrets and without control characters but newlines."""
        for form in self.forms:
            text = text.replace(form, MARK)
        text = _IN_ADDRESS.sub(rf"\1{MARK}@", _ASSIGNED.sub(rf"\1{MARK}", redacted(text)))
        return "\n".join(printable(line) for line in text.split("\n"))

    def _tame(self, value: Any) -> Any:
        match value:
            case str():
                return self.line(value)
            case Mapping():
                hidden = names_a_secret(value)
                return {
                    self.line(str(key)): MARK if sounds_secret(key) or (hidden and key == "value") else self._tame(it)
                    for key, it in value.items()
                }
            case list():
                return [self._tame(it) for it in value]
            case _:
                return value


def names_a_secret(value: Any) -> bool:
    """Say whether a value is a pair such as {name = "db.password", value = …}."""
    return (
        isinstance(value, Mapping) and "value" in value and any(sounds_secret(value.get(it)) for it in ("name", "key"))
    )


def _secrets_of(document: Mapping[str, Any]) -> Iterator[str]:
    changes = [it.get("change", {}) for kind in _RESOURCES for it in document.get(kind, ())]
    for change in (*changes, *document.get("output_changes", {}).values()):
        for side in ("before", "after"):
            yield from _marked(change.get(side), change.get(f"{side}_sensitive"))
    declared = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, variable in document.get("variables", {}).items():
        yield from _marked(variable.get("value"), declared.get(name, {}).get("sensitive", False))


def _marked(value: Any, marks: Any) -> Iterator[str]:
    if not marks:
        return
    match value:
        case str() if marks is True:
            yield value
        case Mapping() | list():
            for key in value if isinstance(value, Mapping) else range(len(value)):
                yield from _marked(value[key], marks if marks is True else child(marks, key))


def child(tree: Any, key: str | int) -> Any:
    """Return what a tree has at `key`, None where it has nothing there, or is no tree of that kind."""
    if isinstance(tree, Mapping) and isinstance(key, str):
        return tree.get(key)
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return tree[key]
    return None


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it may stand in other values: alone, line by line, and inside JSON."""
    lines = [line.strip() for line in secret.splitlines() if len(line.strip()) >= _LONG_LINE]
    for it in (secret, *lines):
        if len(it) >= SHORTEST_SECRET:
            escaped = json.dumps(it)[1:-1]
            yield from (it, escaped, json.dumps(it, ensure_ascii=False)[1:-1])
            # As terraform's jsonencode writes it.
            yield escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
