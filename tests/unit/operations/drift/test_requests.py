"""What a drift check was asked to look at: environments, a layer, shards; and the record of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowops.errors import UnknownTarget
from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import Shard
from flowops.model.run import Verb
from tests.unit.operations.drift.checks import DEV, MOVED, VPC, Checks, dev, statuses
from tests.unit.operations.runs import FOUNDATION


def test_without_an_environment_all_are_checked_and_what_they_share_once(checks: Checks) -> None:
    stack = Finding("security", Source.IAM, "user/ann", "AWS::IAM::User", Verdict.OUT_OF_BAND, summary="by hand")
    checks.shared.found["security"] = (stack,)
    result = checks(DriftRequest())
    assert [it.environment for it in result.environments] == ["dev", "prod", "security"]
    assert (checks.other.asked, checks.shared.asked) == (["dev", "prod"], ["security"])
    checks(DEV)
    assert checks.shared.asked == ["security"]


def test_a_name_that_is_not_there_is_an_error_before_anything_starts(checks: Checks) -> None:
    with pytest.raises(UnknownTarget, match="did you mean 'dev'"):
        checks(DriftRequest("dve"))
    with pytest.raises(UnknownTarget, match="layer"):
        checks(DriftRequest("dev", "fundation"))
    assert checks.world.journal.records == []


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_shards_check_each_unit_once_and_what_is_not_terraforms_once(checks: Checks, count: int) -> None:
    seen: list[str] = []
    for index in range(1, count + 1):
        seen += [it.name for it in dev(checks(replace(DEV, shard=Shard(index, count)))).checked]
    assert sorted(seen) == sorted([*(f"dev/foundation/{it}" for it in FOUNDATION), "cloudformation"])


def test_a_plan_of_shards_decides_where_a_unit_is_checked(checks: Checks) -> None:
    assigned = {f"dev/foundation/{it}": 2 for it in FOUNDATION} | {VPC.id: 1}
    result = checks(replace(DEV, shard=Shard(1, 2), assigned=assigned))
    assert set(statuses(result)) == {"vpc", "cloudformation"}


def test_the_run_behind_it_is_recorded_as_a_drift_check(checks: Checks) -> None:
    result = checks.drifting(VPC, MOVED)()
    (record,) = checks.world.journal.records
    assert record.finished is not None
    assert record.finished.request.verb is Verb.DRIFT
    assert dev(result).run == record.id
    assert [data["status"] for kind, data in record.events if kind == "checked"].count("drifted") == 1
