"""What profiles shall hold, as edits of the sections of the two files, and whether an edit did that and no more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flowops.adapters.aws_files.document import Document
from flowops.adapters.aws_files.editing import Edit
from flowops.adapters.aws_files.lines import Section
from flowops.adapters.aws_files.reading import Name, meaning
from flowops.errors import InvalidConfig, UsageError, shown
from flowops.model.profiles import ProfileSettings, SectionKind, is_secret

_BARE = re.compile(r"[\w.@+=,:/-]+", re.ASCII)
_NAME = re.compile(r"""(?!\s)[^\x00-\x1f\x7f-\x9f\[\]"'\\#;]+(?<!\s)""")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_VALUE = re.compile(r"(?!\s)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+(?<!\s)")
_COMMENT = re.compile(r"(?:^|\s)[#;]")
"""What the SDKs of other languages take for the beginning of a comment."""


def check(wanted: ProfileSettings) -> None:
    """Raise UsageError for a name, a key or a value that AWS's tools would read as something else."""
    if not _NAME.fullmatch(wanted.name):
        raise _unusable(
            f"{shown(wanted.name)} can be no name in AWS's files", "letters, digits and any of . _ @ + = , -"
        )
    for key, value in (*wanted.config.items(), *wanted.credentials.items()):
        if not _KEY.fullmatch(key):
            raise _unusable(f"{shown(key)} can be no key in AWS's files", "small letters, digits and _")
        if not _VALUE.fullmatch(value) or _COMMENT.search(value):
            said = "the value" if is_secret(key) else shown(value)
            allowed = "one line of text, without blanks around it and without # or ; after one"
            raise _unusable(f"{said} can be no value of {key} in AWS's files", allowed)


def config_edit(config: Document, wanted: ProfileSettings) -> Edit:
    """Return what the section of the config file shall hold."""
    name: Name = (wanted.kind, wanted.name)
    plain = name == (SectionKind.PROFILE, "default")
    header = wanted.name if plain else f"{wanted.kind.value} {_quoted(wanted.name)}"
    return Edit(header, config.the(name), wanted.config, wanted.absent)


def credentials_edit(credentials: Document, wanted: ProfileSettings) -> Edit:
    """Return what the section of the credentials file shall hold."""
    return Edit(wanted.name, credentials.the((wanted.kind, wanted.name)), wanted.credentials, wanted.absent)


def conflicts(config: Document, credentials: Document, wanted: ProfileSettings) -> bool:
    """Whether a profile stands with other values of the wanted keys, or with keys that have to be absent."""
    name: Name = (wanted.kind, wanted.name)
    pairs = ((config.keys(name), wanted.config), (credentials.keys(name), wanted.credentials))
    other = any(standing.get(key, value) != value for standing, values in pairs for key, value in values.items())
    return other or any(key in standing for standing, _ in pairs for key in wanted.absent)


def require_result(document: Document, text: str, edits: Sequence[Edit]) -> None:
    """Raise InvalidConfig unless botocore will read what was wanted, and all else as before.

    An indented header that follows is one reason why it might not: below a less indented key it is a part of a value.
    """
    expected = {header: dict(keys) for header, keys in document.meaning.items()}
    for edit in edits:
        if edit.section or edit.values:
            keys = expected.setdefault(edit.header if edit.section is None else edit.section.header, {})
            keys.update(edit.values)
            for key in edit.absent:
                keys.pop(key, None)
    _require(document, text, expected, next((it.section for it in edits if it.section), None))


def require_parted(document: Document, text: str, leaving: Sequence[Section]) -> None:
    """Raise InvalidConfig unless botocore will read all sections but the leaving ones as before."""
    headers = {it.header for it in leaving}
    expected = {header: dict(keys) for header, keys in document.meaning.items() if header not in headers}
    _require(document, text, expected, next(iter(leaving), None))


def _require(document: Document, text: str, expected: dict[str, dict[str, str]], section: Section | None) -> None:
    try:
        found = {header: dict(keys) for header, keys in meaning(document.path, text).items()}
    except InvalidConfig:
        found = {}
    if found != expected:
        raise InvalidConfig(
            f"{document.path}:{section.first + 1 if section else 1}: cannot be changed here without changing what "
            "follows: a line below is indented.",
            not_done="Nothing was written.",
            next_step="take away the indent of [sections] and keys, then the same command again",
        )


def _quoted(name: str) -> str:
    return name if _BARE.fullmatch(name) else f'"{name}"'


def _unusable(happened: str, allowed: str) -> UsageError:
    return UsageError(
        f"{happened}; allowed: {allowed}.",
        not_done="Nothing was written.",
        next_step="the same command with another one",
    )
