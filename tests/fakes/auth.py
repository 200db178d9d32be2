"""A caller in memory, hop by hop: each hop holds unless it was told otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flowops.errors import Declined, FlowopsError
from flowops.model.caller_chain import CallerIdentity, MfaSession, ProfileKind, ProfileSource, Target
from tests.fakes.aws import MANAGEMENT, SECURITY

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
DEVICE = f"arn:aws:iam::{SECURITY}:mfa/flowable/ann"
ANN = CallerIdentity(f"arn:aws:iam::{SECURITY}:user/flowable/ann", SECURITY)
ADMIN = CallerIdentity(f"arn:aws:iam::{MANAGEMENT}:user/admin", MANAGEMENT, "acme-root")


@dataclass
class FakeCaller:
    """Ann, the operator, and the administrator; `fails` says which hop ends the way, and with what.

    `session_kept` says whether a session is kept, `answers` whether somebody types a code; `asked` counts codes.
    """

    kind: ProfileKind = ProfileKind.USER_KEYS
    session_kept: bool = True
    answers: bool = True
    fails: dict[str, FlowopsError] = field(default_factory=dict)
    identities: dict[str, CallerIdentity] = field(
        default_factory=lambda: {"flw-iac": ADMIN, "flowable-devops-admin": ANN}
    )
    asked: int = 0
    assumed: list[Target] = field(default_factory=list)

    def source(self, profile: str) -> ProfileSource:
        self._hop("source")
        return ProfileSource(self.kind, ("~/.aws/config", "~/.aws/credentials"))

    def identity(self, profile: str) -> CallerIdentity:
        self._hop("identity")
        return self.identities[profile]

    def device(self, profile: str) -> str:
        return DEVICE if self.kind is ProfileKind.USER_KEYS else ""

    def kept(self, profile: str) -> MfaSession | None:
        return self._session(made=False) if self.session_kept else None

    def session(self, profile: str) -> MfaSession:
        self._hop("session")
        if self.session_kept:
            return self._session(made=False)
        if not self.answers:
            raise Declined("There is a question and nobody to answer it.", next_step="the same command on a terminal")
        self.asked += 1
        return self._session(made=True)

    def assume(self, profile: str, target: Target) -> tuple[CallerIdentity, datetime | None]:
        self._hop("assume")
        self.assumed.append(target)
        name = target.role_arn.rpartition("/")[2]
        arn = f"arn:aws:sts::{target.account}:assumed-role/{name}/flowops"
        return CallerIdentity(arn, target.account, "acme-dev"), NOW + timedelta(hours=1)

    def _session(self, *, made: bool) -> MfaSession:
        return MfaSession(self.device(""), made, NOW + timedelta(hours=12 if made else 5))

    def _hop(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]
