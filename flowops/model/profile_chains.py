"""Whether a profile leads to credentials, as far as the files say: from source to source, without calling AWS. Pure.

The rules are those of https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from flowops.model.config import Config
from flowops.model.named_profiles import KEYS, NamedProfile, ProfilesRequest
from flowops.model.profiles import SectionKind

Settings = Callable[[str, SectionKind], Mapping[str, str]]
"""What the files say of a profile or an sso-session; nothing where there is none."""

_ENDS = {
    "aws_access_key_id": "keys",
    "sso_start_url": "single sign-on",
    "credential_process": "a process",
    "web_identity_token_file": "a web identity",
    "credential_source": "the machine",
}
"""Where credentials come from in the end, by the key that says so."""


@dataclass(frozen=True)
class ProfileChain:
    """The profiles that lead from one to its credentials; `problem` says why they do not, with the `remedy`."""

    profiles: tuple[str, ...]
    end: str = ""
    problem: str = ""
    remedy: str = ""


def remedies_of(config: Config, operator: str) -> dict[str, str]:
    """Return the command that gives credentials to each profile that holds some, by its name."""
    groups = " ".join(f"--group {name}_dev_ops_admin" for name in config.environments)
    return {
        config.management.profile: f"aws configure --profile {config.management.profile}",
        operator: f"flowops users add NAME {groups} --write-profile --profile {operator}",
    }


def chain_of(name: str, settings: Settings) -> ProfileChain:
    """Return how a profile that stands comes to credentials; without a remedy where only the files' owner knows one."""
    way: list[str] = []
    while name not in way:
        way.append(name)
        keys = settings(name, SectionKind.PROFILE)
        if not keys:
            return ProfileChain(tuple(way), problem=f"profile {name} is not there, or says nothing", remedy=name)
        source = keys.get("source_profile") if "role_arn" in keys else None
        # A profile that assumes its role with its own keys names itself.
        if source is None or (source == name and KEYS[0] in keys):
            return _ended(way, keys, settings)
        name = source
    return ProfileChain((*way, name), problem=f"{name} leads back to itself")


def _ended(way: list[str], keys: Mapping[str, str], settings: Settings) -> ProfileChain:
    if session := keys.get("sso_session"):
        if settings(session, SectionKind.SSO_SESSION):
            return ProfileChain(tuple(way), f"single sign-on {session}")
        return ProfileChain(tuple(way), problem=f"there is no sso-session {session}")
    end = next((said for key, said in _ENDS.items() if key in keys), "")
    if end:
        return ProfileChain(tuple(way), end)
    return ProfileChain(tuple(way), problem=f"profile {way[-1]} has no credentials", remedy=way[-1])


class ProfileState(Enum):
    """How a profile stands in the files."""

    PRESENT = "present"
    DIFFERS = "differs"
    MISSING = "missing"
    WITHOUT_ID = "account has no id"


@dataclass(frozen=True)
class ProfileRow:
    """One profile of the project as it stands; `differing` are the keys that are other than they should be.

    `account` is the id of the account whose role it names where that is not the one it should be.
    """

    name: str
    what: str
    state: ProfileState
    place: str = ""
    differing: tuple[str, ...] = ()
    account: str = ""
    chain: ProfileChain = ProfileChain(())
    remedy: str = ""


def differing(wanted: NamedProfile, standing: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of a profile that have another value than wanted, none, or one that should not be there."""
    settings = wanted.settings
    changed = [key for key, value in settings.config.items() if standing.get(key) != value]
    return (*changed, *(key for key in settings.absent if key in standing))


def row_of(
    wanted: NamedProfile, settings: Settings, place: str, request: ProfilesRequest, remedies: Mapping[str, str]
) -> ProfileRow:
    """Return how a profile stands; `remedies` are the commands that give credentials to a profile, by its name."""
    if not place:
        mend = remedies.get(wanted.name, request.command("--only", wanted.name))
        return ProfileRow(wanted.name, wanted.what, ProfileState.MISSING, remedy=mend)
    standing = settings(wanted.name, SectionKind.PROFILE)
    found = differing(wanted, standing)
    chain = chain_of(wanted.name, settings)
    if found:
        mend = request.command("--only", wanted.name, "--replace", wanted.name)
        other = _other_account(wanted.settings.config.get("role_arn", ""), standing.get("role_arn", ""))
        return ProfileRow(wanted.name, wanted.what, ProfileState.DIFFERS, place, found, other, chain, mend)
    mend = _mend(chain, remedies)
    return ProfileRow(wanted.name, wanted.what, ProfileState.PRESENT, place, chain=chain, remedy=mend)


def _other_account(wanted: str, standing: str) -> str:
    named = [(arn.split(":") + [""] * 5)[4] for arn in (wanted, standing)]
    return named[1] if named[0] != named[1] else ""


def _mend(chain: ProfileChain, remedies: Mapping[str, str]) -> str:
    if not chain.problem:
        return ""
    return remedies.get(chain.remedy) or f"aws configure --profile {chain.profiles[-1]}"
