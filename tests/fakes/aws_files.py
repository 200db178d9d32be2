"""AWS's own two files in memory; tests/contract/test_aws_files.py holds them against those on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowops.model.profiles import FileChange, ProfileSettings, Proposal, SectionKind, is_secret

CREDENTIALS = "/aws/credentials"

_Sections = dict[str, dict[str, str]]


@dataclass
class FakeFiles:
    """Profiles with the keys of both files, and sso-sessions, by name.

    `unwritable` is raised where a write is tried out beforehand, `broken` by the write itself, `torn` by one that wrote
    the profiles all the same.
    """

    profiles: _Sections = field(default_factory=dict)
    sessions: _Sections = field(default_factory=dict)
    unwritable: BaseException | None = None
    broken: BaseException | None = None
    torn: BaseException | None = None

    def proposed(self, wanted: Sequence[ProfileSettings]) -> Proposal:
        after = self._copy()
        conflicts = dict.fromkeys(it.name for it in wanted if self._conflicts(it))
        for it in wanted:
            standing = after[it.kind.value].setdefault(it.name, {})
            standing.update({**it.config, **it.credentials})
            for key in it.absent:
                standing.pop(key, None)
        return self._proposal(after, tuple(conflicts))

    def _conflicts(self, wanted: ProfileSettings) -> bool:
        standing = self._sections(wanted.kind).get(wanted.name, {})
        values = (*wanted.config.items(), *wanted.credentials.items())
        return any(standing.get(key, value) != value for key, value in values) or any(
            key in standing for key in wanted.absent
        )

    def without(self, names: Sequence[str]) -> Proposal:
        after = self._copy()
        for name in names:
            after[SectionKind.PROFILE.value].pop(name, None)
        return self._proposal(after)

    def _copy(self) -> dict[str, _Sections]:
        return {kind.value: {name: dict(keys) for name, keys in self._sections(kind).items()} for kind in SectionKind}

    def _proposal(self, after: Mapping[str, _Sections], conflicts: tuple[str, ...] = ()) -> Proposal:
        before = self._copy()
        names = {name for sections in (before, after) for kind in sections for name in sections[kind]}
        changed = [it for it in sorted(names) if any(before[kind].get(it) != after[kind].get(it) for kind in after)]
        file = FileChange(CREDENTIALS, json.dumps(before).encode(), json.dumps(after).encode())
        return Proposal((file,), "\n".join(f"+[{name}]" for name in changed), conflicts)

    def require_writable(self, proposal: Proposal) -> None:
        if self.unwritable is not None and proposal.changed:
            raise self.unwritable

    def write(self, proposal: Proposal) -> tuple[str, ...]:
        if not proposal.changed:
            return ()
        self.require_writable(proposal)
        if self.broken is not None:
            raise self.broken
        written = json.loads(proposal.files[0].after)
        self.profiles, self.sessions = (written[kind.value] for kind in (SectionKind.PROFILE, SectionKind.SSO_SESSION))
        if self.torn is not None:
            raise self.torn
        return (CREDENTIALS,)

    def settings(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> Mapping[str, str]:
        return {key: value for key, value in self._sections(kind).get(name, {}).items() if not is_secret(key)}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.profiles))

    def place(self, name: str, kind: SectionKind = SectionKind.PROFILE) -> str:
        return "/aws/config:1" if name in self._sections(kind) else ""

    def _sections(self, kind: SectionKind) -> _Sections:
        return self.profiles if kind is SectionKind.PROFILE else self.sessions
