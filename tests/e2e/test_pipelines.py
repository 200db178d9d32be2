"""The pipelines that `ci init` writes, at work: every shell step of them runs here, against a rehearsal.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

import gzip
import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowops import __version__
from flowops.app.tools import user_cache
from flowops.errors import Exit
from flowops.model.ci_comment import MARKER
from flowops.model.drift.result import DriftResult, EnvironmentDrift
from flowops.model.drift.stored import to_data
from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.pipelines import Job, Runner
from tests.integration.ci.forge import forge

DEV = Path("deployments/aws/non-prod/eu-central-1/dev")
CONFIG = """\
project: flowable
region: eu-central-1
management: {profile: flw-iac}
operator: {profile: flowable-devops-admin}
accounts:
  security: {id: "111111111111", profile: flw-sec}
  dev: {id: "222222222222", profile: flw-dev}
environments:
  dev: {account: dev, path: aws/non-prod/eu-central-1/dev}
layers: [foundation]
"""
SHARDS = ("1/2", "2/2")


def small_project(made: Path) -> Path:
    """Return a project of one environment with one unit: what a pipeline does with it, it does with forty."""
    copy_project(made)
    shutil.rmtree(made / "deployments/aws/prod")
    shutil.rmtree(made / DEV / "app")
    for unit in (made / DEV / "foundation").iterdir():
        if unit.is_dir() and unit.name != "resource-group":
            shutil.rmtree(unit)
    (made / "flowops.yaml").write_text(CONFIG)
    return made


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    root = tmp_path_factory.mktemp("pipelines")
    flowops = Flowops(small_project(root / "project"), root / "state")
    cache = {"XDG_CACHE_HOME": str(user_cache({}).parent), "FLOWOPS_REHEARSAL": "1"}
    values = {
        f"vars.FLOWOPS_PACKAGE || 'flowops=={__version__}'": f"flowops=={__version__}",
        "vars.PIP_INDEX_URL": "",
        "github.token": "s3cret",
        "github.sha": "0" * 40,
        "github.run_id": "4711",
        "github.run_attempt": "1",
        "runner.os": "Linux",
        "runner.arch": "X64",
        "hashFiles('flowops.yaml')": "1" * 64,
    }
    for words in (
        ("ci", "init", "github", "--repository", "acme/platform"),
        ("rehearse", "up"),
        ("bootstrap", "--yes"),
    ):
        ended = flowops(*words, env=cache)
        assert ended.code == 0, ended.err
    with forge() as there:
        try:
            yield Runner(flowops.project, root / "runner", there, flowops.env(**cache), values)
        finally:
            flowops("rehearse", "down", env=cache)


def deploy(runner: Runner, name: str) -> Job:
    return runner.job("flowops-deploy.yml", name, inputs__environment="dev", inputs__layer="")


def check(runner: Runner) -> Job:
    """Run the drift workflow and return its report."""
    for found in (runner.root / "artifacts").glob("flowops-drift*"):
        shutil.rmtree(found)
    counted = {"vars.FLOWOPS_DRIFT_SHARDS || '1'": "2"}
    runner.values |= counted
    divided = runner.job("flowops-drift.yml", "divide")
    assert divided.code == 0, divided.log
    matrix = json.loads(divided.outputs["matrix"])["include"]
    assert matrix == [{"shard": it} for it in SHARDS]
    for index, part in enumerate(matrix):
        runner.values |= {"strategy.job-index": str(index)}
        looked = runner.job("flowops-drift.yml", "look", matrix__shard=part["shard"])
        assert looked.code == 0, looked.log
    return runner.job("flowops-drift.yml", "report")


def test_a_deployment_is_previewed_first(runner: Runner) -> None:
    preview = deploy(runner, "preview")
    assert preview.code == 0, preview.log
    assert preview.outputs == {"changes": "true"}
    assert "resource-group" in preview.summary


def test_a_job_signs_in_with_a_token_for_sts_that_only_it_can_read(runner: Runner) -> None:
    assert set(runner.forge.audiences) == {"sts.amazonaws.com"}
    config, token = runner.root / "home/.aws/config", runner.root / "temp/flowops-token"
    assert config.read_text().splitlines()[1:] == [
        "[profile flowable-devops-admin]",
        "region = eu-central-1",
        "role_arn = arn:aws:iam::111111111111:role/flowable/FlowopsCiPlanRole",
        f"web_identity_token_file = {token}",
        "role_session_name = github-4711-1",
    ]
    assert token.read_text() == runner.forge.job_token
    assert [it.stat().st_mode & 0o777 for it in (config, token, config.parent)] == [0o600, 0o600, 0o700]


def test_what_was_previewed_is_applied(runner: Runner) -> None:
    applied = deploy(runner, "apply")
    assert applied.code == 0, applied.log
    assert "resource-group" in applied.summary
    assert "role/flowable/FlowopsCiRole" in (runner.root / "home/.aws/config").read_text()
    again = deploy(runner, "preview")
    assert (again.code, again.outputs) == (0, {})
    assert "::notice title=Nothing to do::dev stands as this commit says." in again.log


def test_a_check_that_finds_nothing_ends_well_and_says_so_in_the_summary(runner: Runner) -> None:
    report = check(runner)
    assert report.code == 0, report.log
    assert report.outputs == {"merged": "true"}
    assert "dev" in report.summary
    assert "::error" not in report.log


def test_drift_fails_the_report_and_names_the_environment(runner: Runner) -> None:
    unit = runner.workspace / DEV / "foundation/resource-group/terragrunt.hcl"
    unit.write_text(unit.read_text() + '\ninputs = {\n  tags = { owner = "ann" }\n}\n')
    report = check(runner)
    assert report.code == 2, report.log
    assert "::error title=Drift in dev::" in report.log
    shards = json.loads((runner.root / "artifacts/flowops-drift-shards/shards.json").read_text())
    assert (shards["count"], list(shards["units"])) == (2, ["dev/foundation/resource-group"])
    assert "resource-group" in report.summary
    kept = sorted(it.name for it in (runner.root / "artifacts/flowops-drift").iterdir())
    assert kept == ["drift.html", "drift.json", "drift.md", "drift.sarif", "drift.xml"]


def test_findings_go_to_code_scanning_where_that_is_wanted(runner: Runner) -> None:
    uploaded = runner.job("flowops-drift.yml", "code-scanning")
    assert uploaded.code == 0, uploaded.log
    (sent,) = runner.forge.uploads
    assert (sent["commit_sha"], sent["tool_name"]) == ("0" * 40, "flowops")
    sarif = json.loads(gzip.decompress(b64decode(sent["sarif"])))
    assert sarif["version"] == "2.1.0"


def test_a_part_without_a_result_hides_no_other_part(runner: Runner) -> None:
    shutil.rmtree(runner.root / "artifacts/flowops-drift-part-1")
    report = runner.job("flowops-drift.yml", "report")
    assert report.code == 1
    assert "::error title=The check is incomplete::" in report.log
    assert "resource-group" in report.summary
    shutil.rmtree(runner.root / "artifacts/flowops-drift-part-0")
    report = runner.job("flowops-drift.yml", "report")
    assert report.code == 1
    assert "::error title=Nothing was checked::" in report.log


def test_a_busy_environment_is_a_warning(runner: Runner) -> None:
    busy = EnvironmentDrift("dev", reason="dev is busy: ann applies.", code=Exit.LOCKED, busy=True)
    result = DriftResult("20261123T040000Z-drift", "flowable", datetime(2026, 11, 23, 4, tzinfo=UTC), 1, (busy,))
    part = runner.root / "artifacts/flowops-drift-part-0"
    part.mkdir()
    (part / "drift.json").write_text(json.dumps(to_data(result)))
    report = runner.job("flowops-drift.yml", "report")
    assert report.code == 0, report.log
    assert "::warning title=dev is busy::" in report.log
    shutil.rmtree(part)


def test_a_pull_request_is_planned_and_gets_one_comment(runner: Runner) -> None:
    runner.forge.says(1, "please review")
    for _ in range(2):
        planned = runner.job("flowops-plan.yml", "plan")
        assert planned.code == 0, planned.log
        assert planned.outputs == {"reported": "true"}
        assert "::notice title=An apply would change something::" in planned.log
        commented = runner.job("flowops-plan.yml", "comment")
        assert commented.code == 0, commented.log
    ours = [it["body"] for it in runner.forge.comments.values() if it["body"].startswith(MARKER)]
    assert len(ours) == 1
    assert "resource-group" in ours[0]
    assert sorted(it.name for it in (runner.root / "artifacts/flowops-plan").iterdir()) == ["plan.html", "plan.md"]


def test_a_fork_is_told_why_nothing_was_planned(runner: Runner) -> None:
    told = runner.job("flowops-plan.yml", "outside")
    assert told.code == 0
    assert "comes from a fork" in told.summary


def test_without_a_token_a_job_ends_before_flowops_starts(runner: Runner) -> None:
    runner.github = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}
    refused = runner.job("flowops-plan.yml", "plan")
    runner.github = {}
    assert refused.code != 0
    assert refused.summary == ""


def test_a_machine_with_an_aws_configuration_of_its_own_is_left_alone(runner: Runner) -> None:
    config = runner.root / "home/.aws/config"
    ours = config.read_text()
    config.write_text("[default]\nregion = us-east-1\n")
    refused = runner.job("flowops-plan.yml", "plan")
    assert refused.code == 1
    assert "::error title=Not signed in::" in refused.log
    assert config.read_text() == "[default]\nregion = us-east-1\n"
    config.write_text(ours)


def test_on_gitlab_the_same_is_looked_at_planned_and_applied(runner: Runner) -> None:
    (runner.workspace / "flowops.yaml").write_text(CONFIG)
    (runner.root / "home/.aws/config").unlink()
    flowops = Flowops(runner.workspace, runner.root.parent / "state")
    written = flowops("ci", "init", "gitlab", "--project", "acme/tools/platform", "--host", "gitlab.example.com")
    assert written.code == 0, written.err
    shutil.rmtree(runner.workspace / "drift", ignore_errors=True)
    for index in ("1", "2"):
        looked = runner.gitlab("flowops-drift", CI_NODE_INDEX=index, CI_NODE_TOTAL="2")
        assert looked.code == 0, looked.log
    report = runner.gitlab("flowops-drift-report")
    assert report.code == 2, report.log
    assert (runner.workspace / "report/drift.xml").exists()
    planned = runner.gitlab("flowops-plan")
    assert planned.code == 0, planned.log
    runner.forge.comments.clear()
    for _ in range(2):
        commented = runner.gitlab("flowops-comment", GITLAB_TOKEN="s3cret")
        assert commented.code == 0, commented.log
    assert [it["body"][: len(MARKER)] for it in runner.forge.comments.values()] == [MARKER]
    assert "which no role admits" in runner.gitlab("flowops-no-plan").log
    applied = runner.gitlab("flowops-deploy", ENVIRONMENT="dev")
    assert applied.code == 0, applied.log
    assert "role/flowable/FlowopsCiRole" in (runner.root / "home/.aws/config").read_text()
    shutil.rmtree(runner.workspace / "drift")
    assert runner.gitlab("flowops-drift", CI_NODE_INDEX="1", CI_NODE_TOTAL="1").code == 0
    assert runner.gitlab("flowops-drift-report").code == 0
