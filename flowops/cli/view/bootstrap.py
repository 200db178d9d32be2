"""Bootstrap plans and results, and rendered files, as tables and as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Result
from flowops.cli.view.tables import rows_table, table
from flowops.model.bootstrap import BootstrapPlan, BootstrapResult, StackPlan
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.stack_changes import ChangeAction, Replacement, ResourceChange

_STYLE = {ChangeAction.ADD: "green", ChangeAction.MODIFY: "yellow", ChangeAction.REMOVE: "red"}


def plan_table(plan: BootstrapPlan) -> RenderableType:
    """Return what one phase would change: every resource of every stack, the dangerous ones in red."""
    made = table(f"Bootstrap of {', '.join(plan.accounts)}", "stack", "action", "resource", "type")
    for stack in plan.stacks:
        _stack_rows(made, stack)
    parts: list[RenderableType] = [made]
    parts += [f"Secret {it.name} gets its first value from {it.source}." for it in plan.secrets]
    if plan.follows:
        parts.append(f"Planned after this: {', '.join(plan.follows)}.")
    return Group(*parts)


def _stack_rows(made: Any, stack: StackPlan) -> None:
    remark = stack.error.happened if stack.error else stack.note
    made.add_row(stack.spec.id, stack.action.value, Text(remark), "")
    for change in stack.changes:
        made.add_row("", Text(_verb(change), style=_style(change)), change.logical_id, change.type)


def _verb(change: ResourceChange) -> str:
    if change.replacement is Replacement.NEVER:
        return change.action.value.lower()
    return "replace" if change.replacement is Replacement.ALWAYS else "perhaps replace"


def _style(change: ResourceChange) -> str:
    return "bold red" if change.loses else _STYLE.get(change.action, "")


def bootstrap_result(result: BootstrapResult, pointed: Callable[[str], str]) -> Result:
    """Return what became of each stack, secret and rendered file; `pointed` leads the commands in it."""
    stacks = [
        (f"{it.account}/{it.stack}", it.outcome.value, it.error.happened if it.error else "") for it in result.stacks
    ]
    parts: list[RenderableType] = [rows_table("Bootstrap", ("stack", "outcome", "why"), stacks)]
    if result.secrets:
        secrets = [(it.name, "set" if it.filled else "not set", it.note) for it in result.secrets]
        parts.append(rows_table("Secrets", ("secret", "value", "note"), secrets))
    if result.rendered:
        parts.append(_rendered_table(result.rendered))
    errors = [it.error for it in result.stacks if it.error] + list(result.problems)
    parts += [pointed(f"{error}") for error in errors]
    data = {
        "stacks": [{"stack": name, "outcome": outcome, "reason": why} for name, outcome, why in stacks],
        "secrets": [{"secret": it.name, "set": it.filled, "note": it.note} for it in result.secrets],
        "files": _files(result.rendered) if result.rendered else [],
    }
    return Result("bootstrap", data, Group(*parts), result.exit_code, tuple(error.happened for error in errors))


def render_result(result: RenderResult) -> Result:
    """Return what became of each file that has a template."""
    return Result("render", _files(result), _rendered_table(result), result.exit_code)


def _rendered_table(result: RenderResult) -> RenderableType:
    rows = [(it.path, it.state.value, it.reason) for it in result.files]
    return rows_table("Rendered files", ("file", "state", "why"), rows)


def _files(result: RenderResult) -> list[dict[str, Any]]:
    return [{"file": str(it.path), "state": it.state.value, "reason": it.reason} for it in result.files]


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
