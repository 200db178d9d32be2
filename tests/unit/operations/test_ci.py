from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from flowops.errors import UsageError
from flowops.model.ci import CiRequest
from flowops.model.ci_comment import MARKER, Comment, Place
from flowops.model.config import CiConfig
from flowops.operations.ci import CiSetup, init_ci, keep_comment
from tests.fakes.aws import config
from tests.fakes.ci import FakeComments, FakePipelines, FakeProject

PLAN, ENTRY = PurePosixPath("ci/plan.yml"), PurePosixPath(".gitlab-ci.yml")
ON_GITHUB = CiRequest("github", "acme/platform")
ON_GITLAB = CiRequest("gitlab", "acme/platform")
PLACE = Place("GitHub", "https://x/comments", "https://x/comments", "PATCH", {}, 1000)


def init(project: FakeProject, request: CiRequest = ON_GITHUB, *, entry: bool = False) -> CiSetup:
    return init_ci(request, pipelines=FakePipelines(entry), config_file=project, folder=project)


def test_pipelines_are_written_and_flowops_yaml_says_whose_they_are() -> None:
    project = FakeProject(config())
    made = init(project)
    assert project.section == {"provider": "github", "repository": "acme/platform"}
    assert project.there == {PLAN: b"plan\nfor acme/platform"}
    assert made.written == (PurePosixPath("flowops.yaml"), PLAN)
    assert made.following == ("flowops bootstrap security, which makes the roles of the pipelines",)


def test_who_gives_no_numbers_of_the_repository_is_told_when_they_are_needed() -> None:
    named = init(FakeProject(config()))
    numbered = init(FakeProject(config()), CiRequest("github", "acme/platform", "101", "202"))
    assert any("repository_owner_id and repository_id" in it for it in named.notes)
    assert not any("repository_owner_id" in it for it in numbered.notes)


def test_a_second_time_nothing_changes() -> None:
    project = FakeProject(config().model_copy(update={"ci": CiConfig(provider="github", repository="acme/platform")}))
    init(project, CiRequest("github"))
    again = init(project, CiRequest("github"))
    assert (again.written, again.unchanged) == ((), (PLAN,))
    assert project.section is None


def test_a_file_with_other_content_is_kept_and_the_first_line_that_differs_is_shown() -> None:
    project = FakeProject(config(), {PLAN: b"plan\nfor somebody else"})
    with pytest.raises(UsageError) as error:
        init(project)
    assert "ci/plan.yml stands there with other content, first in line 2" in error.value.happened
    assert "'for somebody else' where flowops writes 'for acme/platform'" in error.value.happened
    assert project.there == {PLAN: b"plan\nfor somebody else"}


def test_a_gitlab_entry_of_the_projects_own_is_kept_and_told_what_to_include() -> None:
    project = FakeProject(config(), {ENTRY: b"stages: [build]\n"})
    made = init(project, ON_GITLAB, entry=True)
    assert project.there[ENTRY] == b"stages: [build]\n"
    assert made.notes[0].startswith("Add to .gitlab-ci.yml, which was kept: include:")
    assert ENTRY not in made.written


def test_a_gitlab_entry_that_includes_ours_needs_nothing() -> None:
    project = FakeProject(config(), {ENTRY: b'include: [{local: "/.gitlab/flowops.gitlab-ci.yml"}]\n'})
    assert [it for it in init(project, ON_GITLAB, entry=True).notes if "Add to" in it] == []


def test_where_there_is_no_gitlab_entry_one_is_written() -> None:
    project = FakeProject(config())
    assert ENTRY in init(project, ON_GITLAB, entry=True).written
    assert project.there[ENTRY] == b"include: ours\n"


def test_without_the_security_accounts_id_nothing_is_written() -> None:
    project = FakeProject(config(security=None))
    with pytest.raises(UsageError, match="no id for account security"):
        init(project)
    assert project.there == {}


def test_nothing_is_written_where_flowops_yaml_cannot_be() -> None:
    project = FakeProject(config(), broken=True)
    with pytest.raises(UsageError, match=r"flowops\.yaml cannot be written"):
        init(project)
    assert project.there == {}


def test_a_request_gets_one_comment_that_is_kept_up() -> None:
    comments = FakeComments([Comment(1, "looks good to me", machine=False)])
    assert keep_comment(["one change"], PLACE, comments) is False
    assert keep_comment(["two changes"], PLACE, comments) is True
    assert [it.body for it in comments.there] == ["looks good to me", f"{MARKER}\n\ntwo changes\n"]
