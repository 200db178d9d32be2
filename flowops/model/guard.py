"""May this run change what its plans show? Pure rules on parsed plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.deployment import Environment
from flowops.model.evidence import recover_command
from flowops.model.rules import judge, names
from flowops.model.run import RunRequest, Verb
from flowops.model.safeguards import NO_RULES, GuardRules, Safeguard

TAINTED = "replace_because_tainted"


@dataclass(frozen=True)
class Allowed:
    """Nothing changes, so nobody is asked."""


@dataclass(frozen=True)
class NeedsConfirmation:
    """People decide: `--yes` answers it, and where `name` is set also `--confirm NAME`."""

    name: str = ""


@dataclass(frozen=True)
class Forbidden:
    """Refused; `reasons` are sentences, `flags` what to add to the command to allow it.

    `commands` mend it without allowing anything; what is `final` no flag allows.
    """

    reasons: tuple[str, ...]
    flags: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    final: bool = False


Verdict = Allowed | NeedsConfirmation | Forbidden


def evaluate(
    request: RunRequest,
    environment: Environment,
    plans: Iterable[Plan],
    rules: GuardRules = NO_RULES,
    account: str = "",
) -> Verdict:
    """Return whether these plans may run in `account`.

    A stateful delete or replace needs its own flag even with `--yes`; in a destroy of a whole layer or environment
    `--confirm ENV` covers deletes, unless the environment is protected. What another account is for, or a rule of the
    project refuses, nothing allows.
    """
    changing = [plan for plan in plans if not plan.empty]
    if not changing:
        return Allowed()
    final = (*_strangers(environment, changing, account), *map(str, judge(rules.rules, changing).refusals))
    lost = [(plan, change) for plan in changing for change in _unallowed(request, environment, plan)]
    crowd = tuple(_too_many(request, changing, rules))
    if final or lost or crowd:
        flags = (*(_flag(plan, change) for plan, change in lost), *(_WITHOUT_MAXIMUM for _ in crowd))
        commands = tuple(_untaint(plan, change) for plan, change in lost if change.reason == TAINTED)
        reasons = (*final, *(_reason(plan, change) for plan, change in lost), *crowd)
        return Forbidden(reasons, flags, commands, final=bool(final))
    named = environment.protected or request.verb is Verb.DESTROY
    return NeedsConfirmation(environment.name if named else "")


def is_blind_to_creates(request: RunRequest, rules: GuardRules) -> bool:
    """Return whether the verdict on plans that only create is the same whatever they create, and how much.

    Planned again they may create other resources, and more: that matters to a maximum, and to a rule about creates.
    """
    return not _limited(request, rules) and not any(it.objects_to_creates for it in rules.rules)


_WITHOUT_MAXIMUM = f"--without-safeguard {Safeguard.MAX_CHANGES.value}"


def _strangers(environment: Environment, plans: Iterable[Plan], account: str) -> Iterator[str]:
    """Yield a sentence for each plan whose provider works in another account than the run."""
    for plan in plans:
        if account and plan.accounts and account not in plan.accounts:
            listed = ", ".join(plan.accounts)
            yield f"the plan of {plan.unit.id} is for account {listed}, but {environment.name} is account {account}"


def _too_many(request: RunRequest, plans: Iterable[Plan], rules: GuardRules) -> Iterator[str]:
    """Yield a sentence where an apply changes more than the project wants at once; a destroy says what it is."""
    number = sum(len(plan.resource_changes) for plan in plans)
    if rules.max_changes is not None and number > rules.max_changes and _limited(request, rules):
        yield f"the plans would change {number} resources, more than the {rules.max_changes} of guard.max_changes"


def _limited(request: RunRequest, rules: GuardRules) -> bool:
    without = Safeguard.MAX_CHANGES.value in request.without_safeguards
    return rules.max_changes is not None and request.verb is Verb.APPLY and not without


def _unallowed(request: RunRequest, environment: Environment, plan: Plan) -> Iterator[ResourceChange]:
    whole = request.verb is Verb.DESTROY and request.unit is None and not environment.protected
    for change in plan.changes:
        if not change.stateful or (whole and change.action is Action.DELETE):
            continue
        globs = request.allow_replace if change.action is Action.REPLACE else request.allow_destroy
        if not any(names(glob, plan.address(change)) for glob in globs):
            yield change


def unseen(shown: Plan | None, planned: Plan) -> tuple[ResourceChange, ...]:
    """Return the deletes and replaces of `planned`, and what it does to things that hold data, that `shown` had not."""
    known = {(it.address, it.action) for it in shown.changes} if shown else set()
    return tuple(it for it in planned.changes if _dangerous(it) and (it.address, it.action) not in known)


def _dangerous(change: ResourceChange) -> bool:
    if change.precious and change.action in (Action.UPDATE, Action.FORGET):
        return True
    return change.action in (Action.DELETE, Action.REPLACE)


def _reason(plan: Plan, change: ResourceChange) -> str:
    verb = "replace" if change.action is Action.REPLACE else "delete"
    why = f" ({change.reason})" if change.reason else ""
    return f"the plan would {verb} {plan.address(change)}, which holds data{why}"


def _untaint(plan: Plan, change: ResourceChange) -> str:
    """Return the command that tells terraform that what an interruption left behind is whole."""
    return recover_command(plan.unit, "--untaint", plan.address(change))


def _flag(plan: Plan, change: ResourceChange) -> str:
    name = "--allow-replace" if change.action is Action.REPLACE else "--allow-destroy"
    return f"{name} {quote(plan.address(change))}"
