"""AWS's own two files, the config and the credentials file of a user, changed key by key.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html says what may stand in them; what a file means
is what botocore reads in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flowops.adapters.aws_files.difference import difference
from flowops.adapters.aws_files.document import Document
from flowops.adapters.aws_files.editing import edited, without
from flowops.adapters.aws_files.reading import in_config, in_credentials, without_secrets
from flowops.adapters.aws_files.wishes import (
    check,
    config_edit,
    conflicts,
    credentials_edit,
    require_parted,
    require_result,
)
from flowops.adapters.aws_files.writing import open_to_others, require_writable, write
from flowops.errors import InvalidConfig
from flowops.model.profiles import FileChange, ProfileSettings, Proposal, SectionKind


class FileAwsFiles:
    """The two files of one user; neither has to be there, and each may be a link. `user` None is who runs this.

    `role_sessions` is how the sessions of every role are called whose profile is written, "" for as a tool likes.
    """

    def __init__(
        self, config_file: Path, credentials_file: Path, *, user: int | None = None, role_sessions: str = ""
    ) -> None:
        self._config_file, self._credentials_file = config_file, credentials_file
        self._role_sessions = role_sessions
        self._user = os.geteuid() if user is None else user

    def proposed(self, wanted: Sequence[ProfileSettings]) -> Proposal:
        """Return the change after which every wanted key has its value; all else stays by the byte.

        A file without an end to its last line gets one where something is added below. InvalidConfig as `names`, and
        where a profile stands twice in one file; UsageError for a name or a value that AWS's tools would misread.
        """
        wanted = [self._named(it) for it in wanted]
        for it in wanted:
            check(it)
        config, credentials = self._read()
        texts = []
        for document, edit in ((config, config_edit), (credentials, credentials_edit)):
            edits = [edit(document, it) for it in wanted]
            texts.append(edited(document, edits))
            require_result(document, texts[-1], edits)
        found = [it.name for it in wanted if conflicts(config, credentials, it)]
        return self._proposal((config, credentials), texts, tuple(dict.fromkeys(found)))

    def without(self, names: Sequence[str]) -> Proposal:
        """Return the change after which no section of these profiles is left; unknown names change nothing."""
        documents = self._read()
        texts = []
        for it in documents:
            leaving = [section for name in names for section in it.named((SectionKind.PROFILE, name))]
            texts.append(without(it, leaving))
            require_parted(it, texts[-1], leaving)
        return self._proposal(documents, texts)

    def require_writable(self, proposal: Proposal) -> None:
        """Raise LockHeld and UsageError where `write` would: for files that cannot be replaced, and for want of room.

        The room is proved by files of that size beside them, which are gone again on return.
        """
        if proposal.changed:
            require_writable(proposal.files, user=self._user)

    def write(self, proposal: Proposal) -> tuple[str, ...]:
        """Make a proposed change and return the paths that were written, none where nothing changes.

        Each file changes at once or not at all; the one it replaces stays beside it as NAME.flowops-backup. The
        credentials file is written first and ends at 0600 at most. LockHeld while another flowops writes; UsageError
        where a file is no longer what the proposal was made from or cannot be written; PartlyDone where only one was.
        """
        if not proposal.changed:
            return ()
        return write(proposal.files, private=self._credentials_file, user=self._user)

    def settings(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> Mapping[str, str]:
        """Return a profile's keys from both files, no secret one among them; empty where there is no such profile.

        Where both files have a key, the credentials file's value counts, as for botocore.
        """
        config, credentials = self._read()
        both = {**config.keys((kind, name)), **credentials.keys((kind, name))}
        return without_secrets(both)

    def names(self) -> tuple[str, ...]:
        """Return every profile of both files, by name; InvalidConfig names what keeps AWS's tools from reading one."""
        found = {it.naming(section.header) for it in self._read() for section in it.sections}
        return tuple(sorted(it[1] for it in found if it is not None and it[0] is SectionKind.PROFILE))

    def flaws(self) -> tuple[InvalidConfig, ...]:
        """Return what keeps AWS's tools from reading the files, one error for each that they cannot read."""
        found = []
        for path, naming in ((self._config_file, in_config), (self._credentials_file, in_credentials)):
            try:
                Document.read(path, naming)
            except InvalidConfig as error:
                found.append(error)
        return tuple(found)

    def place(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> str:
        """Return FILE:LINE of a profile's section, the config file's first; empty where there is none."""
        found = [f"{it.path}:{section.first + 1}" for it in self._read() for section in it.named((kind, name))]
        return found[0] if found else ""

    def _named(self, it: ProfileSettings) -> ProfileSettings:
        if not (self._role_sessions and "role_arn" in it.config):
            return it
        return replace(it, config={**it.config, "role_session_name": self._role_sessions})

    def _read(self) -> tuple[Document, Document]:
        return (
            Document.read(self._config_file, in_config),
            Document.read(self._credentials_file, in_credentials),
        )

    def _proposal(
        self, documents: Sequence[Document], texts: Sequence[str], conflicts: tuple[str, ...] = ()
    ) -> Proposal:
        pairs = tuple(zip(documents, texts, strict=True))
        # Credentials first: a secret that AWS shows once is not lost to a config file that cannot be written.
        files = tuple(FileChange(str(it.path), it.raw, text.encode()) for it, text in reversed(pairs))
        changed = any(it.changed for it in files)
        diff = "\n".join(filter(None, (difference(it, text) for it, text in pairs)))
        return Proposal(files, diff, conflicts, self._warnings(changed))

    def _warnings(self, changed: bool) -> tuple[str, ...]:
        path = self._credentials_file
        if not path.exists() or not open_to_others(path):
            return ()
        remedy = "this change makes it 0600" if changed else f"make it yours alone: chmod 600 {path}"
        return (f"{path} is open to others (mode {path.stat().st_mode & 0o777:04o}); {remedy}.",)
