"""The named profiles of a project, by the names people know: flw-iac, flw-sec, flw-<env>, <operator>-<env>. Pure.

Each names a role and the profile that assumes it
(https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html). No profile here holds a key.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowops.errors import UnknownTarget, UsageError, shown
from flowops.model.access import Access
from flowops.model.caller_chain import region_of
from flowops.model.config import ACCOUNT_ID_PATTERN, PROFILE_PATTERN, REGION_PATTERN, SECURITY, Config
from flowops.model.facts import Facts
from flowops.model.partitions import partition_of
from flowops.model.profiles import ProfileSettings, SectionKind

KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_ROLE = ("role_arn", "source_profile", "credential_source", "web_identity_token_file")
_SSO = ("sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region")
SOURCES = (*KEYS, *_ROLE, *_SSO, "credential_process")
"""Every key that says where a profile's credentials come from. Tools differ in which of several they take."""

_SSO_SCOPE = "sso:account:access"

_ADDRESS = r"^https://[^\s;]+$"
_PERMISSION_SET = r"^[\w+=,.@-]{1,32}$"
"""https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html."""


@dataclass(frozen=True)
class SsoSource:
    """A single sign-on that stands in for keys; `account` is the management account's id where nobody else says it.

    `role` is the permission set of the management profile, `operator_role` the operator's in the security account,
    empty where the operator keeps its keys.
    """

    name: str
    start_url: str
    region: str
    role: str = "AdministratorAccess"
    account: str = ""
    operator_role: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the command line that say it."""
        words = ["--sso", self.name, "--sso-start-url", self.start_url, "--sso-region", self.region]
        words += ["--sso-role", self.role] if self.role != SsoSource.role else []
        words += ["--sso-account", self.account] if self.account else []
        words += ["--sso-operator-role", self.operator_role] if self.operator_role else []
        return tuple(words)


@dataclass(frozen=True)
class ProfilesRequest:
    """What the command line says: whose profiles, from which source, which of them, and which may be replaced."""

    user: str = ""
    sso: SsoSource | None = None
    only: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    yes: bool = False

    def command(self, *more: str) -> str:
        """Return the command line that means this request."""
        words = ["flowops", "profiles", "write"]
        words += ["--user", self.user] if self.user else []
        words += self.sso.words if self.sso else ()
        words += [word for name in self.only for word in ("--only", name)]
        words += [word for name in self.replace for word in ("--replace", name)]
        return shlex.join([*words, *(["--yes"] if self.yes and "--yes" not in more else []), *more])


@dataclass(frozen=True)
class NamedProfile:
    """One profile as it should be; `what` says in a few words whose it is.

    `account` is the name of the account that its role is in, empty for a profile without a role.
    """

    settings: ProfileSettings
    what: str
    account: str = ""

    @property
    def name(self) -> str:
        """Return its name."""
        return self.settings.name


@dataclass(frozen=True)
class NamedProfiles:
    """Every profile that can be said, and the names of those whose account has no id yet, each with that account."""

    profiles: tuple[NamedProfile, ...]
    without_id: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of every profile, once."""
        return (*(it.name for it in self.profiles), *self.without_id)

    def only(self, names: Iterable[str]) -> NamedProfiles:
        """Return the profiles of these names, all of them where there are none; UnknownTarget names the nearest.

        A single sign-on goes with the profiles that use it.
        """
        wanted = set(names)
        for name in wanted:
            require_name(name, self)
        if not wanted:
            return self
        kept = [it for it in self.profiles if it.name in wanted]
        used = {it.settings.config.get("sso_session") for it in kept}
        sessions = [it for it in self.profiles if it.settings.kind is SectionKind.SSO_SESSION and it.name in used]
        left = {name: account for name, account in self.without_id.items() if name in wanted}
        return NamedProfiles((*(it for it in sessions if it not in kept), *kept), left)


def require_name(name: str, known: NamedProfiles) -> None:
    """Raise UnknownTarget, with the nearest, unless a profile of this project has that name."""
    if name not in known.names:
        raise UnknownTarget("profile", name, known.names, where=" of this project")


def named_profiles(
    config: Config, facts: Facts | None, request: ProfilesRequest, standing: Mapping[str, Mapping[str, str]]
) -> NamedProfiles:
    """Return the profiles of a project; `standing` are the settings that the files have, by profile.

    The operator's mfa_serial comes from there. UsageError where a word of the request is no name, region or the like,
    where two profiles have one name, and where nobody knows the account of a single sign-on.
    """
    _require_fitting(request)
    operator = request.user or config.operator.profile
    found = [
        *_sessions(request.sso),
        _management(config, facts, request.sso, standing),
        *_accounts(config),
        *_operator(config, request.sso, operator),
        *_environments(config, facts, operator, standing.get(operator, {}).get("mfa_serial", "")),
    ]
    _require_distinct(found)
    missing = {it.name: it.account for it in found if it.account and config.accounts[it.account].id is None}
    return NamedProfiles(tuple(it for it in found if it.name not in missing), missing)


