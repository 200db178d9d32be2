"""One exit code for the runs of all environments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.errors import CredentialsError, Declined, Exit, FlowopsError, LockHeld, PartlyDone, Refused, UsageError
from flowops.model.run import Outcome, Run, RunRequest, UnitRun, Verb
from flowops.model.runs import Ended, Runs
from tests.fakes import tree

UNIT = tree.unit("foundation/vpc")
ERRORS = (Refused, LockHeld, Declined, CredentialsError, UsageError, PartlyDone)


def run(*outcomes: Outcome, verb: Verb = Verb.APPLY, halted: Exit = Exit.FINE) -> Run:
    units = tuple(UnitRun(UNIT, it) for it in outcomes)
    return Run("id", RunRequest(verb, "dev"), datetime(2026, 1, 1, tzinfo=UTC), units, halted)


turns = st.one_of(
    st.just(Ended("dev")),
    st.builds(lambda it: Ended("dev", run(*it)), st.lists(st.sampled_from(Outcome), max_size=4)),
    st.sampled_from(ERRORS).map(lambda kind: Ended("dev", error=kind("no"))),
)


@given(st.lists(turns, max_size=5))
def test_the_code_is_the_worst_and_3_where_something_changed_and_something_is_not_done(ended: list[Ended]) -> None:
    code = Runs(tuple(ended)).exit_code
    codes = {it.exit_code for it in ended}
    stronger = {Exit.INTERRUPTED, Exit.TERMINATED, Exit.CREDENTIALS, Exit.REFUSED}
    if any(it.changed for it in ended) and not all(it.done for it in ended):
        assert code is Exit.PARTLY_DONE or code in stronger & codes
    else:
        assert code in codes | {Exit.FINE}
    if code is Exit.FINE:
        assert not any(it.error for it in ended)


@given(st.lists(turns, max_size=4), st.randoms())
def test_the_order_of_turns_does_not_matter(ended: list[Ended], chance: object) -> None:
    mixed = list(ended)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert Runs(tuple(mixed)).exit_code is Runs(tuple(ended)).exit_code


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ((Ended("dev", run(Outcome.APPLIED)), Ended("prod", run(Outcome.APPLIED))), Exit.FINE),
        ((Ended("dev", run(Outcome.UNCHANGED)), Ended("prod", error=Declined("no"))), Exit.DECLINED),
        ((Ended("dev", run(Outcome.APPLIED)), Ended("prod", error=Declined("no"))), Exit.PARTLY_DONE),
        ((Ended("dev", run(Outcome.FAILED)), Ended("prod")), Exit.FAILED),
        ((Ended("dev", run(Outcome.APPLIED)), Ended("prod", error=Refused("no"))), Exit.REFUSED),
        ((Ended("dev", run(Outcome.APPLIED, halted=Exit.INTERRUPTED)), Ended("prod")), Exit.INTERRUPTED),
    ],
)
def test_the_table_holds_across_environments(ended: tuple[Ended, ...], code: FlowopsError) -> None:
    assert Runs(ended).exit_code is code
