"""Who calls AWS: named profiles, the management role in an account, and the check that it is the right account."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    CredentialProvider,
    CredentialResolver,
    ProfileProviderBuilder,
    RefreshableCredentials,
    create_credential_resolver,
)

from flowops.adapters.aws.client import AwsSession, IsolatedSession, Wire, session_of, utc_now
from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.text_file import AGAIN
from flowops.errors import CredentialsError, WrongAccount, nearest

USER_CONFIG, USER_CREDENTIALS = Path("~/.aws/config"), Path("~/.aws/credentials")
SESSION_NAME = "flowops"

Mfa = Callable[[str], str]
"""Ask for the current code of the MFA device with this serial number."""

_AMBIENT_SOURCES = ("container-role", "iam-role")
_NAMED_SOURCES = (
    "assume-role-with-web-identity",
    "sso",
    "shared-credentials-file",
    "login",
    "custom-process",
    "config-file",
)


@dataclass(frozen=True)
class Identity:
    """Who AWS says the caller is."""

    account: str
    arn: str


class AwsSessions:
    """Sessions of AWS callers, from two files and the arguments alone: no AWS_* variable reaches them.

    `config_file` and `credentials_file` None are the user's own below ~/.aws; `endpoint_url` None is AWS itself.
    """

    def __init__(
        self,
        *,
        region: str,
        config_file: Path | None = None,
        credentials_file: Path | None = None,
        endpoint_url: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.config_file = (config_file or USER_CONFIG).expanduser()
        self.credentials_file = (credentials_file or USER_CREDENTIALS).expanduser()
        self.wire = Wire(region, endpoint_url, monotonic=monotonic, clock=clock)

    def hurried(self) -> AwsSessions:
        """Return the same callers, each call made once and waited for only for seconds."""
        made = copy(self)
        made.wire = replace(self.wire, hurried=True)
        return made

    def profile(self, name: str, mfa: Mfa | None = None) -> AwsSession:
        """Return the session of a named profile; `mfa` answers a role profile that asks for a code.

        CredentialsError when the files hold no such profile, or cannot be read.
        """
        session = self._named(name)
        session.register_component("credential_provider", _profile_chain(session, name, self.wire.region, mfa))
        return AwsSession(session, self.wire, f"profile {name}")

    def settings(self, name: str) -> dict[str, Any]:
        """Return what the files say of a named profile; CredentialsError as for `profile`."""
        return dict(self._named(name).get_scoped_config())

    def in_account(self, profile: str, account_id: str, role: str) -> AwsSession:
        """Return the session of `role` in an account, assumed by a named profile; AwsDenied when it may not."""
        source = self.profile(profile)
        return assume(source, f"arn:{source.partition()}:iam::{account_id}:role/{role}", SESSION_NAME)

    @staticmethod
    def identity(session: AwsSession) -> Identity:
        """Return who AWS says the session is; CredentialsError when it is nobody, OperationFailed by a wrong clock."""
        answer = session.call("sts", "GetCallerIdentity")
        session.check_clock(answer, "sts")
        return Identity(answer["Account"], answer["Arn"])

    @staticmethod
    def verify_account(session: AwsSession, expected: str, where: str) -> Identity:
        """Return who the session is, in the account it has to be in; WrongAccount for any other one."""
        found = AwsSessions.identity(session)
        if found.account != expected:
            raise WrongAccount(expected, found.account, where=where)
        return found

    def _named(self, name: str) -> IsolatedSession:
        session = IsolatedSession(
            self.wire, profile=name, config_file=str(self.config_file), credentials_file=str(self.credentials_file)
        )
        self._require_profile(session, name)
        return session

    def _require_profile(self, session: IsolatedSession, name: str) -> None:
        # First, because they say which line is wrong, and the SDK would wait for ever for a FIFO.
        for flaw in FileAwsFiles(self.config_file, self.credentials_file).flaws():
            raise CredentialsError(
                flaw.happened,
                not_done="AWS was not called.",
                next_step=f"{flaw.next_step.removesuffix(AGAIN)}, then: flowops profiles show",
            ) from flaw
        known = session.available_profiles
        if name not in known:
            raise CredentialsError(
                f"{self.config_file} and {self.credentials_file} hold no profile {name!r}; {nearest(name, known)}.",
                not_done="AWS was not called.",
                next_step="flowops profiles show, which says what gives it credentials",
            )


def assume(
    source: AwsSession, role_arn: str, session_name: str, external_id: str = "", source_identity: str = ""
) -> AwsSession:
    """Return the session of a role that `source` assumes now, and again whenever it is about to expire.

    An `external_id` is presented where there is one. CloudTrail shows a `source_identity` with all that the session
    does; the role's trust has to allow sts:SetSourceIdentity.
    """
    wish = {
        "RoleArn": role_arn,
        "RoleSessionName": session_name,
        **({"ExternalId": external_id} if external_id else {}),
        **({"SourceIdentity": source_identity} if source_identity else {}),
    }

    def fetch() -> dict[str, Any]:
        with source.explained("sts", f"AssumeRole of {role_arn}"):
            answer = source.client("sts").assume_role(**wish)["Credentials"]
        expires: datetime = answer["Expiration"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": expires.isoformat(),
        }

    credentials = RefreshableCredentials.create_from_metadata(fetch(), fetch, "sts-assume-role")
    return session_of(credentials, source.wire, f"{role_arn} by {source.who}")


def _profile_chain(session: IsolatedSession, name: str, region: str, mfa: Mfa | None) -> CredentialResolver:
    """Return the sources that a named profile itself speaks of: never the shell's keys, never the machine's role.

    A profile that says `credential_source = Ec2InstanceMetadata` or `EcsContainer` still gets what it says.
    """
    usual = {
        provider.METHOD: provider for provider in create_credential_resolver(session, region_name=region).providers
    }
    role = AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=lambda service, **options: session.create_client(service, **{"region_name": region, **options}),
        cache={},
        profile_name=name,
        prompter=_prompter(name, mfa),
        credential_sourcer=CanonicalNameCredentialSourcer([usual[method] for method in _AMBIENT_SOURCES]),
        profile_provider_builder=ProfileProviderBuilder(session, cache={}, region_name=region),
    )
    named: list[CredentialProvider] = [usual[method] for method in _NAMED_SOURCES if method in usual]
    return CredentialResolver([role, *named])


def _prompter(profile: str, mfa: Mfa | None) -> Callable[[str], str]:
    def answer(prompt: str) -> str:
        if mfa is None:
            raise CredentialsError(
                f"Profile {profile!r} needs an MFA code, and nobody can be asked for one here.",
                not_done="AWS was not called.",
                next_step="the same command with a profile of keys or of single sign-on",
            )
        # The SDK's prompt is "Enter MFA code for <serial>: ".
        return mfa(prompt.removeprefix("Enter MFA code for ").rstrip(": "))

    return answer
