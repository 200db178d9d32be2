"""Two real flowops on one environment, and the page about locks, command by command.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws import BUCKET, DEV, PROD, SECURITY, Rehearsed
from tests.e2e.command import ROOT, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.policies import Deployed
from tests.e2e.walk import Walk
from tests.integration.child_processes import await_true

APPLY = ("--rehearsal", "apply", "dev", "foundation", "--yes")
OPERATOR = f"arn:aws:iam::{SECURITY}:user/flowable/flowable_devops_user"
LEASE = f"{DEV}/dev/flowops.lease"
UNITS = f"{DEV}/aws/non-prod/eu-central-1/dev/foundation"
STALE = {
    "ID": "6fa1c0de-0000-4000-8000-000000000001",
    "Who": "ann@laptop",
    "Operation": "OperationTypeApply",
    "Created": "2026-11-23T02:15:00Z",
}
HELD = """
resource "terraform_data" "held" {{
  triggers_replace = "{turn}"

  provisioner "local-exec" {{
    command = "touch '{folder}/reached-{turn}'; until [ -e '{folder}/gate-{turn}' ]; do sleep 0.05; done"
  }}
}}
"""


class Office:
    """A project with one small unit, in which an apply waits until the test lets it go on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flowops = Flowops(copy_project(folder / "project"), folder / "state")
        environment = self.flowops.project / "deployments" / "aws" / "non-prod" / "eu-central-1" / "dev"
        for unit in environment.glob("*/*/terragrunt.hcl"):
            if unit.parent.name != "resource-group":
                shutil.rmtree(unit.parent)

    @contextmanager
    def applying(self, turn: str) -> Iterator[subprocess.Popen[str]]:
        """Run an apply that waits inside its unit; the block begins when terraform is there."""
        module = self.flowops.project / "terraform-modules" / "resource-group" / "held.tf"
        module.write_text(HELD.format(turn=turn, folder=self.folder))
        argv = [sys.executable, "-m", "flowops", "--project-dir", str(self.flowops.project), *APPLY, "-o", "json"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(argv, cwd=ROOT, env=self.flowops.env(), stdout=pipe, stderr=pipe, text=True)
        try:
            await_true(lambda: (self.folder / f"reached-{turn}").exists(), "terraform works in the unit", 600)
            yield process
        finally:
            self.release(turn)
            process.communicate(timeout=600)

    def release(self, turn: str) -> None:
        (self.folder / f"gate-{turn}").touch()

    def held(self) -> dict[str, dict[str, Any]]:
        """Return what `locks list` shows, by what it is on."""
        rows = self.flowops("--rehearsal", "locks", "list", "dev", "-o", "json").envelope["data"]
        return {it["on"].rpartition("/")[2]: it for it in rows}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"))
    try:
        for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes")):
            ended = made.flowops(*words)
            assert ended.code == 0, ended.err
        yield made
    finally:
        made.flowops("rehearse", "down", "--forget")


@pytest.mark.fault(26, 48)
def test_one_runs_and_the_other_gets_6_and_the_first_ones_name(office: Office) -> None:
    with office.applying("first") as first:
        second = office.flowops(*APPLY)
        assert second.code == 6, second.err
        # Of this checkout, so its own journal knows it before the lease does.
        assert f"is at work on dev (pid {first.pid})" in second.err
        assert "plan started" not in second.err

        looking = office.flowops("--rehearsal", "plan", "dev", "foundation")
        assert f"dev is being changed, and so may this plan be: {OPERATOR}" in looking.err

        drift = office.flowops("--rehearsal", "drift", "dev", "foundation", "-o", "json")
        assert drift.code == 6, drift.err
        (skipped,) = drift.envelope["data"]["environments"]
        assert (skipped["status"], skipped["checked"], skipped["findings"]) == ("busy", [], [])
        assert skipped["reason"].startswith(f"dev is busy: {OPERATOR} runs flowops ")
        assert "apply dev foundation" in skipped["reason"]

        held = office.held()
        assert held["lease"]["held_by"].startswith(f"{OPERATOR} from ")
        assert {name: it["holder"] for name, it in held.items()} == {"lease": "lives", "resource-group": "lives"}
        for it in held.values():
            refused = office.flowops("--rehearsal", "locks", "release", it["id"])
            assert refused.code == 4, refused.err
            assert "is at work" in refused.err
        office.release("first")
        out, err = first.communicate(timeout=600)
    assert first.returncode == 0, err
    assert json.loads(out)["data"]["units"][0]["outcome"] == "applied"
    assert office.held() == {}


@pytest.mark.fault(46)
def test_a_run_whose_reader_leaves_in_the_middle_goes_on_to_its_end(office: Office) -> None:
    with office.applying("unread") as unread:
        for stream in (unread.stdout, unread.stderr):
            assert stream is not None
            stream.close()
        office.release("unread")
        assert unread.wait(timeout=600) == 0
    last = office.flowops("--rehearsal", "runs", "show", "last", "-o", "json").envelope["data"]
    assert (last["verb"], last["status"], last["exit_code"]) == ("apply", "ended", 0)
    assert [(it["unit"], it["outcome"]) for it in last["units"]] == [("dev/foundation/resource-group", "applied")]
    assert office.flowops("--rehearsal", "audit", "verify", "last", "--remote").code == 0
    assert office.held() == {}


def test_a_killed_flowops_keeps_its_lease_while_terraform_works_and_is_followed_at_once_then(office: Office) -> None:
    with office.applying("killed") as killed:
        killed.kill()
        killed.wait()
        second = office.flowops(*APPLY)
        assert second.code == 6, second.err
        lease = office.held()["lease"]
        assert lease["holder"] == "lives"
        assert "flowops is gone, but terraform apply of resource-group" in lease["because"]
        office.release("killed")
        await_true(lambda: office.held()["lease"]["holder"] == "gone", "terraform and terragrunt ended")
    third = office.flowops(*APPLY)
    assert third.code == 0, third.err
    assert f"took over the lease of dev, {OPERATOR} runs flowops --rehearsal apply dev foundation" in third.err
    assert office.held() == {}


def test_the_page_releases_exactly_what_it_names(office: Office) -> None:
    rehearsed = Rehearsed.of(office.flowops)
    lease = json.loads(rehearsed.in_security("s3").get_object(Bucket=BUCKET, Key=LEASE)["Body"].read())
    assert lease["released"] is True
    with rehearsed.locked("foundation/vpc", STALE), rehearsed.locked("foundation/resource-group", STALE | {"ID": "7"}):
        empty = f"{UNITS}/resource-group/terraform.tfstate.tflock"
        rehearsed.in_security("s3").put_object(Bucket=BUCKET, Key=empty, Body=b"")
        ended = Walk(office.flowops).read_page("locks.md")
        assert ended.code == 0, ended.err
        assert "Release dev/foundation/resource-group: flowops --rehearsal locks release --unreadable" in ended.out
        assert f"flowops --rehearsal locks release {STALE['ID']}" in ended.out
        assert office.held() == {}


def test_the_policies_admit_all_that_was_done_and_only_the_deploy_role_wrote_a_lease(office: Office) -> None:
    rehearsed = Rehearsed.of(office.flowops)
    deployed = Deployed.of(rehearsed)
    # An id is looked for in every environment, and `deployed` knows the roles of dev only.
    assert [it for it in deployed.denied() if PROD not in it] == []
    by_role = {(role, it.action) for role, it in deployed.requests if it.resource.endswith("/dev/flowops.lease")}
    assert ("DevOpsAdminRole", "s3:PutObject") in by_role
    assert ("FlowopsPlanRole", "s3:GetObject") in by_role
    assert ("FlowopsPlanRole", "s3:PutObject") not in by_role
    assert not [it for it in by_role if it[1].startswith("s3:Delete")]
