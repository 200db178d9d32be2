"""Warm providers at work: who shares one, who gets one of its own, and who is done again without."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.process import Processes
from flowops.model.deployment import LOCK_FILE, Unit
from flowops.model.evidence import Evidence, applied, planned
from flowops.model.job import Step
from flowops.model.run import Outcome
from tests.integration.emulated_aws import DEV, SECURITY
from tests.integration.warm_bench import WarmBench, World, aws_provider, comparable, parameter

IRELAND = "eu-west-1"
AWS = "registry.terraform.io/hashicorp/aws"
ELSEWHERE = aws_provider() + aws_provider("us-east-1", alias="elsewhere")
TWO_CONFIGURATIONS = "the unit has more than one configuration of this provider"
TOPIC = '\nresource "aws_sns_topic" "late" { name = "warm-late" }\n'
WHO = """
data "aws_caller_identity" "this" {}
output "account" { value = data.aws_caller_identity.this.account_id }
"""
WHERE = """
data "aws_region" "this" {}
output "region" { value = data.aws_region.this.name }
"""


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Iterator[WarmBench]:
    bench = WarmBench.at(tmp_path, world)
    yield bench
    bench.close()
    assert list(world.runtime.iterdir()) == []


def all_planned(found: dict[str, Evidence]) -> bool:
    return {planned(it) for it in found.values()} == {(Outcome.PLANNED, "")}


def all_applied(found: dict[str, Evidence]) -> bool:
    return {applied(it, Outcome.APPLIED) for it in found.values()} == {(Outcome.APPLIED, "")}


def reasons(found: dict[str, Evidence]) -> dict[str, str]:
    return {name: it.again_because for name, it in found.items()}


def test_two_roles_never_share_a_provider(bench: WarmBench, world: World) -> None:
    unit = bench.sandbox.aws("foundation/who", WHO)
    for account in (DEV, SECURITY, DEV):
        assert all_planned(bench.run(Step.PLAN, unit, env=world.env(account)))
        assert bench.warmed() == {"who"}
        assert bench.plan_json(unit)["planned_values"]["outputs"]["account"]["value"] == account
    assert len(world.providers()) == 2


def test_units_share_a_provider_where_their_configuration_is_the_same(bench: WarmBench, world: World) -> None:
    bench.sandbox.aws("foundation/here", parameter("here"))
    bench.sandbox.aws("foundation/beside", parameter("beside"))
    bench.sandbox.aws("foundation/there", parameter("there"), provider=aws_provider(IRELAND))
    assert all_planned(bench.run(Step.PLAN))
    assert all_applied(bench.run(Step.APPLY))
    assert bench.warmed() == {"here", "beside", "there"}
    assert len(world.providers()) == 2
    assert world.parameters() >= {"here", "beside"}
    assert world.parameters(IRELAND) == {"there"}


def test_a_unit_with_two_configurations_is_applied_without_and_its_neighbour_with(
    bench: WarmBench, world: World
) -> None:
    bench.sandbox.aws("foundation/split", split("home", "away"), provider=ELSEWHERE)
    bench.sandbox.aws("foundation/plain", parameter("plain"))
    found = bench.run(Step.APPLY)
    assert all_applied(found)
    assert reasons(found) == {"split": TWO_CONFIGURATIONS, "plain": ""}
    assert bench.warmed() == {"plain"}
    assert any("again, with ordinary providers: dev/foundation/split" in line for line in bench.said)
    assert "home" in world.parameters()
    assert "away" in world.parameters("us-east-1")


def test_what_failed_in_the_plan_is_left_alone_in_the_apply_of_that_plan(bench: WarmBench, world: World) -> None:
    unit = bench.sandbox.aws("foundation/split", split("saved-home", "saved-away"), provider=ELSEWHERE)
    first = bench.run(Step.PLAN, unit)
    assert all_planned(first)
    assert reasons(first) == {"split": TWO_CONFIGURATIONS}
    saved = first["split"].plan
    assert saved is not None
    done = bench.run(Step.APPLY_SAVED, unit, saved=(saved,))
    assert all_applied(done)
    assert reasons(done) == {"split": ""}
    assert bench.attached(unit) == set()
    assert [it.exit_code for it in bench.calls() if it.command == "apply"] == [0]
    assert bench.sandbox.resources(unit) == ["saved-away", "saved-home", "this"]
    assert "saved-home" in world.parameters()
    assert "saved-away" in world.parameters("us-east-1")


def split(home: str, away: str) -> str:
    """Return two parameters, the second of which is the other configuration's."""
    return parameter(home) + parameter(away, more="provider = aws.elsewhere")


