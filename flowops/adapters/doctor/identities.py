"""Who calls AWS, as doctor follows the chain: files, keys, session, role; nobody is asked for a code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.operator import open_operator
from flowops.adapters.aws.organizations import Organizations
from flowops.adapters.aws.reach import clock_ahead
from flowops.adapters.aws.session import AwsSessions
from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.text_file import AGAIN, MEND
from flowops.errors import CredentialsError, InvalidConfig
from flowops.model.access import Access
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Environment
from flowops.model.doctor_facts import Caller, Device, Flaw, Session
from flowops.model.stacks import account_id

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+): ")


class NoSession(CredentialsError):
    """No session with MFA is kept, and nobody is asked for a code."""


def ask_nobody(serial: str) -> str:
    """Stand for the operator who would be asked for a code of the device `serial`."""
    raise NoSession(f"no session of {serial} is kept", not_done="", next_step="flowops auth whoami")


def _flaw(error: InvalidConfig) -> Flaw:
    """Return a flaw with the command that mends it: an editor at that line, where only a person can."""
    place = _PLACE.match(error.happened)
    if error.next_step != MEND or place is None:
        return Flaw(error.happened, error.next_step.removesuffix(AGAIN))
    return Flaw(error.happened, f"${{EDITOR:-vi}} +{place['line']} {shlex.quote(place['file'])}")


@dataclass
class IdentityChain:
    """The callers of one project; `sessions` are hurried, `cloud` is what the operator reaches."""

    sessions: AwsSessions
    config: Config
    cloud: Callable[[], EnvironmentAws]
    kept: Path
    clock: Callable[[], datetime]
    _entered: dict[str, AwsSession] = field(default_factory=dict)

    @cached_property
    def managed(self) -> bool:
        """Whether there is a management profile: it looks into accounts then, else the operator does."""
        return self._has(self.config.management.profile)

    def _has(self, profile: str) -> bool:
        try:
            self.sessions.settings(profile)
        except CredentialsError:
            return False
        return True

    def flaws(self) -> Sequence[Flaw]:
        """Return what keeps AWS's tools from reading its own files, by file."""
        files = FileAwsFiles(self.sessions.config_file, self.sessions.credentials_file)
        return tuple(map(_flaw, files.flaws()))

    def profiles(self) -> Collection[str]:
        """Return the names of all profiles that flowops.yaml names and AWS's own files hold."""
        by_hand = (it.profile for it in self.config.accounts.values())
        named = (self.config.operator.profile, self.config.management.profile, *by_hand)
        return [it for it in dict.fromkeys(named) if self._has(it)]

    def settings(self, profile: str) -> Mapping[str, str]:
        """Return the settings of a profile."""
        return {key: str(value) for key, value in self.sessions.settings(profile).items()}

    def ahead(self) -> timedelta:
        """Return how far this machine's clock is ahead of AWS's; an error where AWS does not answer."""
        return clock_ahead(self.sessions.wire)

    def management(self) -> str:
        """Return the management account, found to be the organization's."""
        profile = self.config.management.profile
        session = self.sessions.profile(profile, ask_nobody)
        found = Organizations(session).organization()
        self.sessions.verify_account(session, found.management_account, f"profile {profile}")
        return f"profile {profile} is in account {found.management_account}, which manages {found.id}"

    def enter(self, account: str) -> str:
        """Return as whom an account is looked at, found to be the right one."""
        return self.eyes(account).who

    def eyes(self, account: str) -> AwsSession:
        """Return who looks into an account: the management role, or where there is none what the operator becomes."""
        if account not in self._entered:
            self._entered[account] = self._enter(account)
        return self._entered[account]

    def _enter(self, account: str) -> AwsSession:
        if not self.managed:
            return self._as_operator(account)
        management, expected = self.config.management, account_id(self.config, account)
        session = self.sessions.in_account(management.profile, expected, management.role)
        self.sessions.verify_account(session, expected, f"{management.role} of account {account}")
        return session

    def _as_operator(self, account: str) -> AwsSession:
        if account == SECURITY:
            return self.cloud().operator().session
        environment = self.config.environments_of(account)[0]
        return self.cloud().reader(self._environment(environment))

    def _environment(self, name: str) -> Environment:
        it = self.config.environments[name]
        return Environment(name, it.account, PurePosixPath(it.path), it.protected, tuple(self.config.layers), ())

    def caller(self) -> Caller:
        """Return who the operator's profile is, without MFA."""
        return self._caller

    @cached_property
    def _caller(self) -> Caller:
        found = self.sessions.identity(self._own)
        return Caller(found.account, found.arn)

    @cached_property
    def _own(self) -> AwsSession:
        return self.sessions.profile(self.config.operator.profile, ask_nobody)

    def devices(self, user: str) -> Sequence[Device]:
        """Return the MFA devices of a user of the security account."""
        session = self.eyes(SECURITY) if self.managed else self._own
        found = session.call("iam", "ListMFADevices", UserName=user)["MFADevices"]
        return tuple(Device(str(it["SerialNumber"])) for it in found)

    def session(self) -> Session | None:
        """Return the operator's session, None where none is kept that a run could go on with."""
        try:
            found = open_operator(self.sessions, self.config.operator.profile, ask_nobody, self.kept, self.clock)
        except NoSession:
            return None
        lasting = found.expires is None or found.renewing
        return Session(None if lasting or found.expires is None else found.expires - self.clock())

    def assume(self, environment: Environment, access: Access) -> None:
        """Become a role of an environment, as the operator."""
        become = {Access.READ: self.cloud().reader, Access.WRITE: self.cloud().writer}
        become[access](environment)
