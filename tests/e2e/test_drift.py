"""drift through the command line, on a bootstrapped rehearsal with foundation and databases, in one story.

The tests of this file build on each other: what the first ones find clean, the later ones change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowops.model.drift.finding import Verdict
from tests.e2e.aws import PROD, Rehearsed
from tests.e2e.command import Ended, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.policies import Deployed
from tests.e2e.prepared_changes import CHANGES, Hands, Prepared
from tests.e2e.walk import Walk

HAND = "assumed-role/OrganizationAccountAccessRole/test"
UNTRACED = {"a stray user": ""}
"""Changes that nobody is asked about: what all environments share has no plan role to ask CloudTrail."""
UNNAMED = {"a tag on an access point"}
"""Changes whose call the emulated history does not have under the resource's name: others of its calls are found."""
UNITS = (("foundation",), ("app", "opensearch"), ("app", "rds-postgres"))


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("drift")
    flowops = Flowops(copy_project(folder / "project"), folder / "state")
    applied = (("--rehearsal", "apply", "dev", *unit, "--yes") for unit in UNITS)
    for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes"), *applied):
        ended = flowops(*words)
        assert ended.code == 0, ended.err
    yield Walk(flowops)
    flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    """Return every finding, noise included, by its address."""
    environments = ended.envelope["data"]["environments"]
    return {it["address"]: it for environment in environments for it in environment["findings"]}


def drifted(ended: Ended) -> dict[str, str]:
    """Return the verdict on everything that counts."""
    counting = (it for it in findings(ended).values() if it["verdict"] != "noise" and not it["ignored"])
    return {it["address"]: it["verdict"] for it in counting}


@pytest.mark.parametrize("times", [5, pytest.param(20, marks=pytest.mark.soak)])
def test_what_was_applied_is_clean_again_and_again(flowops: Flowops, times: int) -> None:
    for _ in range(times):
        ended = flowops("--rehearsal", "drift", "dev", "foundation", "-o", "json")
        assert (ended.code, drifted(ended)) == (0, {}), ended.err


def test_nothing_but_the_bootstrap_and_what_was_applied_stands(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "drift", "--unmanaged", "-o", "json")
    assert {it for it in drifted(ended).values()} == {"unapplied"}, ended.out
    never = [it for it in findings(ended).values() if it["verdict"] == "unapplied"]
    assert all(it["summary"].startswith("never applied: ") for it in never)
    assert ended.code == 2


def test_every_command_of_the_page_works_as_it_says(walk: Walk) -> None:
    ended = walk.read_page("drift.md")
    assert ended.code == 0, ended.err


@pytest.fixture(scope="module")
def changed(flowops: Flowops) -> Ended:
    """Return what is found after all of the changes were made at once."""
    rehearsed = Rehearsed.of(flowops)
    hands = Hands(rehearsed, flowops.project, rehearsed.root / "project")
    for it in CHANGES:
        it.do(hands)
    return flowops("--rehearsal", "drift", "--unmanaged", "-o", "json")


@pytest.mark.parametrize("it", CHANGES, ids=lambda it: it.name)
def test_each_change_gets_its_verdict(changed: Ended, it: Prepared) -> None:
    found = findings(changed)
    if it.verdict is None:
        assert found.get(it.address, {"verdict": "noise"})["verdict"] == "noise"
        return
    assert it.address in found, sorted(drifted(changed))
    assert found[it.address]["verdict"] == it.verdict.value
    sides = (found[it.address][side]["attributes"] for side in ("in_cloud", "in_code"))
    paths = [row["path"] for side in sides for row in side]
    assert not it.attribute or any(path.startswith(it.attribute) for path in paths), paths


def test_nothing_else_is_found(changed: Ended) -> None:
    follow = {
        'app/rds-postgres//aws_db_instance.this["control"]',
        "prod/flowops-environment//Resources/FlowopsPlanRole",
    }
    assert len({it.address for it in CHANGES}) == len(CHANGES), "each is tried alone"
    expected = {it.address for it in CHANGES} | follow
    others = {address for address in drifted(changed) if address not in expected and not address.endswith("//")}
    assert others == set()


