"""Facts: what discovery found in AWS, and templates may use. No secret is among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from flowops.errors import UsageError
from flowops.model.config import SECURITY


@dataclass(frozen=True)
class Organization:
    """An AWS organization and the account that owns it."""

    id: str
    management_account: str


@dataclass(frozen=True)
class AccountFacts:
    """One account: its id, the outputs of its main bootstrap stack (none before it stands), and its ExternalId.

    The ExternalId outlives its stack here, so that a stack made again keeps the value that pipelines present.
    """

    id: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    external_id: str = ""


@dataclass(frozen=True)
class EnvironmentFacts:
    """One environment: the outputs of its access stack in the security account."""

    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """Everything discovered, by the names of flowops.yaml."""

    organization: Organization
    accounts: Mapping[str, AccountFacts] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentFacts] = field(default_factory=dict)

    @property
    def security(self) -> AccountFacts | None:
        """Return the security account, if it was discovered."""
        return self.accounts.get(SECURITY)

    def role_arn(self, account: str, role: str) -> str:
        """Return the ARN of a role that the bootstrap made in an account, empty where none is known."""
        found = self.accounts.get(account)
        return found.outputs.get(f"{role}Arn", "") if found else ""

    def external_id(self, account: str) -> str:
        """Return the ExternalId of an account, empty where none is known."""
        found = self.accounts.get(account)
        return found.external_id if found else ""


def not_bootstrapped(what: str, account: str, *, not_done: str) -> UsageError:
    """Return the error of who needs `what` of an account, and finds that flowops.lock does not know it."""
    return UsageError(
        f"flowops.lock knows no {what} of account {account!r}: it was not bootstrapped or discovered.",
        not_done=not_done,
        next_step=f"flowops bootstrap {account}, or flowops discover if that was done elsewhere",
    )


def merged(found: Facts, earlier: Facts | None, accounts: Iterable[str], environments: Iterable[str]) -> Facts:
    """Return `found`, with the earlier facts of `accounts` and `environments` that were not looked at this time.

    A name that is in neither is forgotten. Facts of another organization are not carried over.
    """
    if earlier is None or earlier.organization.id != found.organization.id:
        return found
    kept_accounts = {name: earlier.accounts[name] for name in accounts if name in earlier.accounts}
    kept_environments = {name: earlier.environments[name] for name in environments if name in earlier.environments}
    return replace(
        found,
        accounts={**kept_accounts, **found.accounts},
        environments={**kept_environments, **found.environments},
    )
