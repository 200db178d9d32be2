"""IAM users of the security account: what each has, which roles it reaches, and what deserves a second look. Pure.

People stand below /flowable/ and get their rights from the groups of the environments alone (bootstrap/README.md,
"Who may what").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import quote

from flowops.errors import UnknownTarget, UsageError, nearest, shown
from flowops.model.access import FLOWABLE_ADMIN, FLOWABLE_USER, Access
from flowops.model.drift.people import KINDS, PATH, known_groups

OLD = timedelta(days=90)
"""Age at which a key is due (CIS AWS Foundations, "access keys are rotated every 90 days or less")."""

ADMITTED: Mapping[str, tuple[str, ...]] = {
    KINDS[0]: (Access.WRITE.value, Access.READ.value),
    KINDS[1]: (FLOWABLE_ADMIN,),
    KINDS[2]: (FLOWABLE_USER,),
}
"""Which roles of an environment each kind of group admits to, the first of them the one that people name."""

DISABLED, REVOKED = "FlowopsDisabled", "FlowopsRevokedSessions"
"""Inline policies of `users disable`: the one shuts a user out, the other ends the sessions from before its return."""

ISSUER = "Amazon Web Services"
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class AccessKey:
    """One access key without its secret; `used` is None where AWS knows of no use, `service` what it was used for."""

    id: str
    active: bool
    made: datetime
    used: datetime | None = None
    service: str = ""

    def days(self, now: datetime) -> int:
        """Return its age in whole days."""
        return (now - self.made).days


@dataclass(frozen=True)
class NewKey:
    """An access key that AWS made just now; nobody can ask for the secret again."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class User:
    """One IAM user with everything that hangs on it.

    `devices` are serial numbers of MFA devices, `spares` those of virtual ones that bear its name and are in nobody's
    use; `attached` are ARNs of managed policies, `inline` names of its own; the rest are ids.
    """

    name: str
    arn: str
    path: str
    made: datetime
    groups: tuple[str, ...] = ()
    keys: tuple[AccessKey, ...] = ()
    devices: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    password: bool = False
    certificates: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()
    service_credentials: tuple[str, ...] = ()
    boundary: str = ""

    @property
    def at_home(self) -> bool:
        """Whether it stands where the roles admit people from."""
        return self.path == PATH

    @property
    def disabled(self) -> bool:
        """Whether `users disable` took it out of service."""
        return DISABLED in self.inline

    @property
    def own_policies(self) -> tuple[str, ...]:
        """Return the policies that it has besides those of its groups."""
        return (*self.attached, *(it for it in self.inline if it not in (DISABLED, REVOKED)))


class Kind(Enum):
    """What can hang on a user, in the order in which it is taken off: what lets somebody in goes first."""

    KEY = "access key"
    PASSWORD = "console password"
    DEVICE = "MFA device"
    CERTIFICATE = "signing certificate"
    SSH_KEY = "SSH public key"
    SERVICE_CREDENTIAL = "service-specific credential"
    ATTACHED = "attached policy"
    # After the rest: one of them may be what shuts a disabled user out.
    INLINE = "inline policy"
    GROUP = "membership of group"


@dataclass(frozen=True)
class Piece:
    """One thing that hangs on a user."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.kind.value} {self.id}".rstrip()


def hanging(user: User) -> tuple[Piece, ...]:
    """Return everything that has to go before the user can be deleted (IAM API Reference, DeleteUser)."""
    held: Mapping[Kind, Iterable[str]] = {
        Kind.KEY: [it.id for it in user.keys],
        Kind.PASSWORD: [""] if user.password else [],
        Kind.DEVICE: (*user.devices, *user.spares),
        Kind.CERTIFICATE: user.certificates,
        Kind.SSH_KEY: user.ssh_keys,
        Kind.SERVICE_CREDENTIAL: user.service_credentials,
        Kind.ATTACHED: user.attached,
        Kind.INLINE: user.inline,
        Kind.GROUP: user.groups,
    }
    return tuple(Piece(kind, it) for kind in Kind for it in held[kind])


@dataclass(frozen=True)
class Reach:
    """The roles of one environment that a user may assume with MFA, by its groups."""

    environment: str
    roles: tuple[str, ...]


def reach(groups: Iterable[str], environments: Iterable[str]) -> tuple[Reach, ...]:
    """Return which roles these groups admit to, environment by environment, the strongest role first."""
    held = set(groups)
    found = {
        name: tuple(role for kind in KINDS if f"{name}_{kind}" in held for role in ADMITTED[kind])
        for name in environments
    }
    return tuple(Reach(name, roles) for name, roles in found.items() if roles)


def require_name(name: str) -> None:
    """Raise UsageError for what IAM takes for no user's name (IAM API Reference, CreateUser, UserName)."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{shown(name)} is no name of an IAM user: 1 to 64 letters, digits and _+=,.@-.",
            not_done="AWS was not called.",
            next_step="the same command with another name",
        )


def require_groups(groups: Iterable[str], environments: Iterable[str]) -> None:
    """Raise UnknownTarget, naming the nearest, for a group that is none of those of the environments."""
    known = known_groups(environments)
    for name in groups:
        if name not in known:
            raise UnknownTarget("group", name, known, where=" of an environment in flowops.yaml")


def unknown_user(name: str, users: Iterable[str]) -> UnknownTarget:
    """Return the error for a user that is not there, with the nearest ones that are."""
    error = UnknownTarget("user", name, ())
    error.happened = f"The security account has no IAM user {shown(name)}; {nearest(name, users)}."
    error.next_step = "flowops users list"
    return error


@dataclass(frozen=True)
class Mark:
    """What deserves a second look: one word, a sentence, and the command that helps."""

    word: str
    text: str
    command: str


def marks(user: User, environments: Iterable[str], now: datetime) -> tuple[Mark, ...]:
    """Return what is not as it should be with a user."""
    ours = known_groups(environments).intersection(user.groups)
    adopt = f"flowops users adopt {user.name}"
    found = []
    if user.disabled:
        undo = f"flowops users disable {user.name} --undo"
        found.append(Mark("disabled", "is out of service", undo))
    if not user.at_home and ours:
        found.append(Mark("adopt", f"stands at {user.path}, from where no role admits anybody", adopt))
    if user.at_home and not user.devices:
        found.append(Mark("no MFA", "has no MFA device, and no role admits anybody without", adopt))
    if due := [it for it in user.keys if it.active and now - it.made > OLD]:
        text = f"has a key that is {max(it.days(now) for it in due)} days old"
        found.append(Mark("rotate", text, f"flowops users rotate {user.name}"))
    if user.own_policies:
        text = "has policies besides those of its groups"
        found.append(Mark("policies", text, f"flowops users show {user.name}"))
    return tuple(found)


def otpauth_uri(user: str, account: str, seed: str) -> str:
    """Return what an authenticator app scans: github.com/google/google-authenticator/wiki/Key-Uri-Format."""
    issuer = quote(ISSUER, safe="")
    return f"otpauth://totp/{issuer}:{quote(f'{user}@{account}', safe='@')}?secret={seed}&issuer={issuer}"
