"""The foundation of an environment: set up, bootstrapped, planned, applied, planned by hand, and disturbed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.aws import BUCKET, Rehearsed
from tests.e2e.command import ROOT, Flowops, open_to_others
from tests.e2e.walk import Walk
from tests.integration.modules.tags import lacking, wanted

BROKEN = """
resource "aws_cloudwatch_log_stream" "broken" {
  name           = "broken"
  log_group_name = "a-group-that-nobody-made"
}
"""
UNITS = ("efs", "eks", "eks-components", "resource-group", "vpc")


def outcomes(envelope: dict[str, Any]) -> dict[str, str]:
    return {it["unit"].rpartition("/")[2]: it["outcome"] for it in envelope["data"]["units"]}


def test_step_1_sets_up_and_names_where_each_tool_came_from(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(1, folder=ROOT)
    assert ended.code == 0, ended.err
    listed = flowops("toolchain", "list", "-o", "json").envelope["data"]
    found = {it["tool"]: it["found"] for it in listed}
    assert (found["terraform"], found["terragrunt"], found["hashicorp/aws"]) == ("1.11.4", "1.1.3", "5.100.0")
    assert all(it["source"] != "missing" for it in listed)


def test_step_2_starts_an_aws_with_the_accounts_of_the_configuration(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(2)
    assert ended.code == 0, ended.err
    assert "dev 222222222222" in ended.out
    again = flowops("rehearse", "up", "-o", "json")
    assert again.envelope["data"]["endpoint"] in ended.out


def test_step_3_bootstraps_every_account_and_a_second_time_nothing(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(3)
    assert ended.code == 0, ended.err
    again = flowops("--rehearsal", "bootstrap", "--yes", "-o", "json").envelope
    assert {it["outcome"] for it in again["data"]["stacks"]} == {"unchanged"}
    assert not list((flowops.project / "deployments").rglob("account.hcl")), "the checkout was touched"


def test_the_bootstrap_refuses_to_lose_the_state_bucket(flowops: Flowops) -> None:
    template = flowops.project / "bootstrap" / "security-account.yaml"
    before = template.read_text()
    template.write_text(re.sub(r"\$\{Project\}-terraform-state-", "${Project}-other-state-", before))
    try:
        ended = flowops("--rehearsal", "bootstrap", "security", "--yes")
    finally:
        template.write_text(before)
    assert ended.code == 4, ended.err
    assert "--allow-replace" in ended.err


def test_step_4_shows_what_would_be_created_and_marks_what_saw_mocks(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(4)
    assert ended.code == 0, ended.err
    runs = sorted((flowops.state / "flowops" / "rehearsals").glob("*/project/.flowops/runs/*-plan-*/run.json"))
    recorded = json.loads(runs[-1].read_text())
    assert recorded["exit_code"] == 2
    assert "provisional" in ended.err


def test_step_5_applies_and_a_second_plan_is_empty(walk: Walk, flowops: Flowops, rehearsed: Rehearsed) -> None:
    ended = walk.read(5)
    assert ended.code == 0, ended.err
    assert rehearsed.in_dev("eks").list_clusters()["clusters"] == ["flowable-dev"]
    status = flowops("--rehearsal", "status", "dev", "-o", "json").envelope["data"]
    assert {it["unit"].rpartition("/")[2] for it in status if it["stands"] == "yes"} == set(UNITS)


def test_the_page_about_the_journal_looks_at_that_apply_and_finds_nothing_wrong(
    walk: Walk, flowops: Flowops, rehearsed: Rehearsed
) -> None:
    ended = walk.read_page("journal.md")
    assert ended.code == 0, ended.err
    assert "No changes. Your infrastructure matches the configuration." in ended.out
    assert "every unit is done" in ended.out
    assert "journals are as they were written" in ended.out
    applied = [
        it for it in flowops("--rehearsal", "runs", "list", "-o", "json").envelope["data"] if it["verb"] == "apply"
    ]
    assert [it["outcomes"] for it in applied] == [{"applied": len(UNITS)}]
    copied = {key.partition(f"/dev/runs/{applied[0]['run']}/")[2] for key in rehearsed.objects()}
    assert {"events.jsonl", "events.head", "run.json", "logs/foundation-vpc.log"} <= copied


def test_nobody_else_may_read_what_bootstrap_plan_and_apply_wrote(flowops: Flowops, rehearsed: Rehearsed) -> None:
    assert len(list(rehearsed.root.rglob("*"))) > 500
    assert open_to_others(flowops.state / "flowops", flowops.project / ".flowops") == []


def test_no_mock_reached_a_state(rehearsed: Rehearsed) -> None:
    states = rehearsed.states()
    assert len(states) == len(UNITS)
    assert not [key for key, text in states.items() if "mock-" in text]


def test_everything_that_can_be_tagged_says_whose_it_is(rehearsed: Rehearsed) -> None:
    states = {key.split("/")[-2]: json.loads(text) for key, text in rehearsed.states().items()}
    assert {unit: lacking(state, wanted("dev", unit)) for unit, state in states.items()} == {it: [] for it in UNITS}


def test_all_units_configure_the_provider_alike(rehearsed: Rehearsed) -> None:
    written = [path.read_text() for path in (rehearsed.root / "project" / "deployments").rglob("provider.tf")]
    assert len(written) == 2 * len(UNITS), "each unit was planned with one role and applied with the other"
    assert len(set(written)) == 2


def test_step_6_the_same_by_hand_says_no_changes_in_every_unit(walk: Walk, rehearsed: Rehearsed) -> None:
    ended = walk.read(6)
    for path in map(Path, (it.partition(" ")[2] for it in open_to_others(rehearsed.root))):
        assert {".terragrunt-cache", "by-hand"} & {*path.parts}, "only what plain tools wrote has the shell's umask"
        path.chmod(path.stat().st_mode & ~0o077)
    assert ended.code == 0, ended.err
    assert '"flowable-dev"' in ended.out
    assert (ended.out + ended.err).count("No changes") == len(UNITS)


def test_the_page_on_performance_plans_and_applies_with_both_kinds_of_providers(walk: Walk) -> None:
    ended = walk.read_page("performance.md")
    assert ended.code == 0, ended.err
    shared = ["warm", "ordinary", "ordinary", "warm"]
    assert re.findall(r"at once with (\w+) providers", ended.err) == shared, "--parallelism says it itself"
    assert ended.err.count("dev/foundation/vpc: plan done") == 2
    assert "again, with ordinary providers" not in ended.err


def test_a_tag_changed_behind_our_back_is_found_and_named(flowops: Flowops, rehearsed: Rehearsed) -> None:
    ec2 = rehearsed.in_dev("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:flowops:unit", "Values": ["vpc"]}])["Vpcs"][0]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "flowops:project", "Value": "somebody-else"}])
    ended = flowops("--rehearsal", "plan", "dev", "foundation", "-o", "json")
    assert ended.code == 2, ended.err
    changes = [it for unit in ended.envelope["data"]["units"] for it in unit["plan"]["changes"]]
    assert [(it["address"], it["action"]) for it in changes] == [("foundation/vpc//aws_vpc.this", "change")]
    assert "change aws_vpc.this" in ended.err


def test_ctrl_c_lets_the_apply_under_way_finish_and_ends_with_130(flowops: Flowops, rehearsed: Rehearsed) -> None:
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project)]
    argv += ["--rehearsal", "apply", "dev", "foundation", "--yes", "-o", "json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=ROOT, env=flowops.env(CI=""), stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stderr:
            if "dev/foundation/vpc: apply started" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        envelope = json.loads(process.stdout.read())
    assert process.returncode == 130, rest
    assert outcomes(envelope)["vpc"] == "applied"
    assert not [key for key in rehearsed.objects() if key.endswith(".tflock")]
    vpc = rehearsed.in_dev("ec2").describe_vpcs(Filters=[{"Name": "tag:flowops:unit", "Values": ["vpc"]}])["Vpcs"][0]
    assert {"Key": "flowops:project", "Value": "flowable"} in vpc["Tags"]


def test_a_killed_apply_finishes_by_itself_and_the_next_one_says_so(flowops: Flowops, rehearsed: Rehearsed) -> None:
    ec2 = rehearsed.in_dev("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:flowops:unit", "Values": ["vpc"]}])["Vpcs"][0]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "flowops:project", "Value": "somebody-else"}])
    argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project)]
    argv += ["--rehearsal", "apply", "dev", "foundation", "--yes"]
    out, err = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(argv, cwd=ROOT, env=flowops.env(), stdout=out, stderr=err, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "dev/foundation/vpc: apply started" in line:
                process.kill()
                break
    followed = flowops("--rehearsal", "runs", "tail", "last")
    assert followed.code == 3, followed.err
    assert "Apply complete!" in followed.err
    resumed = flowops("--rehearsal", "runs", "resume", "last", "--yes")
    assert resumed.code == 0, resumed.err
    assert "dev/foundation/vpc finished afterwards: applied" in resumed.err
    project = next(it for it in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] if it["Key"] == "flowops:project")
    assert project["Value"] == "flowable"
    assert flowops("--rehearsal", "plan", "dev", "foundation").code == 0
    assert flowops("--rehearsal", "audit", "verify", "--remote").code == 0


def test_a_journal_that_somebody_changed_is_found_here_and_by_its_copy(flowops: Flowops, rehearsed: Rehearsed) -> None:
    journal = min((rehearsed.root / "project" / ".flowops" / "runs").glob("*-apply-dev-foundation/events.jsonl"))
    before = journal.read_bytes()
    journal.write_bytes(before.replace(b'"yes": true', b'"yes": null', 1))
    try:
        ended = flowops("--rehearsal", "audit", "verify")
    finally:
        journal.write_bytes(before)
    assert ended.code == 1
    assert f"{journal.parent.name}: line 2: does not follow line 1" in ended.out
    key = f"222222222222/dev/runs/{journal.parent.name}/events.jsonl"
    s3 = rehearsed.in_security("s3")
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == before


def test_somebody_elses_lock_is_named_and_nothing_is_started(flowops: Flowops, rehearsed: Rehearsed) -> None:
    lock = {"ID": "1", "Who": "ann@laptop", "Operation": "OperationTypeApply", "Created": "2026-11-23T02:15:00Z"}
    with rehearsed.locked("foundation/vpc", lock):
        ended = flowops("--rehearsal", "apply", "dev", "foundation", "--yes")
    assert ended.code == 6, ended.err
    assert "locked by ann@laptop since 2026-11-23T02:15:00Z" in ended.err
    assert "plan started" not in ended.err


def test_without_a_usable_terragrunt_a_plan_ends_before_aws_is_called(
    flowops: Flowops, rehearsed: Rehearsed, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "terragrunt").write_text("#!/bin/sh\necho 'terragrunt version v0.40.0'\n")
    (tmp_path / "bin" / "terragrunt").chmod(0o755)
    sealed = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    before = len(rehearsed.calls())
    ended = flowops(
        "--rehearsal", "plan", "dev", env=sealed | {"FLOWOPS_TOOL_MIRROR": "http://127.0.0.1:9", "GOPROXY": "off"}
    )
    assert ended.code == 1
    assert "0.40.0" in ended.err
    assert len(rehearsed.calls()) == before


def test_ambient_settings_of_the_shell_change_nothing(flowops: Flowops) -> None:
    ambient = {
        "AWS_PROFILE": "somebody",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_CA_BUNDLE": "/nowhere/ca.pem",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "TF_CLI_ARGS_plan": "-target=aws_vpc.nothing",
        "TF_CLI_CONFIG_FILE": "/nowhere/terraformrc",
        "TF_VAR_name": "other",
        "TG_WORKING_DIR": "/nowhere",
        "TG_TF_PATH": "/bin/false",
    }
    ended = flowops("--rehearsal", "plan", "dev", "foundation", "resource-group", env=ambient)
    assert ended.code == 0, ended.err


def test_the_operator_of_another_account_is_stopped_before_any_unit(flowops: Flowops, rehearsed: Rehearsed) -> None:
    with rehearsed.operator_of_another_account():
        ended = flowops("--rehearsal", "plan", "dev", "foundation")
    assert ended.code == 5, ended.err
    assert "belong to account 222222222222, but flowops.yaml says 111111111111" in ended.err
    assert "plan started" not in ended.err


def test_a_unit_that_cannot_be_applied_says_why(flowops: Flowops) -> None:
    main = flowops.project / "terraform-modules" / "resource-group" / "main.tf"
    before = main.read_text()
    main.write_text(before + BROKEN)
    try:
        ended = flowops("--rehearsal", "apply", "dev", "foundation", "resource-group", "--yes", "-o", "json")
    finally:
        main.write_text(before)
    assert ended.code == 1, ended.err
    assert outcomes(ended.envelope) == {"resource-group": "failed"}
    assert ended.envelope["data"]["units"][0]["reason"]
