"""Bootstrap plans and results, and rendered files, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Pointed, Result, described
from flowops.cli.view.tables import rows_table, table
from flowops.model.bootstrap import BootstrapPlan, BootstrapResult, StackOutcome, StackPlan
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.stack_changes import ChangeAction, Replacement, ResourceChange
from flowops.model.stack_drift import DriftedResource

LONGEST_VALUE = 80
"""Letters of a drifted property that are shown; policies can have thousands."""

_STYLE = {ChangeAction.ADD: "green", ChangeAction.MODIFY: "yellow", ChangeAction.REMOVE: "red"}


def plan_table(plan: BootstrapPlan) -> RenderableType:
    """Return what one phase would change: every resource of every stack, the dangerous ones in red."""
    made = table(f"Bootstrap of {', '.join(plan.accounts)}", "stack", "action", "resource", "type")
    for stack in plan.stacks:
        _stack_rows(made, stack)
    parts: list[RenderableType] = [made]
    for stack in plan.stacks:
        parts += map(Text, _remarks(stack))
    parts += [f"Secret {it.name} gets its first value from {it.source}." for it in plan.secrets]
    if plan.follows:
        parts.append(f"Planned after this: {', '.join(plan.follows)}.")
    return Group(*parts)


def _stack_rows(made: Any, stack: StackPlan) -> None:
    made.add_row(stack.spec.id, stack.action.value, "", "")
    for change in stack.changes:
        made.add_row("", Text(_verb(change), style=_style(change)), change.logical_id, change.type)


def _remarks(stack: StackPlan) -> Iterator[str]:
    """Yield what is to be known about a stack before it is changed, a line for each thing."""
    remark = stack.error.happened if stack.error else stack.note
    if remark:
        yield _about(stack.spec.id, remark)
    touched = {change.logical_id for change in stack.changes}
    for fate, hit in (("the update overwrites this or fails on it", True), ("the update does not touch this", False)):
        drifted = [it for it in stack.drift.resources if (it.logical_id in touched) is hit]
        if drifted:
            yield f"{stack.spec.id}: changed behind its back; {fate}:"
        for resource in drifted:
            yield from _drifted(resource)
    if stack.drift.trouble:
        yield f"{stack.spec.id}: whether it was changed behind its back cannot be told: {stack.drift.trouble}"


def _about(stack: str, text: str) -> str:
    """Return a text with the stack it is about, unless it says so itself."""
    return text if stack in text.partition("\n")[0] else f"{stack}: {text}"


def _drifted(resource: DriftedResource) -> Iterator[str]:
    if resource.deleted:
        yield f"  {resource.logical_id} ({resource.type}) was deleted"
    for it in resource.properties:
        values = f"{_short(it.expected)} in its template, {_short(it.actual)} now"
        yield f"  {resource.logical_id} ({resource.type}) {it.path}: {values}"


def _short(value: str) -> str:
    """Return a value, or as much of it as tells it from others."""
    return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"


def _verb(change: ResourceChange) -> str:
    if change.replacement is Replacement.NEVER:
        return change.action.value.lower()
    return "replace" if change.replacement is Replacement.ALWAYS else "perhaps replace"


def _style(change: ResourceChange) -> str:
    return "bold red" if change.loses else _STYLE.get(change.action, "")


def bootstrap_result(result: BootstrapResult, pointed: Pointed) -> Result:
    """Return what became of each stack, secret and rendered file; `pointed` leads the commands in it."""
    stacks = [
        (f"{it.account}/{it.stack}", it.outcome.value, it.error.happened if it.error else "") for it in result.stacks
    ]
    parts: list[RenderableType] = [rows_table("Bootstrap", ("stack", "outcome", "why"), stacks)]
    if result.secrets:
        secrets = [(it.name, "set" if it.filled else "not set", pointed(it.note)) for it in result.secrets]
        parts.append(rows_table("Secrets", ("secret", "value", "note"), secrets))
    if result.rendered:
        parts.append(_rendered_table(result.rendered, pointed))
    errors = [error for it in result.stacks for error in it.errors] + list(result.problems)
    parts += [Text(pointed(text)) for text in _explanations(result)]
    data = {
        "stacks": [{"stack": name, "outcome": outcome, "reason": why} for name, outcome, why in stacks],
        "secrets": [{"secret": it.name, "set": it.filled, "note": pointed(it.note)} for it in result.secrets],
        "files": _files(result.rendered, pointed) if result.rendered else [],
    }
    return Result("bootstrap", data, Group(*parts), result.exit_code, tuple(described(it, pointed) for it in errors))


def _explanations(result: BootstrapResult) -> tuple[str, ...]:
    """Return what went wrong, each thing once: many a stack is not run because of the same one."""
    failed = [
        _about("/".join(it.key), str(it.error))
        for it in result.stacks
        if it.error and it.outcome is StackOutcome.FAILED
    ]
    others = [str(it.error) for it in result.stacks if it.error and it.outcome is not StackOutcome.FAILED]
    lifted = [str(it.lifted) for it in result.stacks if it.lifted]
    return tuple(dict.fromkeys((*failed, *lifted, *others, *map(str, result.problems))))


def render_result(result: RenderResult, pointed: Pointed) -> Result:
    """Return what became of each file that has a template; `pointed` leads the commands in it."""
    return Result("render", _files(result, pointed), _rendered_table(result, pointed), result.exit_code)


def _rendered_table(result: RenderResult, pointed: Pointed) -> RenderableType:
    rows = [(it.path, it.state.value, pointed(it.why)) for it in result.files]
    return rows_table("Rendered files", ("file", "state", "why"), rows)


def _files(result: RenderResult, pointed: Pointed) -> list[dict[str, Any]]:
    return [{"file": str(it.path), "state": it.state.value, "reason": pointed(it.why)} for it in result.files]


def facts_result(facts: Facts) -> Result:
    """Return what discovery found, account by account."""
    rows = [("organization", "id", facts.organization.id)]
    rows += [("management", "id", facts.organization.management_account)]
    for name, account in facts.accounts.items():
        rows += [(name, "id", account.id), *((name, key, value) for key, value in sorted(account.outputs.items()))]
    for name, environment in facts.environments.items():
        rows += [(f"access of {name}", key, value) for key, value in sorted(environment.outputs.items())]
    data = [{"where": where, "name": key, "value": value} for where, key, value in rows]
    return Result("discover", data, rows_table("Facts", ("where", "name", "value"), rows))
