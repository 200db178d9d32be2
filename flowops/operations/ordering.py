"""An apply in the wrong order is refused, with the commands in the right one: data goes last, and mocks go nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from flowops.errors import Refused
from flowops.model.changes import Action, Plan
from flowops.model.deployment import Unit
from flowops.model.graph import Graph
from flowops.model.order import Loss, losses, one_by_one, too_early
from flowops.model.run import RunRequest, Verb
from flowops.operations.approval import command_of


def check_order(request: RunRequest, graph: Graph, plans: Mapping[Unit, Plan]) -> None:
    """Raise Refused where data would go while a unit that may still use it changes in the same apply.

    No flag lifts it: alone, the deleting unit may run. A destroy takes dependents first anyway.
    """
    found = too_early(graph, plans.values()) if request.verb is Verb.APPLY else ()
    if found:
        commands = [_alone(request, plan) for plan in one_by_one(graph, plans.values())]
        raise Refused(
            f"Refused: {'; '.join(map(_said, found))}.",
            not_done="Nothing was changed. What deletes data goes last, when nothing uses it any more.",
            next_step="one unit at a time, in this order:\n" + "\n".join(f"  {it}" for it in commands),
        )


def early_losses(graph: Graph, plans: Iterable[Plan]) -> list[str]:
    """Return a sentence for each unit that would lose data while others change that may still use it."""
    return [_said(it) for it in too_early(graph, plans)]


def check_mocks(request: RunRequest, graph: Graph, plans: Mapping[Unit, Plan], missing: Collection[Unit]) -> None:
    """Raise Refused where a unit would be applied on mocks: what it reads outputs of has none and is not among `plans`.

    `missing` are the units without outputs.
    """
    for unit, plan in sorted(plans.items()):
        absent = sorted(graph.dependencies.get(unit, frozenset()) & set(missing) - plans.keys())
        if request.verb is Verb.APPLY and plan.mocked and absent:
            first = "\n".join(f"  {command_of(_at(request, it))}" for it in absent)
            raise Refused(
                f"{unit.id} cannot be applied: {', '.join(it.id for it in absent)} has no outputs yet, and is not "
                "applied in this run.",
                next_step=f"first what it reads, then this one:\n{first}\n  {command_of(request)}",
            )


def _at(request: RunRequest, unit: Unit) -> RunRequest:
    """Return the request for one unit, also where a resumed run asked for more; no loss is allowed by it."""
    one = replace(request, layer=unit.layer, unit=unit.name, units=(), resumes="")
    return replace(one, allow_replace=(), allow_destroy=())


def _said(loss: Loss) -> str:
    doomed = ", ".join(f"{it.action.value} {loss.plan.address(it)}" for it in loss.changes)
    users = ", ".join(unit.id for unit in loss.users)
    return f"{loss.plan.unit.id} would lose data ({doomed}) while {users} would change, too, and may still use it"


def _alone(request: RunRequest, plan: Plan) -> str:
    """Return the command that applies one unit, with the flags that its own losses need and no others."""
    lost = losses(plan)
    return command_of(
        replace(
            _at(request, plan.unit),
            allow_replace=tuple(plan.address(it) for it in lost if it.action is Action.REPLACE),
            allow_destroy=tuple(plan.address(it) for it in lost if it.action is Action.DELETE),
        )
    )
