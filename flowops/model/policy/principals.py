"""The Principal element: whom a resource policy means, and how directly it names them.

IAM User Guide, "AWS JSON policy elements: Principal": an account (`123456789012` or its root ARN) delegates to that
account, whose own policies then decide; a user, role or session ARN names; `*` is everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from flowops.model.policy.errors import InvalidPolicy
from flowops.model.policy.request import Principal

_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


class Naming(IntEnum):
    """How a policy means a caller, weakest first; the strongest match counts."""

    NOBODY = 0
    ACCOUNT = 1
    EVERYONE = 2
    NAMED = 3
    SESSION = 4


@dataclass(frozen=True)
class PrincipalElement:
    """Principal or, with `negated`, NotPrincipal: pairs of kind (`AWS`, `Service`, …) and value."""

    entries: tuple[tuple[str, str], ...]
    negated: bool = False

    @classmethod
    def from_element(cls, policy: str, element: object, *, negated: bool = False) -> PrincipalElement:
        """Read `"*"` or `{"AWS": …, "Service": …}`; raises InvalidPolicy."""
        if element == "*":
            return cls((("AWS", "*"),), negated)
        if not isinstance(element, Mapping):
            raise InvalidPolicy(policy, "Principal is neither '*' nor a mapping")
        for kind in element:
            if kind not in _KINDS:
                raise InvalidPolicy(policy, f"principal kind {kind!r} is unknown; known: {', '.join(_KINDS)}")
        return cls(tuple((kind, str(value)) for kind in element for value in _listed(element[kind])), negated)

    def naming(self, principal: Principal) -> Naming:
        """Return how this element means the caller.

        NotPrincipal means everybody but the listed; with Deny AWS wants the account listed beside a role, because the
        account is a principal of its own: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
        """
        strongest = max((_naming(kind, value, principal) for kind, value in self.entries), default=Naming.NOBODY)
        if not self.negated:
            return strongest
        return Naming.EVERYONE if strongest is Naming.NOBODY else Naming.NOBODY


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _naming(kind: str, value: str, principal: Principal) -> Naming:
    if kind == "AWS":
        return _aws_naming(value, principal)
    wanted = {"Service": "service", "Federated": "federated"}.get(kind)
    return Naming.NAMED if principal.kind == wanted and value == principal.arn else Naming.NOBODY


def _aws_naming(value: str, principal: Principal) -> Naming:
    if value == "*":
        return Naming.EVERYONE
    if principal.kind in ("service", "federated"):
        return Naming.NOBODY
    if value == principal.account or value.endswith(f":iam::{principal.account}:root"):
        return Naming.ACCOUNT
    if value == principal.arn:
        return Naming.NAMED
    return Naming.SESSION if value == principal.session and value else Naming.NOBODY
