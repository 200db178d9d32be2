"""A bootstrap: what each phase would do, what became of each stack, and the exit code that follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from flowops.errors import Exit, FlowopsError, worst
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.stack_changes import ChangeSet, ResourceChange
from flowops.model.stack_drift import StackDrift
from flowops.model.stacks import StackSpec

_BARE = re.compile(r"\bflowops bootstrap(?=[,;]|$)")


@dataclass(frozen=True)
class BootstrapRequest:
    """What the command line says; no `accounts` means all, the others are LOGICAL_ID or ACCOUNT/LOGICAL_ID.

    `allow_replace` may be replaced or removed, `skip` is left out of a rollback that failed on it, `retain` stays
    behind when a failed stack is deleted.
    """

    accounts: tuple[str, ...] = ()
    allow_replace: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    retain: tuple[str, ...] = ()

    def command(
        self, *, allow_replace: Iterable[str] = (), skip: Iterable[str] = (), retain: Iterable[str] = ()
    ) -> str:
        """Return the command line that says this, and these names besides: never more than what was asked for."""
        named = {
            "--allow-replace": (*self.allow_replace, *allow_replace),
            "--skip-resource": (*self.skip, *skip),
            "--retain-resource": (*self.retain, *retain),
        }
        options = (f"{option} {name}" for option, names in named.items() for name in dict.fromkeys(names))
        return " ".join(("flowops bootstrap", *self.accounts, *options))

    def spelled(self, account: str, logical_id: str) -> str:
        """Return how this request has to name a resource: with its account where others have one of that name."""
        return logical_id if len(self.accounts) == 1 else f"{account}/{logical_id}"

    def addressed(self, error: FlowopsError) -> FlowopsError:
        """Return the error of somebody who knows no request, with this one's command as its next step."""
        error.next_step = _BARE.sub(lambda _: self.command(), error.next_step)
        return error


def named_in(names: Iterable[str], account: str) -> frozenset[str]:
    """Return the logical ids that LOGICAL_ID and ACCOUNT/LOGICAL_ID name in an account."""
    parted = (it.rpartition("/") for it in names)
    return frozenset(logical_id for place, _, logical_id in parted if place in ("", account))


class StackAction(Enum):
    """What a phase does with one stack; SECURE only switches its protections on, CLEAR deletes an empty failed one.

    After CLEAR, DELETE_AGAIN and ROLL_BACK the stack can be planned like any other.
    """

    CREATE = "create"
    UPDATE = "update"
    SECURE = "secure"
    CLEAR = "clear"
    DELETE_AGAIN = "delete again"
    ROLL_BACK = "continue rollback"
    NONE = "no changes"
    FAILED = "cannot be planned"

    @property
    def prepares(self) -> bool:
        """Whether the stack is planned anew afterwards, in the same bootstrap."""
        return self in (StackAction.CLEAR, StackAction.DELETE_AGAIN, StackAction.ROLL_BACK)


@dataclass(frozen=True)
class StackPlan:
    """What a phase would do with one stack; `note` says why where the action does not.

    `removals` are the resources that deleting it again takes along, `names` the logical ids that a rollback skips or
    a deletion leaves behind.
    """

    spec: StackSpec
    action: StackAction
    change_set: ChangeSet | None = None
    note: str = ""
    error: FlowopsError | None = None
    drift: StackDrift = field(default_factory=StackDrift)
    removals: tuple[ResourceChange, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        """Return the resources that would change."""
        return self.change_set.changes if self.change_set else self.removals

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
    """What became of one stack.

    RECOVERED needed nothing but what brought it back to a good status; PREPARED is a failed one that can be planned
    again, which a finished bootstrap has none of.
    """

    CREATED = "created"
    UPDATED = "updated"
    RECOVERED = "recovered"
    PREPARED = "prepared"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    NOT_RUN = "not-run"

    @property
    def changed(self) -> bool:
        """Whether the stack is another one now."""
        return self not in (StackOutcome.UNCHANGED, StackOutcome.FAILED, StackOutcome.NOT_RUN)


@dataclass(frozen=True)
class StackResult:
    """One stack of a bootstrap; `error` says why it is not done, `touched` that it is another one all the same.

    `lifted` says what to do about a stack policy that could not be put back in force.
    """

    account: str
    stack: str
    outcome: StackOutcome
    error: FlowopsError | None = None
    touched: bool = False
    lifted: FlowopsError | None = None

    @property
    def errors(self) -> tuple[FlowopsError, ...]:
        """Return what went wrong with it, the cause first."""
        return tuple(it for it in (self.error, self.lifted) if it)

    @property
    def key(self) -> tuple[str, str]:
        """Return account and stack."""
        return self.account, self.stack

    def after_preparation(self) -> StackResult:
        """Return it as the result of a stack that was brought back from a failed status before."""
        if self.outcome is StackOutcome.UNCHANGED:
            return replace(self, outcome=StackOutcome.RECOVERED)
        return replace(self, touched=True)


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
        causes = {error.exit_code for it in undone for error in it.errors} | {it.exit_code for it in self.problems}
        return worst({Exit.PARTLY_DONE if changed else _alone(causes), *causes})


def _alone(causes: set[Exit]) -> Exit:
    """Return FAILED, unless every cause has a milder code of its own (a declined question)."""
    return Exit.FINE if causes and causes <= {Exit.DECLINED, Exit.LOCKED} else Exit.FAILED
