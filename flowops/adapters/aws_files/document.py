"""One AWS file as it stands: its bytes, its lines, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flowops.adapters.aws_files.lines import Section, sections, split
from flowops.adapters.aws_files.reading import Meaning, Name, content, meaning, text_of
from flowops.errors import InvalidConfig, shown

Naming = Callable[[str], Name | None]
"""Which profile or sso-session a section's header stands for."""


@dataclass(frozen=True)
class Document:
    """One file, read; `raw` is None where there is none."""

    path: Path
    raw: bytes | None
    text: str
    meaning: Meaning
    naming: Naming

    @classmethod
    def read(cls, path: Path, naming: Naming) -> Document:
        """Return the file at `path`; InvalidConfig names the line that keeps AWS's tools from reading it."""
        raw = content(path)
        text = text_of(path, raw or b"")
        return cls(path, raw, text, meaning(path, text), naming)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Return its lines, each with its end."""
        return tuple(split(self.text))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Return its sections in the order in which they stand."""
        return tuple(sections(list(self.lines)))

    def named(self, name: Name) -> tuple[Section, ...]:
        """Return the sections of a profile: one, or more where it stands here in several spellings."""
        return tuple(it for it in self.sections if self.naming(it.header) == name)

    def the(self, name: Name) -> Section | None:
        """Return the section of a profile, None where it has none; InvalidConfig where it has two."""
        found = self.named(name)
        if len(found) > 1:
            raise InvalidConfig(
                f"{self.path}:{found[1].first + 1}: {name[0].value} {shown(name[1])} stands here a second time, in "
                f"another spelling (first in line {found[0].first + 1}).",
                not_done="Nothing was written.",
                next_step="put the two sections together, then the same command again",
            )
        return found[0] if found else None

    def keys(self, name: Name) -> Mapping[str, str]:
        """Return the keys of a profile as botocore reads them: of its last section."""
        found = self.named(name)
        return self.meaning[found[-1].header] if found else {}
