"""What a saved plan was made on, and what is said when that has moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.binding import Fingerprint, SavedPlan, inputs_of, moved
from flowops.model.state import Output, UnitState
from tests.fakes import tree

MADE_ON = Fingerprint(
    SavedPlan("abc", 7, "one"),
    {"deployments/root.hcl": "1", "deployments/dev/env.hcl": "2"},
    lock="3",
    account="222222222222",
    tools={"terraform": "1.11.4"},
    inputs={"dev/foundation/vpc": "4"},
)
STATE = UnitState(7, "one", 3)
NEW = replace(MADE_ON, plan=SavedPlan("abc"))


@pytest.mark.parametrize(
    ("now", "state", "said"),
    [
        (replace(MADE_ON, plan=SavedPlan("xyz", 7, "one")), STATE, "the plan file is not the one that was shown"),
        (replace(MADE_ON, plan=SavedPlan("")), STATE, "the plan file is gone, or is no plan"),
        (MADE_ON, replace(STATE, serial=8), "state serial 7 → 8: somebody applied in between"),
        (MADE_ON, replace(STATE, serial=6), "state serial 7 → 6: an older version was put back"),
        (MADE_ON, replace(STATE, lineage="two"), "state lineage one → two: it is another state"),
        (MADE_ON, None, "the state with serial 7 is gone"),
        (replace(MADE_ON, files={**MADE_ON.files, "deployments/dev/env.hcl": "9"}), STATE, "dev/env.hcl changed"),
        (replace(MADE_ON, files={**MADE_ON.files, "deployments/x.hcl": "9"}), STATE, "deployments/x.hcl is new"),
        (replace(MADE_ON, files={"deployments/root.hcl": "1"}), STATE, "deployments/dev/env.hcl is gone"),
        (replace(MADE_ON, lock="9"), STATE, "the lock file of the providers changed"),
        (replace(MADE_ON, account="333333333333"), STATE, "account 222222222222 → 333333333333"),
        (replace(MADE_ON, tools={"terraform": "1.12.0"}), STATE, "terraform 1.11.4 → 1.12.0"),
        (replace(MADE_ON, inputs={"dev/foundation/vpc": "9"}), STATE, "outputs of dev/foundation/vpc changed"),
    ],
)
def test_whatever_moved_is_the_one_thing_that_is_said(now: Fingerprint, state: UnitState | None, said: str) -> None:
    (found,) = moved(MADE_ON, now, state)
    assert said in found


def test_nothing_is_said_where_nothing_moved() -> None:
    assert moved(MADE_ON, MADE_ON, STATE) == ()
    assert moved(NEW, NEW, None) == ()


def test_a_state_that_has_appeared_since_is_said_of_a_unit_that_had_none() -> None:
    assert moved(NEW, NEW, UnitState(1, "one", 3)) == ("state serial 0 → 1: somebody applied in between",)


def test_a_unit_that_was_applied_and_has_no_outputs_changed_nothing_for_those_who_read_it() -> None:
    vpc = tree.unit("foundation/vpc")
    assert inputs_of({vpc: None}) == inputs_of({vpc: STATE})
    assert inputs_of({vpc: None}) != inputs_of({vpc: replace(STATE, outputs={"id": Output("vpc-1")})})


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_two_trees_have_one_hash_only_where_they_are_the_same(one: dict[str, str], other: dict[str, str]) -> None:
    same = replace(MADE_ON, files=one).tree == replace(MADE_ON, files=other).tree
    assert same == (one == other)


def test_what_is_written_down_holds_no_hash_of_an_output() -> None:
    state = UnitState(1, "one", 1, {"password": Output("secret", sensitive=True)})
    inputs = inputs_of({tree.unit("foundation/vpc"): state})
    made_on = replace(MADE_ON, inputs=inputs)
    assert inputs["dev/foundation/vpc"] not in f"{made_on} {made_on.record()}"
