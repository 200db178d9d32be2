"""Whatever changes, whatever fails: order, outcomes and exit code of an apply and a destroy hold together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.errors import Exit
from flowops.model.changes import Action
from flowops.model.deployment import Unit
from flowops.model.job import Step
from flowops.model.run import Outcome, Run
from tests.fakes import tree
from tests.fakes.run import World, change, world
from tests.unit.operations.runs import apply, destroy

PATHS = tuple(tree.EDGES)
GRAPH = tree.graph(tree.environment())
subsets = st.sets(st.sampled_from(PATHS))


def standing(failing: set[str]) -> World:
    made = world().standing(*PATHS)
    made.engine.failing = {(Step.APPLY_SAVED, tree.unit(path)): "no" for path in failing}
    return made


def carried_out(made: World) -> list[Unit]:
    return [unit for job in made.engine.jobs if job.step is Step.APPLY_SAVED for unit in job.units]


def holds(run: Run, made: World, waits_for: dict[Unit, frozenset[Unit]]) -> None:
    found = {it.unit: it for it in run.units}
    assert set(found) == set(tree.environment().units)
    order = carried_out(made)
    assert len(order) == len(set(order))
    for place, unit in enumerate(order):
        assert not waits_for[unit] & set(order[place:])
        assert all(found[it].outcome.done for it in waits_for[unit])
    for unit, it in found.items():
        undone = [other for other in waits_for[unit] if not found[other].outcome.done]
        assert (it.outcome is Outcome.BLOCKED) == bool(undone)
    everything = all(it.outcome.done for it in run.units)
    assert (run.exit_code is Exit.FINE) == everything
    if run.exit_code is Exit.FAILED:
        assert not any(it.outcome.changed for it in run.units)


@settings(max_examples=60, deadline=None)
@given(subsets, subsets, subsets)
def test_an_apply(changing: set[str], announcing: set[str], failing: set[str]) -> None:
    made = standing(failing)
    for path in changing:
        made.changing(path, change(Action.UPDATE), outputs=("id",) if path in announcing else ())
    run = apply(made, "dev")
    holds(run, made, {unit: GRAPH.upstream(unit) for unit in GRAPH.units})
    assert set(carried_out(made)) <= {tree.unit(path) for path in changing}


@settings(max_examples=60, deadline=None)
@given(subsets)
def test_a_destroy(failing: set[str]) -> None:
    made = standing(failing)
    run = destroy(made, "dev")
    holds(run, made, {unit: GRAPH.dependents(unit) for unit in GRAPH.units})
