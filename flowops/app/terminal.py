"""The operator, as each part of flowops sees them."""

from __future__ import annotations

from typing import Protocol

from flowops.adapters.progress import Progress
from flowops.model.accounts import AccountsPlan
from flowops.model.answers import is_yes
from flowops.model.bootstrap import BootstrapPlan
from flowops.model.gc import GcResult
from flowops.operations.ports.run import Console
from flowops.operations.ports.secrets import SecretTerminal
from flowops.operations.ports.users import UsersTerminal


class Terminal(Console, SecretTerminal, UsersTerminal, Protocol):
    """The operator, as runs, bootstraps, accounts and secrets see them."""

    @property
    def progress(self) -> Progress:
        """Return the board for what takes long."""

    def stacks(self, plan: BootstrapPlan) -> None:
        """Show what one phase of a bootstrap would do."""

    def accounts(self, plan: AccountsPlan) -> None:
        """Show what is to become of each account."""

    def leftovers(self, result: GcResult) -> None:
        """Show what would be deleted, and what stays."""


class BootstrapConsole:
    """The operator of a bootstrap; `yes` answers the normal prompt."""

    def __init__(self, console: Terminal, *, yes: bool) -> None:
        self._console, self._yes = console, yes

    def show(self, plan: BootstrapPlan) -> None:
        """Show what one phase would do."""
        self._console.stacks(plan)

    def confirm(self, plan: BootstrapPlan) -> bool:
        """Return whether the phase just shown may run; Declined when nobody can say."""
        if self._yes:
            return True
        where = ", ".join(plan.accounts)
        return is_yes(self._console.ask(f"Bootstrap {where}? [y/N] "))

    def progress(self, line: str) -> None:
        """Say one line about something that happens now."""
        self._console.note(line)
