"""What `ci init` writes, before the linters of GitHub and GitLab, and before rules of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowops import __version__
from flowops.adapters.project import load_config
from flowops.errors import UsageError
from flowops.model.ci import CiRequest
from tests.integration.ci.linters import actionlint, lint
from tests.integration.ci.written import GITHUB, GITLAB, project_in, written

WORKFLOWS = ("flowops-deploy.yml", "flowops-drift.yml", "flowops-plan.yml")
ZIZMOR = ("--offline", "--no-progress", "--config", str(Path(__file__).with_name("zizmor.yml")))
PINNED = re.compile(r"uses: [a-z]+/[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture
def on_github(tmp_path: Path) -> Path:
    written(project_in(tmp_path), GITHUB)
    return tmp_path


@pytest.fixture
def on_gitlab(tmp_path: Path) -> Path:
    written(project_in(tmp_path), GITLAB)
    return tmp_path


def workflows(project: Path) -> dict[str, Any]:
    return {it.name: yaml.safe_load(it.read_text()) for it in (project / ".github/workflows").iterdir()}


def jobs(project: Path) -> dict[str, Mapping[str, Any]]:
    return {f"{file} {name}": job for file, it in workflows(project).items() for name, job in it["jobs"].items()}


def texts(project: Path) -> str:
    return "".join(it.read_text() for it in (project / ".github").rglob("*.yml"))


def scripts(project: Path) -> Iterator[str]:
    action = yaml.safe_load((project / ".github/actions/flowops/action.yml").read_text())
    for steps in (action["runs"]["steps"], *(job["steps"] for job in jobs(project).values())):
        yield from (step["run"] for step in steps if "run" in step)


def edit(project: Path, old: str, new: str) -> None:
    for path in (project / ".github").rglob("*.yml"):
        path.write_text(path.read_text().replace(old, new))


def test_three_workflows_and_what_they_share_are_written(on_github: Path) -> None:
    assert sorted(workflows(on_github)) == sorted(WORKFLOWS)
    assert f"flowops=={__version__}" in texts(on_github)
    assert "<<" not in texts(on_github).replace("<<<", "")
    pinned = (on_github / ".github/flowops/requirements.txt").read_text()
    assert re.search(r"^boto3==\S+ \\\n    --hash=sha256:", pinned, re.MULTILINE)


def test_flowops_yaml_keeps_its_comments_and_says_whose_pipelines_these_are(on_github: Path) -> None:
    assert "# plans, applies, destroys" in (on_github / "flowops.yaml").read_text()
    ci = load_config(on_github).ci
    assert ci is not None
    assert (ci.provider, ci.repository) == ("github", "acme/platform")


def test_the_numbers_of_a_repository_are_read_back_as_they_were_given(tmp_path: Path) -> None:
    """As text: a number in YAML would be no text, and one of twenty digits no number that everybody reads alike."""
    written(project_in(tmp_path), CiRequest("github", "acme/platform", "101", "12345678901234567890"))
    ci = load_config(tmp_path).ci
    assert ci is not None
    assert (ci.repository_owner_id, ci.repository_id) == ("101", "12345678901234567890")


def test_zizmor_finds_nothing(on_github: Path) -> None:
    done = lint("zizmor", *ZIZMOR, ".github", folder=on_github)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "actions/checkout@v5", "unpinned-uses"),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("    permissions: {}\n", "    permissions: write-all\n", "excessive-permissions"),
        ("        with:\n          persist-credentials: false\n", "", "artipacked"),
        ('--shard "$SHARD"', "--shard ${{ github.event.inputs.shard }}", "template-injection"),
    ],
)
def test_zizmor_finds_what_we_must_not_write(on_github: Path, old: str, new: str, finding: str) -> None:
    edit(on_github, old, new)
    done = lint("zizmor", *ZIZMOR, ".github", folder=on_github)
    assert done.returncode != 0
    assert finding in done.stdout


def test_actionlint_finds_nothing_and_would_find_a_slip(on_github: Path) -> None:
    program, files = actionlint(), [f".github/workflows/{name}" for name in WORKFLOWS]
    done = lint(program, "-no-color", "-shellcheck=", *files, folder=on_github)
    assert (done.returncode, done.stdout) == (0, "")
    edit(on_github, "needs.divide.outputs.matrix", "needs.divide.outputs.matrx")
    assert "matrx" in lint(program, "-no-color", "-shellcheck=", *files, folder=on_github).stdout


def test_githubs_schemas_are_followed(on_github: Path) -> None:
    files = [f".github/workflows/{name}" for name in WORKFLOWS]
    done = lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files, folder=on_github)
    assert done.returncode == 0, done.stdout
    action = ".github/actions/flowops/action.yml"
    done = lint("check-jsonschema", "--builtin-schema", "vendor.github-actions", action, folder=on_github)
    assert done.returncode == 0, done.stdout


def test_every_action_of_others_is_pinned_by_its_commit(on_github: Path) -> None:
    uses = re.findall(r"uses: (?!\./).*", texts(on_github))
    assert len(uses) > 10
    assert [it for it in uses if PINNED.fullmatch(it) is None] == []


def test_a_job_has_the_rights_it_needs_and_a_limit(on_github: Path) -> None:
    assert {it["permissions"] == {} for it in workflows(on_github).values()} == {True}
    for name, job in jobs(on_github).items():
        signs_in = any("role" in step.get("with", {}) for step in job["steps"])
        assert ("id-token" in job["permissions"]) is signs_in, name
        assert job["timeout-minutes"] <= 350, name
    writing = {name: it["permissions"] for name, it in jobs(on_github).items() if "write" in it["permissions"].values()}
    others = {right for it in writing.values() for right, how in it.items() if how == "write"} - {"id-token"}
    assert others == {"pull-requests", "security-events"}
    assert not [name for name, it in writing.items() if "id-token" in it and others & it.keys()]


def test_no_expression_stands_in_a_script(on_github: Path) -> None:
    assert [it for it in scripts(on_github) if "${{" in it] == []


def test_only_a_protected_environment_enters_the_deploy_role(on_github: Path) -> None:
    deploying = {
        name: job
        for name, job in jobs(on_github).items()
        if any(str(step.get("with", {}).get("role", "")).endswith("/FlowopsCiRole") for step in job["steps"])
    }
    assert list(deploying) == ["flowops-deploy.yml apply"]
    assert deploying["flowops-deploy.yml apply"]["environment"] == "${{ inputs.environment }}"
    # What another branch may have put into a cache never reaches it.
    assert [
        step["with"]["tools"]
        for step in deploying["flowops-deploy.yml apply"]["steps"]
        if "role" in step.get("with", {})
    ] == ["fresh"]


def test_only_reports_leave_a_runner_and_not_for_long(on_github: Path) -> None:
    uploads = [
        step["with"]
        for job in jobs(on_github).values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    ]
    paths = {line for it in uploads for line in it["path"].split()}
    assert paths == {"drift/shards.json", "drift/drift.json", "drift/drift.md", "report", "plan"}
    assert max(it["retention-days"] for it in uploads) <= 7


def test_gitlabs_schema_is_followed(on_gitlab: Path) -> None:
    files = (".gitlab-ci.yml", ".gitlab/flowops.gitlab-ci.yml")
    done = lint("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files, folder=on_gitlab)
    assert done.returncode == 0, done.stdout
    edit_gitlab(on_gitlab, "id_tokens:", "id_token:")
    assert lint("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", files[1], folder=on_gitlab).returncode == 1


def edit_gitlab(project: Path, old: str, new: str) -> None:
    path = project / ".gitlab/flowops.gitlab-ci.yml"
    path.write_text(path.read_text().replace(old, new))


def pipeline(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((project / ".gitlab/flowops.gitlab-ci.yml").read_text())
    return found


def test_on_gitlab_the_deploy_role_is_for_a_protected_branch_and_environment(on_gitlab: Path) -> None:
    using = {name: it for name, it in pipeline(on_gitlab).items() if "FlowopsCiRole" in str(it.get("variables", {}))}
    assert list(using) == ["flowops-deploy"]
    job = using["flowops-deploy"]
    assert job["environment"] == {"name": "$ENVIRONMENT"}
    (rule,) = job["rules"]
    assert rule["if"].startswith('$CI_COMMIT_BRANCH == "main" && ')
    assert rule["when"] == "manual"
    assert job["parallel"]["matrix"] == [{"ENVIRONMENT": ["dev", "prod"]}]


def test_on_gitlab_a_forks_code_never_runs_with_a_token(on_gitlab: Path) -> None:
    own = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID && $CI_MERGE_REQUEST_PROJECT_ID == $CI_PROJECT_ID"
    with_rules = {name: it["rules"] for name, it in pipeline(on_gitlab).items() if "rules" in it}
    of_requests = {name: rules for name, rules in with_rules.items() if "merge_request_event" in str(rules)}
    assert set(of_requests) == {"flowops-plan", "flowops-comment", "flowops-no-plan"}
    assert {name for name, rules in of_requests.items() if own in rules[0]["if"]} == {"flowops-plan", "flowops-comment"}
    assert "id_tokens" not in pipeline(on_gitlab)["flowops-no-plan"]


def test_on_gitlab_artifacts_are_for_developers_and_expire(on_gitlab: Path) -> None:
    found = [it["artifacts"] for it in pipeline(on_gitlab).values() if "artifacts" in it]
    assert len(found) == 3
    assert {it["access"] for it in found} == {"developer"}
    assert {it["expire_in"] for it in found} == {"1 day", "3 days", "1 week"}
    assert found[1]["reports"] == {"junit": "report/drift.xml"}


@pytest.mark.parametrize("request_", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_written_again_everything_is_as_it_was(tmp_path: Path, request_: CiRequest) -> None:
    project = project_in(tmp_path)
    first = written(project, request_)
    before = {it: it.read_bytes() for it in project.rglob("*") if it.is_file()}
    again = written(project, CiRequest(request_.provider))
    assert again.written == ()
    assert len(again.unchanged) == len(first.written) - 1  # flowops.yaml is none of the pipelines' files
    assert {it: it.read_bytes() for it in project.rglob("*") if it.is_file()} == before


def _folder(path: Path) -> None:
    path.mkdir(parents=True)


def _other(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("name: ours\n")


@pytest.mark.parametrize(("make", "said"), [(_folder, "is not a regular file"), (_other, "first in line 1")])
def test_what_stands_in_the_way_is_kept_and_nothing_is_written(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    project = project_in(tmp_path)
    make(project / ".github/workflows/flowops-plan.yml")
    before = sorted(project.rglob("*")), (project / "flowops.yaml").read_text()
    with pytest.raises(UsageError, match=said):
        written(project, GITHUB)
    assert (sorted(project.rglob("*")), (project / "flowops.yaml").read_text()) == before
