"""What a change of an AWS file looks like, without a secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff

from flowops.adapters.aws_files.document import Document
from flowops.adapters.aws_files.lines import depth, key_of, sections, split
from flowops.adapters.aws_files.reading import Meaning, meaning
from flowops.model.plaintext import MARK, printable
from flowops.model.profiles import is_secret

_VALUE = re.compile(r"(?P<before>[#;\s]*(?P<key>[\w.-]+)\s*[=:]\s*)(?P<value>.*\S)")
_PASSWORD = re.compile(r"(://[^/@\s:]*:)[^@\s]+@")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

_Secrets = Mapping[tuple[str, str], str]


def difference(document: Document, text: str) -> str:
    """Return a unified diff to `text` without context, each hunk with its section; empty where no line changes.

    Values of secret keys are masked, also in comments. A secret that is new or changes is marked as new, so that the
    line shows.
    """
    old, new = list(document.lines), split(text)
    marks = _changed(document.meaning, meaning(document.path, text))
    path = printable(str(document.path))
    origin = "/dev/null" if document.raw is None else path
    found = unified_diff(list(_masked(old, {})), list(_masked(new, marks)), origin, path, n=0, lineterm="")
    return "\n".join(_located(line, old, new) for line in found)


def _changed(was: Meaning, will_be: Meaning) -> _Secrets:
    """Return the mark of each secret key whose value was not there before, by header and key."""
    return {
        (header, key): f"{MARK} (new)"
        for header, keys in will_be.items()
        for key, value in keys.items()
        if is_secret(key) and was.get(header, {}).get(key) != value
    }


def _masked(text: list[str], marks: _Secrets) -> Iterator[str]:
    hidden = {
        index: marks.get((section.header, key), MARK)
        for section in sections(text)
        for key, option in section.options.items()
        if is_secret(key)
        for index in (option.first, *option.more)
    }
    for index, line in enumerate(text):
        yield printable(_without_secret(line.rstrip("\r\n"), hidden.get(index, "")))


def _without_secret(line: str, mark: str) -> str:
    found = _VALUE.match(line)
    if found and (mark or is_secret(found["key"])):
        return f"{found['before']}{mark or MARK}"
    if mark and key_of(line) == "":
        return f"{line[: depth(line)]}{mark}"
    return _PASSWORD.sub(rf"\1{MARK}@", line)


def _located(line: str, old: list[str], new: list[str]) -> str:
    """Return a line of a diff; a hunk's first says in which section it is."""
    hunk = _HUNK.match(line)
    if not hunk:
        return line
    adds = hunk[4] != "0"
    number = int(hunk[3] if adds else hunk[1])
    above = [it for it in sections(new if adds else old) if it.first < number]
    return printable(f"{line} [{above[-1].header}]") if above else line
