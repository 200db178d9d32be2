"""What the code says of what drifted: what may be written there, and when it agrees with AWS already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowops.model.changes import plan_from_json
from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.kept_up import KeptUp
from flowops.model.drift.verdicts import BEHIND, NOTHING, findings_of
from tests.unit.model.drift.plans import VPC

ADDRESS = "aws_thing.this"
STATE = {"id": "thing-1", "size": 1, "tags": {"Name": "a"}, "scaling": [{"max": 3, "wanted": 2}]}
CLOUD = {"id": "thing-1", "size": 2, "tags": {"Name": "a", "Who": "ann"}, "scaling": [{"max": 9, "wanted": 5}]}


def constant(value: Any) -> dict[str, Any]:
    return {"constant_value": value}


def refers(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


def found(
    expressions: Mapping[str, Any] | None,
    variables: Mapping[str, Any] | None = None,
    *,
    address: str = ADDRESS,
    state: Mapping[str, Any] = STATE,
    cloud: Mapping[str, Any] | None = CLOUD,
    code: Mapping[str, Any] | None = None,
    sensitive: Any = None,
    kept_up: KeptUp = NOTHING,
) -> Finding:
    """Return the finding on a resource of which the code says this, None where it has no such block."""
    marks = {"before_sensitive": sensitive or {}, "after_sensitive": sensitive or {}}
    actions = ["delete"] if cloud is None else ["update"]
    drift = {"actions": actions, "before": state, "after": cloud, **marks}
    wanted = {"actions": ["update"], "before": cloud, "after": code, **marks}
    block = [{"address": ADDRESS, "expressions": expressions}] if expressions is not None else []
    document = {
        "resource_drift": [{"address": address, "type": "aws_thing", "change": drift}],
        "resource_changes": [{"address": address, "type": "aws_thing", "change": wanted}] if code else [],
        "configuration": {"root_module": {"resources": block, "variables": {"most": {"default": 3}}}},
        "variables": {name: {"value": it} for name, it in (variables or {}).items()},
    }
    (finding,) = findings_of(plan_from_json(VPC, document), kept_up)
    return finding


def adoptable(finding: Finding) -> dict[str, str]:
    return {f"{it.path} {it.variable}".strip(): it.literal for it in finding.adoptable}


def test_a_whole_attribute_may_be_written_and_an_input_where_one_leads_there_alone() -> None:
    expressions = {
        "size": refers("var.size"),
        "tags": refers("var.tags", "var.name"),
        "scaling": [{"max": refers("var.most"), "wanted": refers("var.nodes.wanted", "var.nodes")}],
    }
    finding = found(expressions, {"size": 1, "tags": {}}, code=STATE)
    assert finding.verdict is Verdict.OUT_OF_BAND
    assert adoptable(finding) == {
        "size size": "2",
        "size": "2",
        "scaling[0].max most": "9",
        "tags": '{"Name": "a", "Who": "ann"}',
    }


def test_an_input_that_says_something_elsewhere_too_is_not_set_for_one_of_them() -> None:
    expressions = {"tags": refers("var.tags"), "size": refers("var.size")}
    elsewhere = {"note": refers("var.tags", "var.name"), "nested": [{"size": refers("var.size.unit", "var.size")}]}
    variables = {"tags": STATE["tags"], "size": 1}
    assert set(adoptable(found(expressions, variables))) == {"tags tags", "tags", "size size", "size"}
    assert set(adoptable(found(expressions | elsewhere, variables))) == {"tags", "size"}


def test_an_input_that_the_value_is_only_made_of_is_not_set_to_it() -> None:
    state, cloud = {"id": "x", "name": "a-vpc"}, {"id": "x", "name": "b-vpc"}
    finding = found({"name": refers("var.name")}, {"name": "a"}, state=state, cloud=cloud, code=state)
    assert adoptable(finding) == {"name": '"b-vpc"'}


def test_nothing_sensitive_nothing_that_is_a_template_and_nothing_that_only_aws_sets_is_written() -> None:
    assert "tags" not in adoptable(found({}, sensitive={"tags": {"Name": True}}))
    assert "size" not in adoptable(found({}, kept_up=KeptUp({"aws_thing": ["size"]}), code=STATE))
    for text in ("${x}", "%{if}", "password = hunter2"):
        assert "text" not in adoptable(found({}, cloud={**CLOUD, "text": text}))


@pytest.mark.parametrize("address", ["aws_thing.this[0]", 'aws_thing.this["a"]', "module.x.aws_thing.this"])
def test_of_one_of_several_and_of_what_another_module_makes_nothing_is_written(address: str) -> None:
    assert adoptable(found({"size": refers("var.size")}, {"size": 1}, address=address)) == {}


SAID = {"size": refers("var.size"), "tags": constant({"Name": "a", "Who": "ann"})}


def test_what_the_code_says_by_now_is_no_drift_though_the_state_is_behind() -> None:
    cloud = {**CLOUD, "scaling": STATE["scaling"]}
    finding = found(SAID, {"size": "2"}, cloud=cloud)
    assert (finding.verdict, finding.summary) == (Verdict.NOISE, BEHIND)
    elsewhere = found(SAID, {"size": 2}, cloud=cloud, code={**cloud, "more": 1})
    assert elsewhere.verdict is Verdict.UNAPPLIED


def test_what_the_code_does_not_say_or_leaves_to_aws_stays_drift() -> None:
    partly = found(SAID, {"size": 2})
    assert partly.verdict is Verdict.OUT_OF_BAND
    assert {it.path for it in partly.cloud.shown} == {"scaling[0].max", "scaling[0].wanted"}
    ignoring_changes = found({**SAID, "scaling": [{"max": constant(9), "wanted": constant(2)}]}, {"size": 2})
    assert {it.path for it in ignoring_changes.cloud.shown} == {"scaling[0].max", "scaling[0].wanted"}
    unknown = found({"size": refers("local.size"), "tags": refers("var.tags", "var.name")}, {"tags": CLOUD["tags"]})
    assert {it.path for it in unknown.cloud.shown} >= {"size", "tags.Who"}


def test_what_is_gone_from_aws_and_from_the_code_is_no_drift() -> None:
    gone = found(None, cloud=None)
    assert (gone.verdict, gone.summary) == (Verdict.NOISE, BEHIND)
    assert found({}, cloud=None).verdict is Verdict.MISSING
    assert found(None, cloud=None, address="module.x.aws_thing.this").verdict is Verdict.MISSING