def test_a_unit_with_variables_of_its_own_is_planned_in_its_own_region(bench: WarmBench, world: World) -> None:
    """A shared provider has the environment of the run, in which this unit's region is not."""
    common = {"AWS_REGION": "eu-central-1"}
    abroad = bench.sandbox.aws("foundation/abroad", WHERE, provider='\nprovider "aws" {}\n')
    bench.sandbox.variables(abroad, AWS_REGION=IRELAND)
    at_home = bench.sandbox.aws("foundation/home", WHERE, provider='\nprovider "aws" {}\n')
    found = bench.run(Step.PLAN, env=common)
    assert all_planned(found)
    assert reasons(found) == {"abroad": "", "home": ""}
    assert bench.warmed() == {"home"}
    regions = {it: bench.plan_json(it)["planned_values"]["outputs"]["region"]["value"] for it in (abroad, at_home)}
    assert regions == {abroad: IRELAND, at_home: common["AWS_REGION"]}


def test_a_unit_whose_lock_does_not_know_the_program_gets_terraforms_own_error(bench: WarmBench, world: World) -> None:
    """Terraform does not compare the program of a provider that it has not started itself."""
    other = bench.sandbox.aws("foundation/other", parameter("other"))
    lock = bench.sandbox.folder(other) / LOCK_FILE
    lock.write_text(re.sub(r'"h1:[^"]+"', f'"h1:{"A" * 43}="', lock.read_text()))
    bench.sandbox.aws("foundation/known", parameter("known"))
    found = bench.run(Step.PLAN)
    outcome, reason = planned(found["other"])
    assert outcome is Outcome.FAILED
    assert reason.startswith("Failed to install provider (Error while installing hashicorp/aws v5.100.0: the local")
    assert reasons(found) == {"other": "", "known": ""}
    (init,) = [it for it in bench.calls() if it.unit_dir == bench.sandbox.folder(other)]
    assert "match any of the checksums previously recorded" in " ".join(init.stderr.read_text().split())
    assert bench.attached(other) == set()
    assert planned(found["known"]) == (Outcome.PLANNED, "")
    assert bench.warmed() == {"known"}


def test_a_type_that_appears_after_the_scan_is_planned_without(bench: WarmBench) -> None:
    unit = bench.sandbox.aws("foundation/late", parameter("late"))
    bench.sandbox.hook(unit, "plan", f"printf '%s' '{TOPIC}' > late.tf")
    found = bench.run(Step.PLAN, unit)
    assert all_planned(found)
    assert reasons(found) == {"late": "it failed with warm ones"}
    assert {"aws_sns_topic.late", "aws_ssm_parameter.late"} <= planned_addresses(found["late"])
    bench.next_run()
    again = bench.run(Step.PLAN, unit)
    assert reasons(again) == {"late": ""}
    assert bench.warmed() == {"late"}
    assert planned_addresses(again["late"]) == planned_addresses(found["late"])


def test_a_type_that_appears_before_an_apply_is_applied_without(bench: WarmBench) -> None:
    unit = bench.sandbox.aws("foundation/late", parameter("late-apply"))
    bench.sandbox.hook(unit, "apply", f"printf '%s' '{TOPIC}' > late.tf")
    found = bench.run(Step.APPLY, unit)
    assert all_applied(found)
    assert reasons(found) == {"late": "a type was not foreseen"}
    assert {"late", "late-apply"} <= set(bench.sandbox.resources(unit))


def test_a_type_that_only_the_state_knows_is_planned_without_unless_it_was_named(bench: WarmBench) -> None:
    unit = bench.sandbox.aws("foundation/dropped", TOPIC)
    assert all_applied(bench.run(Step.APPLY, unit))
    bench.sandbox.edit(unit, TOPIC, "")
    for types, reason in ((frozenset({"aws_sns_topic"}), ""), (frozenset(), "it failed with warm ones")):
        # As in a fresh checkout: an old working copy would name the type.
        shutil.rmtree(bench.sandbox.folder(unit) / ".terragrunt-cache")
        found = bench.run(Step.PLAN, unit, types=types)
        assert all_planned(found)
        assert reasons(found) == {"dropped": reason}
        assert planned_addresses(found["dropped"]) == {"aws_sns_topic.late"}