def _require_fitting(request: ProfilesRequest) -> None:
    sso = request.sso
    given = [("--user", request.user, PROFILE_PATTERN, "letters, digits and _.@+-, up to 64")]
    if sso is not None:
        given += [
            ("--sso", sso.name, PROFILE_PATTERN, "letters, digits and _.@+-, up to 64"),
            ("--sso-start-url", sso.start_url, _ADDRESS, "an address that begins with https://"),
            ("--sso-region", sso.region, REGION_PATTERN, "a region, such as eu-central-1"),
            ("--sso-role", sso.role, _PERMISSION_SET, "letters, digits and _+=,.@-, up to 32"),
            ("--sso-account", sso.account, ACCOUNT_ID_PATTERN, "12 digits"),
            ("--sso-operator-role", sso.operator_role, _PERMISSION_SET, "letters, digits and _+=,.@-, up to 32"),
        ]
    for option, value, pattern, allowed in given:
        if value and not re.fullmatch(pattern, value):
            raise UsageError(
                f"{option} says {shown(value)}; allowed: {allowed}.",
                not_done="Nothing was written.",
                next_step=f"the same command with another {option}",
            )


def _sessions(sso: SsoSource | None) -> list[NamedProfile]:
    if sso is None:
        return []
    keys = {
        "sso_start_url": sso.start_url,
        "sso_region": sso.region,
        "sso_registration_scopes": _SSO_SCOPE,
    }
    return [NamedProfile(ProfileSettings(sso.name, keys, kind=SectionKind.SSO_SESSION), "single sign-on")]


def _management(
    config: Config, facts: Facts | None, sso: SsoSource | None, standing: Mapping[str, Mapping[str, str]]
) -> NamedProfile:
    name, what = config.management.profile, "management account"
    # Whoever has chosen a region for it has a reason: roles and policies are in none.
    region = {} if "region" in standing.get(name, {}) else {"region": config.region}
    if sso is None:
        return NamedProfile(ProfileSettings(name, region), what)
    account = sso.account or (facts.organization.management_account if facts else "")
    if not account:
        raise UsageError(
            "Nobody says which account is the management account: flowops.lock is not there yet.",
            not_done="Nothing was written.",
            next_step=ProfilesRequest(sso=sso).command("--sso-account", "ID"),
        )
    return NamedProfile(_by_sso(name, sso, account, sso.role, region), what)


def _operator(config: Config, sso: SsoSource | None, operator: str) -> list[NamedProfile]:
    if sso is None or not sso.operator_role:
        return []
    account = config.accounts[SECURITY].id or ""
    settings = _by_sso(operator, sso, account, sso.operator_role, {"region": config.region})
    return [NamedProfile(settings, "operator", SECURITY)]


def _by_sso(name: str, sso: SsoSource, account: str, role: str, more: Mapping[str, str]) -> ProfileSettings:
    keys = {"sso_session": sso.name, "sso_account_id": account, "sso_role_name": role, **more}
    return ProfileSettings(name, keys, absent=_others(keys))


def _accounts(config: Config) -> list[NamedProfile]:
    management = config.management
    return [
        NamedProfile(
            role_profile(
                account.profile,
                _arn(account.id or "", management.role, config.region),
                management.profile,
                config.region,
            ),
            f"account {name}",
            name,
        )
        for name, account in config.accounts.items()
    ]


def _environments(config: Config, facts: Facts | None, operator: str, mfa_serial: str) -> list[NamedProfile]:
    found = []
    for name, environment in config.environments.items():
        account = config.accounts[environment.account].id or ""
        region = region_of(config, name)
        arn = _discovered(facts, environment.account, account) or _arn(
            account, f"flowable/{Access.WRITE.value}", region
        )
        settings = role_profile(f"{operator}-{name}", arn, operator, region, mfa_serial)
        found.append(NamedProfile(settings, f"operator in {name}", environment.account))
    return found


def _discovered(facts: Facts | None, name: str, account: str) -> str:
    """Return the ARN that discovery found, none where that is of another account than flowops.yaml says."""
    known = facts.accounts.get(name) if facts else None
    return facts.role_arn(name, Access.WRITE.value) if facts and known and known.id == account else ""


def _arn(account: str, role: str, region: str) -> str:
    return f"arn:{partition_of(region).name}:iam::{account}:role/{role}"


def role_profile(
    name: str, arn: str, source: str, region: str, mfa_serial: str = "", external_id: str = ""
) -> ProfileSettings:
    """Return the profile that enters a role from the profile `source`, and has its credentials from nowhere else."""
    keys = {"role_arn": arn, "source_profile": source, "region": region}
    keys |= {name: it for name, it in (("mfa_serial", mfa_serial), ("external_id", external_id)) if it}
    return ProfileSettings(name, keys, absent=_others(keys))


def _others(keys: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(it for it in SOURCES if it not in keys)


def _require_distinct(found: Iterable[NamedProfile]) -> None:
    profiles = [it for it in found if it.settings.kind is SectionKind.PROFILE]
    for name, count in Counter(it.name for it in profiles).items():
        if count > 1:
            whose = " and ".join(it.what for it in profiles if it.name == name)
            raise UsageError(
                f"flowops.yaml gives one profile, {name!r}, to {whose}.",
                not_done="Nothing was written.",
                next_step="give each a profile of its own in flowops.yaml, then the same command again",
            )
