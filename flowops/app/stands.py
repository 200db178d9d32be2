"""Where a life is lived: in a cloud emulated for it, or in an account that somebody has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from flowops.adapters.aws.errors import AwsDenied
from flowops.app.secrets import Secrets
from flowops.app.stand_ins import fill_secrets
from flowops.app.standing import StandingRehearsal
from flowops.app.workbench import Workbench
from flowops.model.access import Access
from flowops.model.bootstrap import BootstrapRequest, BootstrapResult
from flowops.model.config import SECURITY
from flowops.model.life import Finding
from flowops.model.stacks import account_id


class Stand(Protocol):
    """What differs from one place to the other.

    `by_hand` is a private folder for plain tools. `alone` says that nobody else makes anything in the accounts.
    """

    @property
    def by_hand(self) -> Path:
        """Return the folder of plain tools' own files."""

    @property
    def has_kubernetes(self) -> bool:
        """Say that a cluster has something to ask."""

    @property
    def alone(self) -> bool:
        """Say that nobody else makes anything in the accounts."""

    @property
    def accounts_used(self) -> tuple[str, ...]:
        """Return the accounts that a bootstrap works in."""

    def open(self) -> Workbench:
        """Return a workbench on which nothing has been done yet."""

    def accounts(self, bench: Workbench) -> Finding:
        """Reach the accounts."""

    def bootstrap(self, bench: Workbench) -> BootstrapResult:
        """Run the bootstrap."""

    def operator(self, bench: Workbench, environment: str) -> Finding:
        """Become each role of an environment."""

    def secrets(self, bench: Workbench, environment: str, layer: str | None) -> Finding:
        """Look for what an environment, or one layer of it, needs."""

    def checks(self, environment: str) -> Finding:
        """Look for what will keep an apply from becoming green."""


class EmulatedStand:
    """The emulated AWS of one rehearsal, started when it is first worked with."""

    alone = True

    def __init__(self, standing: StandingRehearsal, bench: Callable[[], Workbench]) -> None:
        self._standing, self._open = standing, bench

    @property
    def by_hand(self) -> Path:
        """Return the folder of plain tools' own files."""
        return self._standing.workspace.by_hand

    @property
    def has_kubernetes(self) -> bool:
        """Say that clusters have a real control plane."""
        return self._standing.has_kubernetes

    @property
    def accounts_used(self) -> tuple[str, ...]:
        """Return all accounts."""
        return self._standing.accounts

    def open(self) -> Workbench:
        """Start the emulated AWS and return a workbench there."""
        return self._open()

    def accounts(self, bench: Workbench) -> Finding:
        """Name the accounts that were made."""
        names = bench.site.config.accounts
        listed = tuple(f"{name} {account_id(bench.site.config, name)}" for name in names)
        return Finding(f"{len(listed)} empty accounts at {self._standing.running().url}", listed=listed)

    def bootstrap(self, bench: Workbench) -> BootstrapResult:
        """Run the bootstrap of every account."""
        return bench.bootstrap(BootstrapRequest(), yes=True)

    def operator(self, bench: Workbench, environment: str) -> Finding:
        """Create the operator with MFA; it may become this environment's roles and no other environment's."""
        config = bench.site.config
        security = bench.in_account(account_id(config, SECURITY))
        operator = self._standing.create_operator(security, (environment,))
        folder = self._standing.workspace.root / "operator"
        listed = roles_of(bench, environment, folder)
        account = config.environments[environment].account
        others = [name for name, it in config.environments.items() if it.account != account]
        refused = [_refusal(bench, name, folder) for name in others]
        trouble = "" if all(refused) else f"the operator of {environment} may act in another environment"
        known = (
            f"{operator.name} with MFA may become {len(listed)} roles, and is refused {len(others)} other account(s)"
        )
        return Finding(known, trouble, (*listed, *refused))

    def checks(self, environment: str) -> Finding:
        """Look for nothing: an emulated AWS has no quotas, and its accounts were just made."""
        return Finding("nothing to check")

    def secrets(self, bench: Workbench, environment: str, layer: str | None) -> Finding:
        """Hand in what stands for credentials and licenses; the operator must find all that the environment needs."""
        rows = fill_secrets(bench)
        return Finding(
            f"{len(rows)} secrets have a value", missing(bench, environment), tuple(row.secret.title for row in rows)
        )


def roles_of(bench: Workbench, environment: str, folder: Path) -> tuple[str, ...]:
    """Become each role of an environment and return their ARNs; AwsDenied where the operator may not."""
    known = bench.deployment.environment(environment)
    return tuple(bench.cloud.act(known, access, folder).arn for access in Access)


def missing(bench: Workbench, environment: str) -> str:
    """Return which secrets that an environment needs its operator does not find, "" for none."""
    names = [row.secret.title for row in Secrets(bench).check(environment).missing]
    return f"the operator does not find {', '.join(names)}" if names else ""


def _refusal(bench: Workbench, environment: str, folder: Path) -> str:
    """Return why the operator may not deploy in another environment, empty where it may."""
    other = bench.deployment.environment(environment)
    try:
        bench.cloud.act(other, Access.WRITE, folder)
    except AwsDenied as error:
        return f"{environment}: {error.happened}"
    return ""