def planned_addresses(evidence: Evidence) -> set[str]:
    assert evidence.plan is not None
    return {it.address for it in evidence.plan.resource_changes} - {"terraform_data.this"}


RELEASE = """
terraform {
  required_providers {
    aws  = { source = "hashicorp/aws", version = "~> 5.100" }
    helm = { source = "hashicorp/helm", version = "~> 1.3" }
  }
}

resource "helm_release" "this" {
  name   = "greeting"
  chart  = "%s"
  values = [jsonencode({ text = aws_ssm_parameter.greeting.name })]
}
"""


def test_of_two_providers_of_one_unit_aws_is_warm_and_helm_is_terraforms_own(
    bench: WarmBench, world: World, helm_provider: Path, tmp_path: Path
) -> None:
    unit = with_a_release(bench, world, str(chart(tmp_path / "chart")))
    warm = plan(bench, unit, warm=True)
    assert bench.attached(unit) == {AWS}
    assert programs(world) == ["terraform-provider-aws"]
    assert released(warm) == (["create"], "0.3.1")
    assert plan(bench, unit, warm=False) == warm


def test_a_chart_beside_the_unit_is_seen_when_its_version_is_raised(
    bench: WarmBench, world: World, helm_provider: Path
) -> None:
    """A chart by a relative path lies in terraform's folder, where a shared provider does not stand.

    The Helm provider says nothing where it finds no chart, and plans what it finds in the state: so a shared one would
    leave every change of such a chart out of the plan.
    """
    unit = with_a_release(bench, world, "./chart")
    for version in ("0.3.1", "0.4.0"):
        chart(bench.sandbox.folder(unit) / "chart", version)
        warm = plan(bench, unit, warm=True)
        assert released(warm) == (["create"], version)
        assert plan(bench, unit, warm=False) == warm


def released(plan: dict[str, Any]) -> tuple[list[str], str | None]:
    """Return what is planned for the release, and the chart's version."""
    (change,) = (it["change"] for it in plan["resource_changes"] if it["type"] == "helm_release")
    return change["actions"], change["after"].get("version")


def chart(folder: Path, version: str = "0.3.1") -> Path:
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: greeting\nversion: {version}\n")
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {text: {{ .Values.text }}}\n"
    (folder / "templates" / "greeting.yaml").write_text(template)
    return folder


def with_a_release(bench: WarmBench, world: World, chart: str) -> Unit:
    """Write a unit of both providers, its lock file made by terraform itself."""
    unit = bench.sandbox.aws("foundation/greeting", parameter("greeting") + RELEASE % chart)
    home = bench.sandbox.folder(unit)
    (home / LOCK_FILE).unlink()
    argv = [str(world.tools.terraform), "init", "-no-color", "-input=false"]
    done = Processes().run(argv, env=world.tools.environment, cwd=home, timeout=120)
    assert done.succeeded, done.stderr
    shutil.rmtree(home / ".terraform")
    return unit


def plan(bench: WarmBench, unit: Unit, *, warm: bool) -> dict[str, Any]:
    assert all_planned(bench.run(Step.PLAN, unit, warm=warm))
    assert bench.warmed() == ({unit.name} if warm else set())
    return comparable(bench.plan_json(unit))


def programs(world: World) -> list[str]:
    return sorted(Path(f"/proc/{pid}/exe").resolve().name.partition("_")[0] for pid in world.providers())


PAGE = """
resource "aws_s3_bucket" "site" {
  bucket = "warm-site"
}

resource "aws_s3_object" "page" {
  bucket = aws_s3_bucket.site.bucket
  key    = "page"
  source = "page.txt"
}
"""


def test_a_unit_that_uploads_a_file_of_its_folder_is_planned_warm_and_applied_by_its_own_provider(
    bench: WarmBench,
) -> None:
    unit = bench.sandbox.aws("foundation/site", PAGE)
    other = bench.sandbox.aws("foundation/other", parameter("other"))
    (bench.sandbox.folder(unit) / "page.txt").write_text("hello")
    assert all_planned(bench.run(Step.PLAN, unit, other))
    assert bench.warmed() == {unit.name, other.name}
    done = bench.run(Step.APPLY, unit, other)
    assert {applied(it, Outcome.APPLIED) for it in done.values()} == {(Outcome.APPLIED, "")}
    assert bench.warmed() == {other.name}
