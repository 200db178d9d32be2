"""The caller, hop by hop: profile, MFA session, role; and the role's credentials, kept for who asks again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from botocore.configloader import raw_config_parse
from botocore.exceptions import BotoCoreError

from flowops.adapters.aws.client import AwsSession, Credentials
from flowops.adapters.aws.kept_sessions import kept_name, kept_or_made
from flowops.adapters.aws.operator import OperatorSession, open_operator, snapshot
from flowops.adapters.aws.session import SESSION_NAME, AwsSessions, Mfa
from flowops.errors import Declined, FlowopsError, WrongAccount
from flowops.model.access import source_identity
from flowops.model.caller_chain import CallerIdentity, MfaSession, ProfileKind, ProfileSource, Target
from flowops.model.ci import is_pipeline
from flowops.model.profiles import section_of

SESSION_RESERVE = timedelta(minutes=5)
"""A role can be assumed until the MFA session ends; one that ends sooner than this is made anew."""

ROLE_RESERVE = timedelta(minutes=16)
"""Kept credentials of a role that end sooner are made anew: SDKs ask for newer ones 15 minutes before the end."""

_KINDS = (
    ("role_arn", ProfileKind.ROLE),
    ("web_identity_token_file", ProfileKind.WEB_IDENTITY),
    ("sso_session", ProfileKind.SSO),
    ("sso_start_url", ProfileKind.SSO),
    ("aws_session_token", ProfileKind.TEMPORARY_KEYS),
    ("aws_access_key_id", ProfileKind.USER_KEYS),
    ("credential_process", ProfileKind.PROCESS),
)
"""What a profile says, and what it is then; the first that stands there, in the order in which an SDK looks."""


@dataclass(frozen=True)
class _Opened:
    """The session of a profile: who the profile is, and whether an MFA code was asked for now."""

    session: OperatorSession
    arn: str
    made: bool


class ProfileCaller:
    """The caller behind named profiles; MFA sessions are kept in `folder`, credentials of roles below it."""

    def __init__(self, sessions: AwsSessions, *, mfa: Mfa, folder: Path, clock: Callable[[], datetime]) -> None:
        self._sessions, self._mfa, self._folder, self._clock = sessions, mfa, folder, clock

    def source(self, profile: str) -> ProfileSource:
        """Return where a profile's credentials come from; CredentialsError where no readable file has it."""
        settings = self._sessions.settings(profile)
        kind = next((kind for key, kind in _KINDS if settings.get(key)), ProfileKind.NOTHING)
        role, source = str(settings.get("role_arn", "")), settings.get("source_profile", "")
        return ProfileSource(kind, self._files(profile), f"{role} by profile {source}" if source else role)

    def identity(self, profile: str) -> CallerIdentity:
        """Return who a profile's own credentials are."""
        return self._identity(self._sessions.profile(profile, self._mfa))

    def device(self, profile: str) -> str:
        """Return the MFA device of a profile of a user's keys, empty for any other one."""
        if self.source(profile).kind is not ProfileKind.USER_KEYS:
            return ""
        return str(self._sessions.settings(profile).get("mfa_serial", ""))

    def kept(self, profile: str) -> MfaSession | None:
        """Return the session that is kept; None where one would have to be made."""
        try:
            return self._told(profile, self._open(profile, _nobody))
        except Declined:
            return None

    def session(self, profile: str) -> MfaSession:
        """Return the session, made now where none is kept."""
        return self._told(profile, self._open(profile, self._mfa))

    def assume(self, profile: str, target: Target) -> tuple[CallerIdentity, datetime | None]:
        """Return who a profile becomes in a role, and until when."""
        became = self.became(profile, target)
        return self._identity(became), snapshot(became.credentials()).expires

    def became(self, profile: str, target: Target) -> AwsSession:
        """Return the session of a role that a profile assumes, in the account it has to be in.

        WrongAccount where it is not, and where the profile's own caller is not in its account: nobody is asked for a
        code of the wrong account's device.
        """
        opened = self._open(profile, self._mfa, target.caller_account)
        external_id = target.external_id if is_pipeline(opened.arn) else ""
        session = opened.session.assume(target.role_arn, SESSION_NAME, external_id, source_identity(opened.arn))
        self._sessions.verify_account(session, target.account, target.role_arn.rpartition("/")[2])
        return session

    def credentials(self, profile: str, target: Target) -> Credentials:
        """Return credentials of a role, fresh from AWS."""
        return snapshot(self.became(profile, target).credentials())

    def kept_credentials(self, profile: str, target: Target) -> Credentials:
        """Return credentials of a role, those kept while they are good; of many callers at once one asks AWS."""
        key = str(self._sessions.settings(profile).get("aws_access_key_id", ""))
        files = str(self._sessions.config_file), str(self._sessions.credentials_file)
        name = kept_name(*files, profile, key, target.role_arn, self._sessions.wire.endpoint_url or "")
        return kept_or_made(
            self._folder / "roles" / name, lambda: self.credentials(profile, target), self._clock, ROLE_RESERVE
        )

    def opened(self, profile: str) -> tuple[AwsSession, str, datetime | None]:
        """Return the session of a profile, with MFA where it is a user's keys; who that is, and until when."""
        found = self._open(profile, self._mfa)
        return found.session.session, found.arn, found.session.expires

    def _open(self, profile: str, mfa: Mfa, account: str = "") -> _Opened:
        asked: list[str] = []

        def ask(serial: str) -> str:
            asked.append(serial)
            return mfa(serial)

        found = self._sessions.identity(self._sessions.profile(profile, ask))
        if account and found.account != account:
            raise WrongAccount(account, found.account, where=f"profile {profile}")
        opened = open_operator(self._sessions, profile, ask, self._folder, self._clock, SESSION_RESERVE)
        return _Opened(opened, found.arn, bool(asked))

    def _told(self, profile: str, opened: _Opened) -> MfaSession:
        return MfaSession(self.device(profile), opened.made, opened.session.expires)

    @staticmethod
    def _identity(session: AwsSession) -> CallerIdentity:
        found = AwsSessions.identity(session)
        try:
            aliases = session.call("iam", "ListAccountAliases")["AccountAliases"]
        except FlowopsError:
            # Who may not list it is somebody all the same.
            aliases = []
        return CallerIdentity(found.arn, found.account, str(next(iter(aliases), "")))

    def _files(self, profile: str) -> tuple[str, ...]:
        config, credentials = self._sessions.config_file, self._sessions.credentials_file
        places = ((config, section_of(profile)), (credentials, profile))
        return tuple(_shown(path) for path, section in places if section in _sections(path))


def _shown(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _sections(path: Path) -> set[str]:
    """Return the names of a file's sections; quotes around a profile's name are no part of it."""
    try:
        parsed = raw_config_parse(str(path))
    except BotoCoreError:
        return set()
    return {" ".join(str(name).replace('"', "").replace("'", "").split()) for name in parsed}


def _nobody(serial: str) -> str:
    raise Declined(f"A new session needs a code of {serial}.", not_done="AWS was not called.")
