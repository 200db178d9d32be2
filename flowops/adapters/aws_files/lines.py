"""The lines of an AWS file, told apart by the rules of the reader that the AWS command line has: configparser.

A line that is indented deeper than the key above it goes on with that key's value; blank lines and comments between
do not end it (https://docs.python.org/3/library/configparser.html#supported-ini-file-structure).
"""

from __future__ import annotations

import re
from configparser import RawConfigParser
from dataclasses import dataclass, field

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""As Python's universal newlines have them; str.splitlines would also end lines at form feeds and U+2028."""


@dataclass
class Option:
    """One key of a section: its first line and the lines that go on with its value."""

    first: int
    more: list[int] = field(default_factory=list)


@dataclass
class Section:
    """One section: its header, the line of that, its last line of content, and its keys in small letters."""

    header: str
    first: int
    last: int
    options: dict[str, Option] = field(default_factory=dict)

    def add(self, key: str, line: int) -> Option:
        """Add a key that begins in this line."""
        self.options[key] = option = Option(line)
        self.last = line
        return option


def split(text: str) -> list[str]:
    """Return the lines of a text, each with its end."""
    return _LINE.findall(text)


def ending(line: str) -> str:
    """Return the end of a line, empty for a last line without one."""
    return line[len(line.rstrip("\r\n")) :]


def depth(line: str) -> int:
    """Return how far a line is indented."""
    return len(line) - len(line.lstrip())


def is_blank(line: str) -> bool:
    """Whether nothing stands in a line."""
    return not line.strip()


def is_comment(line: str) -> bool:
    """Whether a line is a comment as a whole; what follows a value on its line is a part of it."""
    return line.lstrip()[:1] in ("#", ";")


def sections(lines: list[str]) -> list[Section]:
    """Return the sections of a text that configparser has read without an error."""
    found: list[Section] = []
    option: Option | None = None
    level = 0
    for index, line in enumerate(lines):
        if is_blank(line) or is_comment(line):
            continue
        if option and depth(line) > level:
            option.more.append(index)
            found[-1].last = index
            continue
        level = depth(line)
        header = RawConfigParser.SECTCRE.match(line.strip())
        if header:
            found.append(Section(header["header"], index, index))
            option = None
        else:
            option = found[-1].add(key_of(line), index)
    return found


def key_of(line: str) -> str:
    """Return the key that a line gives a value to, in small letters as botocore has it; empty where it is none."""
    match = RawConfigParser.OPTCRE.match(line.strip())
    return match["option"].rstrip().lower() if match else ""
