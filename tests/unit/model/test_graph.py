"""Order and waves."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.deployment import Unit
from flowops.model.graph import CyclicDependencies, Graph
from tests.fakes import tree


def unit(number: int) -> Unit:
    return Unit("dev", "foundation", f"u{number:02d}", PurePosixPath(f"dev/foundation/u{number:02d}"))


@st.composite
def acyclic(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(1, 12))
    return Graph(
        {unit(it): frozenset(map(unit, draw(st.sets(st.integers(0, it - 1))) if it else ())) for it in range(size)}
    )


@given(acyclic(), st.data())
def test_everything_a_unit_needs_is_in_an_earlier_wave(graph: Graph, data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(graph.units)))
    waves = graph.waves(chosen)
    assert sorted(it for wave in waves for it in wave) == sorted(chosen)
    position = {it: number for number, wave in enumerate(waves) for it in wave}
    for it in chosen:
        assert all(position[needed] < position[it] for needed in graph.upstream(it) & chosen)


@given(acyclic())
def test_dependents_and_upstream_mirror_each_other(graph: Graph) -> None:
    for one in graph.units:
        assert all(one in graph.upstream(other) for other in graph.dependents(one))
        assert one not in graph.upstream(one)


def test_order_holds_across_a_unit_that_is_not_selected() -> None:
    graph = tree.graph(tree.environment())
    vpc, components = tree.unit("foundation/vpc"), tree.unit("foundation/eks-components")
    assert graph.waves([components, vpc]) == ((vpc,), (components,))


def test_a_circle_is_printed_whole() -> None:
    with pytest.raises(CyclicDependencies, match="u00 → dev/foundation/u02 → dev/foundation/u01 → dev/foundation/u00"):
        Graph({unit(0): frozenset({unit(2)}), unit(1): frozenset({unit(0)}), unit(2): frozenset({unit(1)})})
