"""Change named keys of named sections, and not a byte besides.

Of the libraries that keep comments, ConfigUpdater comes nearest. It ends new lines with LF in a file of CRLF, respaces
the line of a key that it changes, and puts a new key below the blank line that ends a section.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowops.adapters.aws_files.document import Document
from flowops.adapters.aws_files.lines import Option, Section, depth, ending, is_blank, split
from flowops.errors import InvalidConfig, shown

_GIVEN = re.compile(r"[^=:]*[=:][^\S\r\n]*")
"""A line up to its value."""

_STYLE = re.compile(r"[^=:]*?([^\S\r\n]*=[^\S\r\n]*)\S")
"""How a line separates its key from its value."""


_HEADER = re.compile(r"\s*\[.+\]")
_KEY = re.compile(r"\s*\w+\s*=")


@dataclass(frozen=True)
class Edit:
    """What a section shall hold, and not hold; one with this `header` is made where `section` is None."""

    header: str
    section: Section | None
    values: Mapping[str, str] = field(repr=False)
    absent: Sequence[str] = ()


def edited(document: Document, edits: Sequence[Edit]) -> str:
    """Return the file's text after these edits; new sections come at its end, in the order given.

    InvalidConfig where a line would be lost that was hardly meant as a part of the value above it.
    """
    page = _Page(document)
    for edit in edits:
        if edit.section is not None:
            page.change(edit.section, edit.values, edit.absent)
    for edit in edits:
        if edit.section is None and edit.values:
            page.append(edit.header, edit.values)
    return "".join(page.lines)


def without(document: Document, sections: Sequence[Section]) -> str:
    """Return the file's text without these sections.

    A comment goes with its section where it stands between its keys; one above the header or below the last key stays.
    InvalidConfig as `edited`.
    """
    page = _Page(document)
    for section in sections:
        page.remove(section)
    return "".join(page.lines)


class _Page:
    """The lines of a file being changed; each keeps its index, so that sections found before still fit."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.lines = list(document.lines)
        self._end = next((end for end in map(ending, self.lines) if end), "\n")

    def change(self, section: Section, values: Mapping[str, str], absent: Sequence[str]) -> None:
        own = section.options
        has = self._document.meaning.get(section.header, {})
        for key in absent:
            if key in own:
                self._require_meant(key, own[key], _HEADER, *self._stray(own[key]))
                self._blank((own[key].first, *own[key].more))
        for key, value in values.items():
            if key in own and has.get(key) != value:
                self._require_meant(key, own[key], _HEADER, *self._stray(own[key]))
                self._replace(own[key], value)
        self._add(section, {key: value for key, value in values.items() if key not in own})

    def append(self, header: str, values: Mapping[str, str]) -> None:
        """Add a section at the end, below a blank line of its own."""
        text = "".join(self.lines)
        # Below a line of an old Mac, LF would be the other half of its end.
        end = ending(split(text)[-1]) if ending(text) else self._end
        begin = "" if not text or ending(text) else end
        gap = end if text else ""
        keys = "".join(f"{key} = {value}{end}" for key, value in values.items())
        self.lines.append(f"{begin}{gap}[{header}]{end}{keys}")

    def remove(self, section: Section) -> None:
        """Take a section away, and the blank line above it where that would meet another or the end of the file."""
        for key, option in section.options.items():
            self._require_meant(key, option, _HEADER)
        self._blank(range(section.first, section.last + 1))
        above = next((at for at in reversed(range(section.first)) if self.lines[at]), None)
        below = next((it for it in self.lines[section.last + 1 :] if it), "")
        if above is not None and is_blank(self.lines[above]) and is_blank(below):
            self.lines[above] = ""

    def _stray(self, option: Option) -> tuple[re.Pattern[str], ...]:
        """Return what cannot be meant below a value: keys; they can below `key =` alone, as a nested block."""
        return (_KEY,) if _parted(self._document.lines[option.first])[1].strip() else ()

    def _require_meant(self, key: str, option: Option, *forms: re.Pattern[str]) -> None:
        """Raise InvalidConfig where a line looks like a section or a key, and its indent makes it a part of a value."""
        for index in option.more:
            if any(form.match(self._document.lines[index]) for form in forms):
                raise InvalidConfig(
                    f"{self._document.path}:{index + 1}: is indented, so that AWS's tools read it as a part of "
                    f"{shown(key)} above.",
                    not_done="Nothing was written.",
                    next_step="take away the indent, or the line, then the same command again",
                )

    def _blank(self, indexes: Sequence[int]) -> None:
        for index in indexes:
            self.lines[index] = ""

    def _replace(self, option: Option, value: str) -> None:
        line = self.lines[option.first]
        before, standing = _parted(line)
        # The value may have stood in the lines below alone.
        before = before if standing.strip() else f"{before.rstrip()} "
        self.lines[option.first] = f"{before}{value}{ending(line)}"
        self._blank(option.more)

    def _add(self, section: Section, values: Mapping[str, str]) -> None:
        if not values:
            return
        indent, style = self._manner(section)
        at = next(it for it in range(section.last, -1, -1) if self.lines[it])
        end = ending(self.lines[at])
        added = [f"{indent}{key}{style}{value}" for key, value in values.items()]
        self.lines[at] += "".join(it + end for it in added) if end else self._end + self._end.join(added)

    def _manner(self, section: Section) -> tuple[str, str]:
        """Return indent and separator for a new last key of a section.

        The indent is that of the key above, or of the next header: a header that is deeper than the key above it would
        go on with that key's value.
        """
        if section.options:
            model = self._document.lines[max(it.first for it in section.options.values())]
            style = _STYLE.match(model)
            return model[: depth(model)], style[1] if style else " = "
        following = next((it for it in self._document.sections if it.first > section.first), None)
        header = self._document.lines[following.first] if following else ""
        return header[: depth(header)], " = "


def _parted(line: str) -> tuple[str, str]:
    """Return a line up to its value, and the rest."""
    given = _GIVEN.match(line)
    at = given.end() if given else 0
    return line[:at], line[at:]
