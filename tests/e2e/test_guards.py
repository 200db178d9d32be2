"""docs/guards.md command by command, and all environments in turn, in one bootstrapped rehearsal.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from flowops.adapters.project import config_of
from tests.e2e.aws import Rehearsed
from tests.e2e.command import ROOT, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk

PAGE = (ROOT / "docs" / "guards.md").read_text()
GROUP = "foundation/resource-group//aws_resourcegroups_group.this"


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("guards")
    flowops = Flowops(copy_project(folder / "project"), folder / "state")
    for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes")):
        ended = flowops(*words)
        assert ended.code == 0, ended.err
    yield Walk(flowops)
    flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


def test_the_rules_of_the_page_warn_in_a_plan_and_refuse_an_apply(walk: Walk) -> None:
    ended = walk.read_page("guards.md")
    assert ended.code == 0, ended.err
    said = f"add {GROUP}: Groups of prod are made on Mondays only. (policies/house.yaml:2)"
    assert f"an apply would be refused: {said}" in ended.err
    assert f"Refused: {said}" in ended.err
    assert not (walk.flowops.project / "policies").exists()


def test_the_guard_of_the_page_is_valid_configuration(flowops: Flowops) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = flowops.project / "flowops.yaml"
    config, _ = config_of(path, path.read_text() + block)
    assert config.guard.max_changes == 40
    assert config.guard.safeguards.git_clean == "always"


def test_a_wrong_rule_is_64_with_its_line_before_anything_starts(flowops: Flowops) -> None:
    folder = flowops.project / "policies"
    folder.mkdir()
    try:
        (folder / "house.yaml").write_text("rules:\n  - effect: refuse\n    mesage: typo\n")
        ended = flowops("--rehearsal", "plan", "dev", "foundation", "resource-group")
    finally:
        (folder / "house.yaml").unlink()
        folder.rmdir()
    assert ended.code == 64, ended.err
    assert "house.yaml:3: rules.0.mesage: unknown key 'mesage'; did you mean 'message'?" in ended.err


def test_all_environments_are_planned_in_turn_the_protected_one_last(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "plan", "--all-environments", "foundation", "resource-group", "-o", "json")
    assert ended.code == 2, ended.err
    turns = ended.envelope["data"]["environments"]
    assert [(it["environment"], it["exit_code"]) for it in turns] == [("dev", 2), ("prod", 2)]


def test_an_apply_of_all_needs_the_name_of_the_protected_one_and_dev_is_done_before(flowops: Flowops) -> None:
    words = ("--rehearsal", "apply", "--all-environments", "foundation", "resource-group", "--yes")
    ended = flowops(*words, "-o", "json")
    assert ended.code == 3, ended.err
    assert [it["exit_code"] for it in ended.envelope["data"]["environments"]] == [0, 7]
    assert "flowops --rehearsal apply prod foundation resource-group --yes --confirm prod" in ended.err
    assert flowops(*words, "--confirm", "prod").code == 0


def test_every_applied_plan_is_on_record_with_what_it_was_made_on(flowops: Flowops) -> None:
    root = Rehearsed.of(flowops).root
    run, _ = sorted(root.glob("project/.flowops/runs/*-apply-dev-foundation-resource-group"))
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    (bound,) = [it for it in events if it["event"] == "bound"]
    assert bound["unit"] == "dev/foundation/resource-group"
    assert bound["account"] == "222222222222"
    assert all(re.fullmatch(r"[0-9a-f]{64}", bound[it]) for it in ("plan", "tree", "lock"))
    assert bound["tools"] == {"terraform": "1.11.4", "terragrunt": "1.1.3"}


def test_a_destroy_of_a_layer_sweeps_up_and_says_what_it_cannot_delete(flowops: Flowops) -> None:
    ec2 = Rehearsed.of(flowops).in_dev("ec2")
    tags = [
        {"Key": f"flowops:{key}", "Value": value}
        for key, value in (("project", "flowable"), ("environment", "dev"), ("layer", "foundation"))
    ]
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    name = network["Vpc"]["VpcId"]
    ended = flowops("--rehearsal", "destroy", "dev", "foundation", "--yes", "--confirm", "dev", "-o", "json")
    assert ended.code == 0, ended.err
    (note,) = [it for it in ended.envelope["data"]["notes"] if name in it]
    assert note.startswith("left behind: ")
    assert "it is left to you" in note
