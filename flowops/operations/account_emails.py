"""The e-mail address that an account is made with: given, configured, derived, or typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowops.errors import Declined, UsageError, shown
from flowops.model.accounts import CreateRequest
from flowops.model.config import Config
from flowops.model.emails import email_problem, plus_addressed
from flowops.operations.ports.accounts import AccountsConsole


def require_valid(request: CreateRequest) -> None:
    """Raise UsageError for an address of the command line that AWS would not take."""
    given = {f"--email {name}={it}": it for name, it in request.emails.items()}
    if request.email_base:
        given[f"--email-base {request.email_base}"] = request.email_base
    for option, address in given.items():
        if wrong := email_problem(address):
            raise UsageError(
                f"{shown(address)} {wrong}.",
                not_done="AWS was not called.",
                next_step=f"the same command with another address in place of {option}",
            )


@dataclass
class Addresses:
    """The addresses of one command; `owner` is the management account's, which an offer can be derived from."""

    request: CreateRequest
    config: Config
    console: AccountsConsole
    owner: str = ""
    _taken: dict[str, str] = field(default_factory=dict)

    def given(self, name: str) -> str:
        """Return the address that the command line or flowops.yaml gives an account, empty where neither does."""
        return self.request.emails.get(name) or self.config.accounts[name].email or ""

    def known(self, name: str) -> str:
        """Return the address of an account as far as nobody has to be asked for it."""
        return self.given(name) or self._derived(self.request.email_base, name)

    def of(self, name: str, in_use: Mapping[str, str]) -> str:
        """Return the address to make an account with, typed where nothing else says it.

        `in_use` are the organization's addresses in small letters and the account that each belongs to. UsageError for
        one that cannot be taken; Declined where nobody can be asked.
        """
        address = self.given(name) or self._offered(name)
        owner = in_use.get(address.lower()) or self._taken.get(address.lower())
        if owner:
            raise _unfit(f"{address} is the address of account {owner} already.", name)
        self._taken[address.lower()] = name
        return address

    def _offered(self, name: str) -> str:
        base = self.request.email_base
        if self.console.interactive and not self.request.yes:
            return self._typed(name, self._derived(base or self.owner, name))
        if not base:
            raise Declined(
                f"Account {name} is to be made, which needs an e-mail address, and nobody is there to type it.",
                next_step=f"{self.request.command()} --email-base ADDRESS, or --email {name}=ADDRESS for each account",
            )
        derived = self._derived(base, name)
        if wrong := email_problem(derived):
            raise _unfit(f"{derived}, derived from {base}, {wrong}.", name)
        return derived

    def _typed(self, name: str, offer: str) -> str:
        offer = "" if email_problem(offer) else offer
        while True:
            typed = self.console.ask(f"E-mail address of account {name}{f' [{offer}]' if offer else ''}: ").strip()
            wrong = email_problem(typed or offer)
            if not wrong:
                return typed or offer
            self.console.progress(f"{shown(typed)} {wrong}")

    def _derived(self, base: str, name: str) -> str:
        return plus_addressed(base, f"{self.config.project}-{name}") if base else ""


def _unfit(line: str, name: str) -> UsageError:
    return UsageError(line, next_step=f"the same command with --email {name}=ADDRESS")
