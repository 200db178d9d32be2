from __future__ import annotations

import pytest

from flowops.model.policy import Policy
from tests.unit.bootstrap.cases import CASES
from tests.unit.bootstrap.probe import Case, cited, denies, judge
from tests.unit.bootstrap.resolve import documents

POLICIES = {name: Policy.from_document(name, document) for name, document in documents().items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_meets_the_verdict_that_the_table_promises(case: Case) -> None:
    decision = judge(case, POLICIES)
    assert decision.allowed == case.allowed, decision.reason
    assert cited(decision) == case.by or (not case.by and not denies(decision, POLICIES)), decision.reason


def test_every_request_is_listed_once() -> None:
    listed = [f"{case} {case.one_sided}" for case in CASES]
    assert sorted(listed) == sorted(set(listed))
