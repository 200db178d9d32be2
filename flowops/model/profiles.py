"""What stands in AWS's own two files: sections as they are wanted, and a change that is shown before it is made.

Sections and keys: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_SECRET = re.compile(r"secret|token|password|passwd|passphrase|private_?key", re.IGNORECASE)
_OPEN = frozenset({"web_identity_token_file"})
"""Keys that only sound like a secret: this one names a file."""


class SectionKind(Enum):
    """What a section of the config file describes; the word that its header begins with."""

    PROFILE = "profile"
    SSO_SESSION = "sso-session"


@dataclass(frozen=True)
class ProfileSettings:
    """Keys of [profile NAME] in the config file, and of [NAME] in the credentials file.

    Keys that stand there and are not named stay, but for those of `absent`, which are taken out of both sections. Only
    a profile has `credentials`; an SSO_SESSION has its keys in `config`.
    """

    name: str
    config: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: SectionKind = SectionKind.PROFILE
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileChange:
    """One file as it was read, None where there was none, and as it shall be."""

    path: str
    before: bytes | None = field(repr=False)
    after: bytes = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether a byte is to change."""
        return self.after != (self.before or b"")


@dataclass(frozen=True)
class Proposal:
    """A change of AWS's files that is not made yet.

    `diff` is unified, with secret values masked; empty where nothing changes. `conflicts` are the profiles, and
    sso-sessions, that stand with other values of the named keys or with keys that have to be absent. `warnings` are
    whole sentences.
    """

    files: tuple[FileChange, ...]
    diff: str
    conflicts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether a byte of a file is to change."""
        return any(file.changed for file in self.files)


def section_of(profile: str) -> str:
    """Return the header of a profile's section in the config file; in the credentials file it is the bare name."""
    return profile if profile == "default" else f"{SectionKind.PROFILE.value} {profile}"


def is_secret(key: str) -> bool:
    """Whether the value of a key has to be hidden: aws_secret_access_key, aws_session_token, and what looks alike."""
    return key.lower() not in _OPEN and _SECRET.search(key) is not None
