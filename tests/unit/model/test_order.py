"""What deletes data goes last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.graph import Graph
from flowops.model.order import losses, one_by_one, too_early
from tests.unit.model.test_graph import acyclic

KINDS = {
    "unchanged": (),
    "changed": (ResourceChange("x.this", "aws_vpc", Action.UPDATE),),
    "deleted": (ResourceChange("x.this", "aws_vpc", Action.DELETE),),
    "lost": (ResourceChange("db.this", "aws_db_instance", Action.DELETE),),
    "renewed": (ResourceChange("db.this", "aws_db_instance", Action.REPLACE),),
}


@st.composite
def planned(draw: st.DrawFn) -> tuple[Graph, tuple[Plan, ...]]:
    graph = draw(acyclic())
    return graph, tuple(Plan(unit, draw(st.sampled_from(list(KINDS.values())))) for unit in graph.units)


@given(planned())
def test_an_apply_is_too_early_exactly_where_data_goes_beside_a_change_that_is_not_upstream(
    given: tuple[Graph, tuple[Plan, ...]],
) -> None:
    graph, plans = given
    changing = {plan.unit for plan in plans if not plan.empty}
    for loss in (found := too_early(graph, plans)):
        assert loss.changes
        assert set(loss.users) == changing - {loss.plan.unit} - graph.upstream(loss.plan.unit)
        assert loss.users
    silent = [plan for plan in plans if losses(plan) and plan.unit not in {it.plan.unit for it in found}]
    assert all(changing - {plan.unit} <= graph.upstream(plan.unit) for plan in silent)


@given(planned())
def test_one_by_one_is_every_change_once_and_never_too_early(given: tuple[Graph, tuple[Plan, ...]]) -> None:
    graph, plans = given
    order = one_by_one(graph, plans)
    assert sorted(it.unit for it in order) == sorted(it.unit for it in plans if not it.empty)
    assert all(too_early(graph, [it]) == () for it in order)
    kept = [it.unit for it in order if not losses(it)]
    lost = [it.unit for it in order if losses(it)]
    assert [it.unit for it in order] == kept + lost
    for place, unit in enumerate(kept):
        assert not graph.upstream(unit) & set(kept[place:])
    for place, unit in enumerate(lost):
        assert not graph.dependents(unit) & set(lost[place:])


@given(planned())
def test_nothing_is_too_early_where_no_data_goes(given: tuple[Graph, tuple[Plan, ...]]) -> None:
    graph, plans = given
    assert too_early(graph, [it for it in plans if not losses(it)]) == ()