def test_changes_by_hand_say_who_made_them(changed: Ended) -> None:
    found = findings(changed)
    cloud = (Verdict.OUT_OF_BAND, Verdict.MISSING, Verdict.UNMANAGED, Verdict.BOTH)
    by_hand = {it.name: found[it.address] for it in CHANGES if it.verdict in cloud}
    assert {name: it["untraced"] for name, it in by_hand.items() if not it["traces"]} == UNTRACED
    made = {name: {it["principal"] for it in found["traces"]} for name, found in by_hand.items() if found["traces"]}
    assert {name for name, who in made.items() if HAND not in who} == UNNAMED


def test_the_roles_may_do_everything_that_a_check_does(changed: Ended, flowops: Flowops) -> None:
    assert changed.code == 2
    assert [it for it in Deployed.of(Rehearsed.of(flowops)).denied() if PROD not in it] == []


def test_what_a_finding_ends_with_mends_it(changed: Ended, flowops: Flowops, tmp_path: Path) -> None:
    address = "foundation/resource-group//aws_resourcegroups_group.this"
    ways = {it["kind"]: it["text"] for it in findings(changed)[address]["ways"]}
    assert flowops(*ways["accept"].split()[1:], "--yes").code == 0
    ended = flowops("--rehearsal", "drift", "dev", "foundation", "-o", "json")
    assert address not in drifted(ended)
    vpc = "foundation/vpc//aws_vpc.this"
    rule = {it["kind"]: it["text"] for it in findings(changed)[vpc]["ways"]}["ignore"]
    written = rule.replace('reason: ""', "reason: she may").replace('owner: ""', "owner: ann")
    (flowops.project / "flowops.drift.yaml").write_text(f"ignore:\n  {written}\n")
    ended = flowops("--rehearsal", "drift", "dev", "foundation", "-o", "json")
    assert vpc not in drifted(ended)
    assert findings(ended)[vpc]["ignored"]["owner"] == "ann"


ADOPTED = (
    "foundation/vpc//aws_vpc.this",
    "foundation/vpc//aws_cloudwatch_log_group.flow_logs",
    "foundation/vpc//aws_route.public_internet",
    "foundation/efs//aws_efs_access_point.flowable",
)


def paste(project: Path, module: Path, way: dict[str, str]) -> None:
    """Do what a way out says."""
    if way["into"].startswith("the unit's module, in place of "):
        block = way["into"].split("`")[1]
        (file,) = (it for it in module.glob("*.tf") if f"\n{block} {{" in it.read_text())
        before, _, rest = file.read_text().partition(f"\n{block} {{")
        file.write_text(f"{before}\n{way['text']}\n{rest.partition(chr(10) + '}' + chr(10))[2]}")
        return
    name, _, within = way["into"].partition(", ")
    file = project / name
    if within:
        text = file.read_text()
        assert text.count("\ninputs = {\n") == 1
        file.write_text(text.replace("\ninputs = {\n", f"\ninputs = {{\n{way['text']}\n"))
    else:
        file.write_text(f"{file.read_text()}\n{way['text']}\n")


def test_what_is_pasted_where_a_finding_says_is_drift_no_more(changed: Ended, flowops: Flowops) -> None:
    (flowops.project / "flowops.drift.yaml").unlink(missing_ok=True)
    for address in ADOPTED:
        adopts = [it for it in findings(changed)[address]["ways"] if it["kind"] == "adopt"]
        assert adopts, address
        for way in adopts:
            module = flowops.project / "terraform-modules" / address.partition("//")[0].rpartition("/")[2]
            paste(flowops.project, module, way)
    ended = flowops("--rehearsal", "drift", "dev", "foundation", "-o", "json")
    data = ended.envelope["data"]["environments"][0]
    assert [it for it in data["checked"] if it["reason"]] == [], ended.err
    found = findings(ended)
    verdicts = dict.fromkeys(ADOPTED, "noise")
    # The state forgets what is gone by the apply that the `removed` block asks for.
    route = "foundation/vpc//aws_route.public_internet"
    assert found[route]["summary"] == "the code would forget it"
    assert {it: found[it]["verdict"] for it in ADOPTED} == verdicts | {route: "unapplied"}


def test_the_stored_result_is_shown_again_and_reported(flowops: Flowops, tmp_path: Path) -> None:
    path = tmp_path / "drift.json"
    shown = flowops("--rehearsal", "report", "show", "last", "-o", "json", "--report", f"json={path}")
    assert shown.code == 0, shown.err
    assert json.loads(path.read_text()) == shown.envelope["data"]
