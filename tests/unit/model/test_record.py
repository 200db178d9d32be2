"""A run told from its events, and the request that does its rest."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.errors import UnknownTarget
from flowops.model.deployment import restricted, select
from flowops.model.record import RecordedRun, request_data, request_from, rest_of
from flowops.model.run import Outcome, RunRequest, Verb, WarmProviders
from tests.fakes import tree
from tests.fakes.recorded import APPLY, FOUNDATION, ended, finished, planned, recorded

VPC, EKS = "dev/foundation/vpc", "dev/foundation/eks"
names = st.text(min_size=1, max_size=8)
requests = st.builds(
    RunRequest,
    st.sampled_from(Verb),
    names,
    layer=st.none() | names,
    unit=st.none() | names,
    yes=st.booleans(),
    confirm=names,
    allow_replace=st.lists(names).map(tuple),
    allow_destroy=st.lists(names).map(tuple),
    with_dependents=st.booleans(),
    parallelism=st.none() | st.integers(1, 64),
    warm_providers=st.sampled_from(WarmProviders),
    without_safeguards=st.lists(names).map(tuple),
    units=st.lists(names).map(tuple),
    resumes=names,
)


@given(requests)
def test_a_request_is_read_from_a_journal_as_it_was_written(request: RunRequest) -> None:
    assert request_from(json.loads(json.dumps(request_data(request)))) == request


def test_a_run_says_who_asked_and_what_became_of_each_unit() -> None:
    run = recorded(
        planned(VPC, "foundation/vpc//aws_vpc.this"),
        ended(VPC, "applied"),
        ended(EKS, "failed", "in use"),
        finished(3),
    )
    found = {unit.id: unit for unit in run.units}
    assert set(found) == set(FOUNDATION)
    assert found[VPC].changes == ("change foundation/vpc//aws_vpc.this",)
    assert (found[VPC].outcome, found[VPC].seconds) == (Outcome.APPLIED, 1.5)
    assert (found[EKS].outcome, found[EKS].reason) == (Outcome.FAILED, "in use")
    assert run.who.endswith("DevOpsAdminRole/ann")
    assert (run.exit_code, run.killed) == (3, False)


def test_a_run_that_nobody_let_in_is_its_users() -> None:
    run = recorded()
    assert RecordedRun(run.id, run.events[:1]).who == "ann@laptop"


def test_what_is_left_is_asked_for_with_the_same_flags_and_a_new_agreement() -> None:
    given = replace(APPLY, allow_destroy=("*",), confirm="dev", without_safeguards=("git-clean",))
    request = replace(given, warm_providers=WarmProviders.ALWAYS, parallelism=3)
    outcomes = [ended(name, "applied") for name in FOUNDATION if name != EKS]
    run = recorded(*outcomes, ended(EKS, "drained"), finished(130), request=request)
    assert rest_of(run, RunRequest(Verb.APPLY, "dev", yes=True)) == replace(
        request, confirm="", allow_destroy=(), without_safeguards=(), units=(EKS,), resumes=run.id
    )


def test_nothing_is_left_of_a_run_whose_units_are_all_done() -> None:
    run = recorded(*(ended(name, "unchanged") for name in FOUNDATION), finished())
    assert rest_of(run, APPLY) is None


def test_a_run_that_was_refused_before_it_began_is_left_whole() -> None:
    run = recorded({"event": "failed", "exit_code": 7, "error": "declined"})
    rest = rest_of(run, APPLY)
    assert rest is not None
    assert rest.units == FOUNDATION


def test_a_selection_is_restricted_to_units_that_may_lie_in_another_layer() -> None:
    selection = restricted(select(tree.deployment(), "dev", "foundation"), ["dev/app/database", VPC])
    assert [unit.id for unit in selection.units] == ["dev/app/database", VPC]
    whole = select(tree.deployment(), "dev", "foundation")
    assert restricted(whole, ()) == whole


def test_a_unit_that_is_gone_from_the_tree_is_named() -> None:
    with pytest.raises(UnknownTarget, match="no unit 'dev/foundation/vcp'"):
        restricted(select(tree.deployment(), "dev"), ["dev/foundation/vcp"])


def test_a_safeguard_that_a_run_went_without_stands_again_when_it_is_resumed() -> None:
    run = recorded(ended(EKS, "drained"), finished(130), request=replace(APPLY, without_safeguards=("git_clean",)))
    resumed = rest_of(run, APPLY)
    assert resumed is not None
    assert resumed.without_safeguards == ()
    without = rest_of(run, replace(APPLY, without_safeguards=("max_changes",)))
    assert without is not None
    assert without.without_safeguards == ("max_changes",)
