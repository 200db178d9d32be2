"""Look at what stands in the accounts and write it down as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flowops.errors import UsageError
from flowops.model.config import SECURITY, Config
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization, merged
from flowops.model.stacks import EXTERNAL_ID, access_stack_name, account_id, stack_names, without_id
from flowops.operations.ports.aws import AccountDoor, ManagementCloud, Progress
from flowops.operations.ports.project import FactsFile
from flowops.operations.side_by_side import side_by_side


def discover(config: Config, *, cloud: ManagementCloud, facts_file: FactsFile, progress: Progress) -> Facts:
    """Return the facts of every account whose id is written, after writing them to flowops.lock.

    UsageError when the security account has no id; WrongAccount when one of them is not the account it should be.
    """
    require_ids(config, (SECURITY,))
    known = [name for name in (SECURITY, *config.environment_accounts()) if config.accounts[name].id is not None]
    organization = cloud.organization()
    doors = enter(config, known, cloud)
    facts = look(config, organization, doors, facts_file.read())
    for name, found in facts.accounts.items():
        if name in doors and not found.outputs:
            progress(f"{name}: {stack_names(config, name)[0]} does not stand yet; next: flowops bootstrap {name}")
    progress("flowops.lock was written" if facts_file.write(facts) else "flowops.lock is up to date")
    return facts


def require_ids(config: Config, accounts: Iterable[str]) -> None:
    """Raise UsageError when an account has no id in flowops.yaml yet."""
    missing = without_id(config, accounts)
    if missing:
        raise UsageError(
            f"flowops.yaml has no id for account{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            not_done="AWS was not called.",
            next_step=f"flowops accounts create {' '.join(missing)}, which makes or takes them and writes their ids; "
            "flowops rehearse ENV needs none",
        )


def enter(config: Config, accounts: Iterable[str], cloud: ManagementCloud) -> dict[str, AccountDoor]:
    """Return every account entered and verified; the first that is wrong or closed is raised."""
    return side_by_side(accounts, lambda name: cloud.enter(name, account_id(config, name)))


def look(config: Config, organization: Organization, doors: Mapping[str, AccountDoor], earlier: Facts | None) -> Facts:
    """Return the facts of the entered accounts, and the earlier ones of those that were not entered."""
    accounts = side_by_side(doors, lambda name: _account(config, name, doors[name], earlier))
    environments: dict[str, EnvironmentFacts] = {}
    if SECURITY in doors:
        names = {it: access_stack_name(it) for it in config.environments}
        outputs = side_by_side(names, lambda name: _outputs(doors[SECURITY], names[name]))
        environments = {name: EnvironmentFacts(found) for name, found in outputs.items()}
    same = [name for name in config.accounts if _unmoved(config, name, earlier)]
    return merged(Facts(organization, accounts, environments), earlier, same, config.environments)


def _account(config: Config, name: str, door: AccountDoor, earlier: Facts | None) -> AccountFacts:
    found = AccountFacts(account_id(config, name), _outputs(door, stack_names(config, name)[0]))
    if name == SECURITY:
        return found
    kept = earlier.external_id(name) if earlier and _unmoved(config, name, earlier) else ""
    return replace(found, external_id=found.outputs.get(EXTERNAL_ID) or kept)


def _outputs(door: AccountDoor, stack: str) -> Mapping[str, str]:
    found = door.stacks.describe(stack)
    return found.outputs if found else {}


def _unmoved(config: Config, account: str, earlier: Facts | None) -> bool:
    """Return whether the earlier facts are of the account that flowops.yaml means today."""
    known = earlier.accounts.get(account) if earlier else None
    return known is not None and config.accounts[account].id in (None, known.id)
