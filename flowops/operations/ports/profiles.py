"""What profiles need of the outside world: AWS's own two files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from flowops.model.profiles import ProfileSettings, Proposal, SectionKind


class AwsFiles(Protocol):
    """The config and the credentials file of one user.

    Every method raises InvalidConfig with file and line where a file cannot be read as AWS's tools read it.
    """

    def proposed(self, wanted: Sequence[ProfileSettings]) -> Proposal:
        """Return the change after which every wanted key has its value; all else stays by the byte."""

    def without(self, names: Sequence[str]) -> Proposal:
        """Return the change after which no section of these profiles is left; unknown names change nothing."""

    def require_writable(self, proposal: Proposal) -> None:
        """Raise what `write` would, as far as that can be known before: nothing is made, replaced or left behind."""

    def write(self, proposal: Proposal) -> tuple[str, ...]:
        """Make a proposed change and return the paths that were written, none where nothing changes.

        Each file changes at once or not at all, with its last content kept beside it. LockHeld while another flowops
        writes; UsageError where a file is no longer what the proposal was made from.
        """

    def settings(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> Mapping[str, str]:
        """Return a profile's keys from both files, no secret one among them; empty where there is no such profile."""

    def names(self) -> tuple[str, ...]:
        """Return every profile of both files, by name."""

    def place(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> str:
        """Return FILE:LINE of a profile's section, the config file's first; empty where there is none."""


class ProfilesTerminal(Protocol):
    """Who is shown a change of the files and agrees to it."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer a question."""

    def note(self, text: str) -> None:
        """Say one line of progress."""

    def block(self, text: str) -> None:
        """Show lines as they stand."""

    def ask(self, question: str) -> str:
        """Return the answer; Declined when nobody can give one."""
