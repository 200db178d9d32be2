"""The profiles of a user in AWS's own files: its keys, and one for each environment that it reaches. Pure.

Names and keys are those that operators know by hand: `[flowable-devops-admin]` with the keys, and
`[profile flowable-devops-admin-dev]` with the role, the source profile, region and mfa_serial.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowops.errors import UsageError
from flowops.model.caller_chain import region_of
from flowops.model.config import PROFILE_PATTERN, Config
from flowops.model.named_profiles import SOURCES, role_profile
from flowops.model.profiles import ProfileSettings
from flowops.model.stacks import account_id
from flowops.model.users import NewKey, Reach

KEY_ID, SECRET_KEY = "aws_access_key_id", "aws_secret_access_key"
_OWN = (KEY_ID, SECRET_KEY)
NOT_MADE_YET = NewKey("(the-new-key)", "(its-secret)")
"""Stands for a key in a proposal that is made before the key is."""


@dataclass(frozen=True)
class RoleProfile:
    """One environment's role, as a profile."""

    name: str
    arn: str
    region: str


@dataclass(frozen=True)
class UserProfiles:
    """All profiles of a user; `serial` is its MFA device, also one that is still to be enrolled."""

    profile: str
    region: str
    serial: str
    roles: tuple[RoleProfile, ...]

    def settings(self, key: NewKey | None) -> tuple[ProfileSettings, ...]:
        """Return what the files shall say; without a key, the one that stands there stays."""
        mfa = {"region": self.region, "mfa_serial": self.serial}
        secret = {KEY_ID: key.access_key, SECRET_KEY: key.secret_key} if key else {}
        own = ProfileSettings(
            self.profile, mfa, {**secret, **mfa}, absent=tuple(it for it in SOURCES if it not in _OWN)
        )
        return (own, *(role_profile(it.name, it.arn, self.profile, it.region, self.serial) for it in self.roles))


def user_profiles(profile: str, reaches: Iterable[Reach], serial: str, config: Config, partition: str) -> UserProfiles:
    """Return the profiles of a user who reaches these environments, each in its strongest role."""
    roles = tuple(
        RoleProfile(
            f"{profile}-{it.environment}",
            f"arn:{partition}:iam::{account_id(config, config.environments[it.environment].account)}"
            f":role/flowable/{it.roles[0]}",
            region_of(config, it.environment),
        )
        for it in reaches
    )
    return UserProfiles(profile, config.region, serial, roles)


def chosen_profile(name: str, given: str, own_keys: Iterable[str], standing: Mapping[str, str], operator: str) -> str:
    """Return the profile for a user's keys; `standing` are the access keys of the profiles that there are, by name.

    The one that was asked for, else the one that holds a key of the user's, else the operator's where the files have
    no such profile yet, else the user's name. UsageError where that is no name of a profile.
    """
    keys = set(own_keys)
    held = [it for it, key in standing.items() if key in keys]
    found = given or next((it for it in held if it == operator), held[0] if held else "")
    found = found or (name if operator in standing else operator)
    if not re.fullmatch(PROFILE_PATTERN, found):
        raise UsageError(
            f"{found!r} is no name for a profile: letters, digits and _.@+-, up to 64, the first a letter or digit.",
            next_step="the same command with --profile PROFILE",
        )
    return found


def profiles_of(
    own_keys: Iterable[str], serials: Iterable[str], standing: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    """Return the profiles of a user, and those that start from one of them.

    Its own hold one of its keys, or a key beside one of its devices: keys are gone once a removal was interrupted.
    """
    keys, devices = set(own_keys), set(serials)
    held = [
        name
        for name, settings in standing.items()
        if KEY_ID in settings and (settings[KEY_ID] in keys or settings.get("mfa_serial") in devices)
    ]
    return (*held, *(name for name, settings in standing.items() if settings.get("source_profile") in held))
