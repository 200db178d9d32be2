"""Warm providers: terraform finds and does with them exactly what it finds and does with providers of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from flowops.model.deployment import Unit
from flowops.model.evidence import applied, planned
from flowops.model.job import Step
from flowops.model.run import Outcome
from tests.integration.warm_bench import WarmBench, World, comparable, parameter

SETTLED = """
data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["ssm:GetParameter"]
    resources = ["arn:aws:ssm:*:${data.aws_caller_identity.this.account_id}:parameter/*"]
  }
}

resource "aws_iam_policy" "read" {
  name   = "warm-read"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_cloudwatch_log_group" "settled" {
  name              = "/warm/settled"
  retention_in_days = 7
}

output "policy" { value = aws_iam_policy.read.arn }
"""

MOVING = (
    parameter("drifted")
    + parameter("deleted")
    + parameter("secret", "sensitive(local.text)", more='tags = { "warm" = local.text }')
    + """
locals { text = "before" }

resource "aws_sns_topic" "edited" {
  name         = "warm-edited"
  display_name = local.text
}

resource "aws_cloudwatch_log_group" "replaced" {
  name = "/warm/${local.text}"
}

output "topic" { value = aws_sns_topic.edited.arn }
output "drifted" { value = nonsensitive(aws_ssm_parameter.drifted.value) }
"""
)


TWIN = (
    parameter("twin", "aws_sns_topic.twin.arn")
    + """
resource "aws_sns_topic" "twin" { name = "warm-twin" }

resource "aws_iam_policy" "twin" {
  name   = "warm-twin"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_cloudwatch_log_group" "twin" {
  for_each = toset(["a", "b"])
  name     = "/warm/twin/${each.key}"
}

output "secret" {
  value     = aws_ssm_parameter.twin.value
  sensitive = true
}
"""
)


@pytest.fixture(scope="module")
def bench(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmBench]:
    bench = WarmBench.at(tmp_path_factory.mktemp("bench"), world)
    yield bench
    bench.close()


@dataclass(frozen=True)
class Standing:
    """Two units that were applied the ordinary way, of which one is not what its text says any more."""

    settled: Unit
    moving: Unit

    @property
    def both(self) -> tuple[Unit, Unit]:
        return self.settled, self.moving


@pytest.fixture(scope="module")
def standing(bench: WarmBench, world: World) -> Standing:
    made = Standing(bench.sandbox.aws("foundation/settled", SETTLED), bench.sandbox.aws("foundation/moving", MOVING))
    found = bench.run(Step.APPLY, *made.both, warm=False)
    assert [applied(it, Outcome.APPLIED) for it in found.values()] == [(Outcome.APPLIED, "")] * 2
    bench.sandbox.edit(made.moving, '"before"', '"after"')
    ssm = world.client("ssm")
    ssm.put_parameter(Name="/warm/drifted", Value="somebody was here", Overwrite=True)
    ssm.delete_parameter(Name="/warm/deleted")
    return made


def plans(bench: WarmBench, step: Step, units: tuple[Unit, ...], *, warm: bool) -> dict[str, dict[str, Any]]:
    """Return each unit's plan as terraform shows it, made with warm providers or certainly without."""
    found = bench.run(step, *units, warm=warm)
    assert {name: planned(it) for name, it in found.items()} == dict.fromkeys(found, (Outcome.PLANNED, ""))
    assert bench.warmed() == ({unit.name for unit in units} if warm else set())
    return {unit.name: comparable(bench.plan_json(unit)) for unit in units}


def actions(plan: dict[str, Any]) -> dict[str, list[str]]:
    return {it["address"]: it["change"]["actions"] for it in plan["resource_changes"]}


def test_a_plan_finds_what_was_edited_drifted_or_deleted_and_nothing_else(bench: WarmBench, standing: Standing) -> None:
    warm = plans(bench, Step.PLAN, standing.both, warm=True)
    assert set(map(tuple, actions(warm["settled"]).values())) == {("no-op",)}
    assert actions(warm["moving"]) == {
        "aws_cloudwatch_log_group.replaced": ["delete", "create"],
        "aws_sns_topic.edited": ["update"],
        "aws_ssm_parameter.deleted": ["create"],
        "aws_ssm_parameter.drifted": ["update"],
        "aws_ssm_parameter.secret": ["update"],
        "terraform_data.this": ["no-op"],
    }
    gone_or_changed = {"aws_ssm_parameter.deleted", "aws_ssm_parameter.drifted"}
    assert {it["address"] for it in warm["moving"]["resource_drift"]} >= gone_or_changed
    assert warm == plans(bench, Step.PLAN, standing.both, warm=False)


def test_a_destroy_is_planned_alike(bench: WarmBench, standing: Standing) -> None:
    warm = plans(bench, Step.PLAN_DESTROY, (standing.moving,), warm=True)
    assert {verb for it in actions(warm["moving"]).values() for verb in it} == {"delete"}
    assert warm == plans(bench, Step.PLAN_DESTROY, (standing.moving,), warm=False)


def test_a_warm_plan_is_applied_by_an_ordinary_terraform(bench: WarmBench) -> None:
    unit = bench.sandbox.aws("foundation/saved", parameter("saved", 'sensitive("for later")'))
    first = bench.run(Step.PLAN, unit)["saved"]
    assert bench.warmed() == {"saved"}
    assert first.plan is not None
    done = bench.run(Step.APPLY_SAVED, unit, saved=(first.plan,), warm=False)
    assert applied(done["saved"], Outcome.APPLIED) == (Outcome.APPLIED, "")
    second = bench.run(Step.PLAN, unit)["saved"].plan
    assert second is not None
    assert second.empty


def test_a_warm_apply_leaves_the_same_state_and_a_warm_destroy_leaves_nothing(bench: WarmBench) -> None:
    unit = bench.sandbox.aws("foundation/twin", TWIN)
    states = []
    for warm in (True, False):
        done = bench.run(Step.APPLY, unit, warm=warm)
        assert applied(done["twin"], Outcome.APPLIED) == (Outcome.APPLIED, "")
        assert bench.warmed() == ({"twin"} if warm else set())
        states.append(bench.sandbox.state(unit))
        doomed = bench.run(Step.PLAN_DESTROY, unit)["twin"].plan
        assert doomed is not None
        gone = bench.run(Step.APPLY_SAVED, unit, saved=(doomed,))
        assert applied(gone["twin"], Outcome.DESTROYED) == (Outcome.DESTROYED, "")
        assert bench.warmed() == {"twin"}
        assert bench.sandbox.resources(unit) == []
    assert remembered(states[0]) == remembered(states[1])


def remembered(state: Any) -> dict[str, Any]:
    """Return what a state says of AWS: the count of its versions is left out, and ids that were drawn by lot."""
    del state["serial"], state["lineage"]
    drawn = {"terraform_data": "id", "aws_iam_policy": "policy_id"}
    for resource in state["resources"]:
        for instance in resource["instances"]:
            instance["attributes"].pop(drawn.get(resource["type"]), None)
            # terraform writes them down in an order of chance
            instance["sensitive_attributes"].sort(key=str)
    return dict(state)
