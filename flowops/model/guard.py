"""May this run change what its plans show? Pure rules on parsed plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from shlex import quote

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.deployment import Environment
from flowops.model.run import RunRequest, Verb


@dataclass(frozen=True)
class Allowed:
    """Nothing changes, so nobody is asked."""


@dataclass(frozen=True)
class NeedsConfirmation:
    """People decide: `--yes` answers it, and where `name` is set also `--confirm NAME`."""

    name: str = ""


@dataclass(frozen=True)
class Forbidden:
    """Refused; `reasons` are sentences, `flags` what to add to the command to allow it."""

    reasons: tuple[str, ...]
    flags: tuple[str, ...]


Verdict = Allowed | NeedsConfirmation | Forbidden


def evaluate(request: RunRequest, environment: Environment, plans: Iterable[Plan]) -> Verdict:
    """Return whether these plans may run.

    A stateful delete or replace needs its own flag even with `--yes`; in a destroy of a whole layer or environment
    `--confirm ENV` covers deletes, unless the environment is protected.
    """
    changing = [plan for plan in plans if not plan.empty]
    if not changing:
        return Allowed()
    refused = [(plan, change) for plan in changing for change in _unallowed(request, environment, plan)]
    if refused:
        reasons = tuple(_reason(plan, change) for plan, change in refused)
        return Forbidden(reasons, tuple(_flag(plan, change) for plan, change in refused))
    named = environment.protected or request.verb is Verb.DESTROY
    return NeedsConfirmation(environment.name if named else "")


def _unallowed(request: RunRequest, environment: Environment, plan: Plan) -> Iterator[ResourceChange]:
    whole = request.verb is Verb.DESTROY and request.unit is None and not environment.protected
    for change in plan.changes:
        if not change.stateful or (whole and change.action is Action.DELETE):
            continue
        globs = request.allow_replace if change.action is Action.REPLACE else request.allow_destroy
        if not any(_names(plan.address(change), glob) for glob in globs):
            yield change


def _names(address: str, glob: str) -> bool:
    """Say whether a glob of the command line names an address; brackets are terraform's indexes, not classes."""
    return fnmatchcase(address, glob.replace("[", "[[]"))


def unseen(shown: Plan | None, planned: Plan) -> tuple[ResourceChange, ...]:
    """Return the deletes and replaces of `planned` that `shown` did not have."""
    known = {(it.address, it.action) for it in shown.changes} if shown else set()
    dangerous = (it for it in planned.changes if it.action in (Action.DELETE, Action.REPLACE))
    return tuple(it for it in dangerous if (it.address, it.action) not in known)


def _reason(plan: Plan, change: ResourceChange) -> str:
    verb = "replace" if change.action is Action.REPLACE else "delete"
    why = f" ({change.reason})" if change.reason else ""
    return f"the plan would {verb} {plan.address(change)}, which holds data{why}"


def _flag(plan: Plan, change: ResourceChange) -> str:
    name = "--allow-replace" if change.action is Action.REPLACE else "--allow-destroy"
    return f"{name} {quote(plan.address(change))}"
