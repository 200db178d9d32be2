"""Decide what is to become of each account of flowops.yaml, from what the organization has; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowops.errors import Refused, UnknownTarget, UsageError, shown
from flowops.model.accounts import (
    AccountRequest,
    AccountsPlan,
    CreateRequest,
    Decision,
    NoOrganization,
    OrganizationAccount,
    PlannedAccount,
    UnitTree,
)
from flowops.model.config import Config
from flowops.model.facts import Organization
from flowops.operations.account_emails import Addresses, require_valid
from flowops.operations.ports.accounts import AccountPorts


def plan_accounts(request: CreateRequest, config: Config, ports: AccountPorts) -> AccountsPlan:
    """Return what is to become of the accounts asked for.

    UnknownTarget and UsageError for what does not fit, CredentialsError for a caller in a member account, Refused for
    an account that is closed, Declined where an e-mail address is needed and nobody can be asked.
    """
    chosen = chosen_accounts(request, config)
    require_valid(request)
    organization = organization_of(ports)
    situation = _situation(request, config, ports, organization, chosen)
    for name in chosen:
        situation.require_fitting(name)
    planned = tuple(situation.planned(name) for name in chosen)
    units = dict.fromkeys(it for row in planned if row.moves for it in situation.tree.missing(row.unit))
    return AccountsPlan(organization, situation.caller, planned, tuple(units))


def organization_of(ports: AccountPorts) -> Organization | None:
    """Return the organization, None where there is none; CredentialsError for a caller in a member account."""
    try:
        return ports.cloud.organization()
    except NoOrganization:
        return None


def chosen_accounts(request: CreateRequest, config: Config) -> tuple[str, ...]:
    """Return the names of the accounts asked for; UnknownTarget and UsageError for what flowops.yaml does not have."""
    for name in (*request.accounts, *request.emails, *request.adopt):
        if name not in config.accounts:
            raise UnknownTarget("account", name, config.accounts)
    chosen = tuple(name for name in config.accounts if not request.accounts or name in request.accounts)
    for option, names in (("--email", request.emails), ("--adopt", request.adopt)):
        stray = next((name for name in names if name not in chosen), None)
        if stray:
            raise UsageError(
                f"{option} names account {stray}, which this command is not about: {', '.join(chosen)}.",
                not_done="Nothing was started.",
                next_step=replace(request, accounts=(*request.accounts, stray)).command(),
            )
    return chosen


def _situation(
    request: CreateRequest,
    config: Config,
    ports: AccountPorts,
    organization: Organization | None,
    chosen: tuple[str, ...],
) -> _Situation:
    accounts = {it.id: it for it in ports.organizations.accounts()} if organization else {}
    owner = accounts.get(organization.management_account) if organization else None
    has_units = any(config.accounts[name].organizational_unit for name in chosen)
    return _Situation(
        request,
        config,
        ports,
        Addresses(request, config, ports.console, owner.email if owner else ""),
        ports.organizations.caller(),
        organization,
        accounts,
        {it.name: it for it in ports.organizations.under_way()} if organization else {},
        ports.organizations.tree() if organization and has_units else UnitTree({"": ""}),
        {it.id: name for name, it in config.accounts.items() if it.id},
    )


@dataclass
class _Situation:
    """What there is; `taken` are the ids that flowops.yaml, or this plan, gives to a name."""

    request: CreateRequest
    config: Config
    ports: AccountPorts
    addresses: Addresses
    caller: str
    organization: Organization | None
    accounts: Mapping[str, OrganizationAccount]
    requests: Mapping[str, AccountRequest]
    tree: UnitTree
    taken: dict[str, str]

    def planned(self, name: str) -> PlannedAccount:
        row = self._decided(name)
        wanted = self.config.accounts[name].organizational_unit or ""
        return replace(row, unit=wanted, place=self.tree.places.get(row.account_id))

    def _decided(self, name: str) -> PlannedAccount:
        written = self.config.accounts[name].id
        waiting = self.requests.get(name)
        if waiting and name not in self.request.adopt and (not written or self.ports.ids_are_planned):
            why = "asked for by an earlier command"
            email = self.addresses.known(name)
            return PlannedAccount(name, Decision.WAIT, email=email, request=waiting.id, why=why)
        if written and written in self.accounts:
            return self._row(name, Decision.STANDS, self.accounts[written], "")
        if written and not self.ports.ids_are_planned:
            raise self._foreign(name, written)
        adopted = None if written else self._adopted(name)
        if adopted:
            self.taken[adopted.account_id] = name
            return adopted
        in_use = {it.email.lower(): f"{it.name} ({it.id})" for it in self.accounts.values()}
        return PlannedAccount(name, Decision.CREATE, email=self.addresses.of(name, in_use), why=self._namesakes(name))

    def require_fitting(self, name: str) -> None:
        """Raise UsageError where --adopt names an account that the organization or flowops.yaml contradicts."""
        given, written = self.request.adopt.get(name), self.config.accounts[name].id
        if given and written and given != written:
            raise _unfit(f"--adopt says {given}, but flowops.yaml gives account {name} the id {written}.", name)
        if given and given not in self.accounts:
            raise _unfit(f"The organization has no account {shown(given)}, which --adopt names.", name)

    def _adopted(self, name: str) -> PlannedAccount | None:
        """Return the account of the organization that is to be taken: the one named, that address, or that name."""
        if name in self.request.adopt:
            return self._row(name, Decision.ADOPT, self._named(name), "by --adopt")
        email = self.addresses.known(name).lower()
        found = [it for it in self._free if email and it.email.lower() == email]
        if found:
            return self._row(name, Decision.ADOPT, found[0], "by its e-mail address")
        # Somebody who says the address means that account, not another one of its name.
        alike = [] if self.addresses.given(name) else self._alike(name)
        if len(alike) == 1:
            return self._row(name, Decision.ADOPT, alike[0], "by its name")
        return None

    def _named(self, name: str) -> OrganizationAccount:
        wanted = self.request.adopt[name]
        if self.organization and wanted == self.organization.management_account:
            raise _unfit(f"Account {wanted} is the management account, which is none of flowops.yaml's.", name)
        if wanted in self.taken:
            raise _unfit(f"Account {wanted} is {self.taken[wanted]!r} in flowops.yaml already.", name)
        return self.accounts[wanted]

    @property
    def _free(self) -> list[OrganizationAccount]:
        owner = self.organization.management_account if self.organization else ""
        return [it for it in self.accounts.values() if it.id != owner and it.id not in self.taken]

    def _alike(self, name: str) -> list[OrganizationAccount]:
        """Return the accounts of that name that can be worked in and were not made for another project."""
        named = [it for it in self._free if it.name == name and it.active]
        return [it for it in named if self.ports.organizations.project_of(it.id) in ("", self.config.project)]

    def _namesakes(self, name: str) -> str:
        found = [f"{it.id} ({it.email})" for it in self._free if it.name == name and it.active]
        return f"another account has this name: {', '.join(found)}" if found else ""

    def _row(self, name: str, decision: Decision, account: OrganizationAccount, why: str) -> PlannedAccount:
        if not account.active:
            raise Refused(
                f"Account {name} ({account.id}) is {account.state}: it is closed, being closed, or not activated yet.",
                next_step="have AWS Support reopen it (within 90 days of its closing), or give the account of "
                "flowops.yaml another id and another e-mail address, then flowops accounts create",
            )
        return PlannedAccount(name, decision, account.id, account.email, why=why)

    def _foreign(self, name: str, written: str) -> UsageError:
        where = (
            f"organization {self.organization.id}" if self.organization else f"no organization: {self.caller} has none"
        )
        return UsageError(
            f"flowops.yaml gives account {name} the id {written}, the account id of another organization: profile "
            f"{self.config.management.profile!r} leads to {where}.",
            next_step="flowops accounts list, then mend management.profile or that id in flowops.yaml",
        )


def _unfit(line: str, name: str) -> UsageError:
    return UsageError(line, next_step=f"flowops accounts list, then flowops accounts create --adopt {name}=ID")
