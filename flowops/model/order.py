"""What deletes data goes last: a rule on the plans of one apply, and the order that keeps it.

A component that was switched off no longer depends on its database, so the graph does not say who used it until now.
Every other unit that changes may be that one, but for those that the deleting unit itself stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowops.model.changes import Plan, ResourceChange
from flowops.model.deployment import Unit
from flowops.model.graph import Graph


@dataclass(frozen=True)
class Loss:
    """One plan that deletes or replaces what holds data, and the units that change too and may still use it."""

    plan: Plan
    users: tuple[Unit, ...]

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        """Return the changes that lose data."""
        return losses(self.plan)


def losses(plan: Plan) -> tuple[ResourceChange, ...]:
    """Return the changes of a plan that delete or replace what holds data."""
    return tuple(it for it in plan.changes if it.stateful)


def too_early(graph: Graph, plans: Iterable[Plan]) -> tuple[Loss, ...]:
    """Return each plan that would lose data while another unit changes that may still use it; none is fine."""
    changing = {plan.unit: plan for plan in plans if not plan.empty}
    found = []
    for unit, plan in sorted(changing.items()):
        users = changing.keys() - {unit} - graph.upstream(unit)
        if losses(plan) and users:
            found.append(Loss(plan, tuple(sorted(users))))
    return tuple(found)


def one_by_one(graph: Graph, plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Return the plans that change something in the order in which each can be applied alone.

    First those that lose no data, in the order of the graph; then those that do, dependents first.
    """
    changing = {plan.unit: plan for plan in plans if not plan.empty}
    ordered = [changing[unit] for wave in graph.waves(changing) for unit in wave]
    keeping = [plan for plan in ordered if not losses(plan)]
    losing = [plan for plan in reversed(ordered) if losses(plan)]
    return (*keeping, *losing)
