"""One API call as IAM sees it: who, what, on which resource, under which circumstances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Principal:
    """Who calls: the user, the role (with its path), the account root, a service, or an identity provider.

    `arn` is what `aws:PrincipalArn` holds: for a session of an assumed role the role's own ARN. A service is written
    by its name (`eks.amazonaws.com`, account empty), a web identity by the ARN of its provider.
    `session` is the `arn:aws:sts::…:assumed-role/…` of the session, where there is one and its name matters.
    """

    arn: str
    account: str
    session: str = ""

    @property
    def kind(self) -> str:
        """Return `user`, `role`, `root`, `service`, `federated`, or `session` for other temporary credentials."""
        if not self.arn.startswith("arn:"):
            return "service"
        resource = self.arn.split(":", 5)[-1]
        kinds = {"user": "user", "role": "role", "oidc-provider": "federated", "saml-provider": "federated"}
        return "root" if resource == "root" else kinds.get(resource.partition("/")[0], "session")

    @property
    def name(self) -> str:
        """Return the last part of the ARN: the name without its path."""
        return self.arn.rpartition("/")[2]


@dataclass(frozen=True)
class Request:
    """One request: `action` is `service:Operation`, `resource` an ARN or `*`.

    `context` maps lower-cased condition keys to their values; what the principal itself tells (its ARN, its account,
    a user's name) needs no entry.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values of a condition key in any case; empty when the request does not carry it.

        AWS fills in the principal's own keys for every signed request: IAM User Guide, "AWS global condition
        context keys", availability of aws:PrincipalArn, aws:PrincipalAccount and aws:username.
        """
        lowered = key.lower()
        return tuple(self.context.get(lowered, ())) or self._implied(lowered)

    def _implied(self, key: str) -> tuple[str, ...]:
        own = {
            "aws:principalarn": self.principal.arn if self.principal.kind != "service" else "",
            "aws:principalaccount": self.principal.account,
            "aws:username": self.principal.name if self.principal.kind == "user" else "",
        }
        return (own[key],) if own.get(key) else ()
