"""A bootstrap: what each phase would do, what became of each stack, and the exit code that follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from flowops.errors import Exit, FlowopsError, worst
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.stack_changes import ChangeSet, ResourceChange
from flowops.model.stacks import StackSpec


@dataclass(frozen=True)
class BootstrapRequest:
    """What the command line says; no `accounts` means all, `allow_replace` are logical ids."""

    accounts: tuple[str, ...] = ()
    allow_replace: tuple[str, ...] = ()


class StackAction(Enum):
    """What a phase does with one stack; SECURE only switches its protections on, CLEAR deletes an empty failed one."""

    CREATE = "create"
    UPDATE = "update"
    SECURE = "secure"
    CLEAR = "clear"
    NONE = "no changes"
    FAILED = "cannot be planned"


@dataclass(frozen=True)
class StackPlan:
    """What a phase would do with one stack; `note` says why where the action does not."""

    spec: StackSpec
    action: StackAction
    change_set: ChangeSet | None = None
    note: str = ""
    error: FlowopsError | None = None

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        """Return the resources that would change."""
        return self.change_set.changes if self.change_set else ()

    @property
    def needs_confirmation(self) -> bool:
        """Whether something in AWS would change."""
        return self.action not in (StackAction.NONE, StackAction.FAILED)


@dataclass(frozen=True)
class SecretPlan:
    """A secret without a value that would get one; `source` names the variables or the file, never the value."""

    name: str
    environment: str
    source: str


@dataclass(frozen=True)
class BootstrapPlan:
    """One phase in these accounts, shown before it runs; `follows` are the stacks that can only be planned after it."""

    accounts: tuple[str, ...]
    stacks: tuple[StackPlan, ...]
    secrets: tuple[SecretPlan, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def needs_confirmation(self) -> bool:
        """Whether something in AWS would change."""
        return bool(self.secrets) or any(it.needs_confirmation for it in self.stacks)


class StackOutcome(Enum):
    """What became of one stack."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    NOT_RUN = "not-run"

    @property
    def changed(self) -> bool:
        """Whether the stack is another one now."""
        return self in (StackOutcome.CREATED, StackOutcome.UPDATED)


@dataclass(frozen=True)
class StackResult:
    """One stack of a bootstrap; `error` says why it is not done, `touched` that it is another one all the same."""

    account: str
    stack: str
    outcome: StackOutcome
    error: FlowopsError | None = None
    touched: bool = False


@dataclass(frozen=True)
class SecretResult:
    """One secret: whether it has a value now, and the command that sets it where it has none."""

    name: str
    filled: bool
    note: str = ""


@dataclass(frozen=True)
class BootstrapResult:
    """A finished bootstrap; `problems` are what went wrong beside the stacks: secrets, discovery, rendering."""

    stacks: tuple[StackResult, ...]
    secrets: tuple[SecretResult, ...] = ()
    facts: Facts | None = None
    rendered: RenderResult | None = None
    problems: tuple[FlowopsError, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """Return 0 when all is done, 3 when something changed and something is not done, 1 when nothing changed.

        A refusal, missing credentials or an interrupt of one stack wins as `errors.EXIT_RANK` says.
        """
        undone = [it for it in self.stacks if it.outcome in (StackOutcome.FAILED, StackOutcome.NOT_RUN)]
        if not undone and not self.problems:
            return Exit.FINE
        changed = any(it.outcome.changed or it.touched for it in self.stacks)
        causes = {it.error.exit_code for it in undone if it.error} | {it.exit_code for it in self.problems}
        return worst({Exit.PARTLY_DONE if changed else _alone(causes), *causes})


def _alone(causes: set[Exit]) -> Exit:
    """Return FAILED, unless every cause has a milder code of its own (a declined question)."""
    return Exit.FINE if causes and causes <= {Exit.DECLINED, Exit.LOCKED} else Exit.FAILED
