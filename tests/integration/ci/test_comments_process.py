"""The one comment on a request, on a GitHub and a GitLab of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from flowops.adapters.ci_comments import RequestComments
from flowops.adapters.web import Web
from flowops.errors import OperationFailed
from flowops.model.ci_comment import MARKER, Place, place_of
from flowops.operations.ci import keep_comment
from tests.integration.ci.forge import Forge, forge


@pytest.fixture
def there() -> Iterator[Forge]:
    with forge() as made:
        yield made


def github(there: Forge, token: str = "s3cret") -> Mapping[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": there.url,
        "GITHUB_REPOSITORY": "acme/platform",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_TOKEN": token,
    }


def gitlab(there: Forge, token: str = "s3cret") -> Mapping[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{there.url}/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": token,
    }


BOTH = pytest.mark.parametrize("environment", [github, gitlab])


def comment(place: Place, report: str) -> bool:
    return keep_comment([report], place, RequestComments(Web({})))


@BOTH
def test_the_first_plan_makes_a_comment_and_the_next_one_writes_it_anew(there: Forge, environment: object) -> None:
    assert callable(environment)
    place = place_of(environment(there))
    assert comment(place, "1 to add") is False
    assert comment(place, "2 to add") is True
    assert [it["body"] for it in there.comments.values()] == [f"{MARKER}\n\n2 to add\n"]


@BOTH
def test_the_same_plan_writes_nothing(there: Forge, environment: object) -> None:
    assert callable(environment)
    place = place_of(environment(there))
    comment(place, "1 to add")
    writes = len([it for it in there.calls if not it.startswith("GET")])
    comment(place, "1 to add")
    assert len([it for it in there.calls if not it.startswith("GET")]) == writes == 1


def test_our_comment_is_found_behind_hundreds_of_others(there: Forge) -> None:
    for number in range(1, 251):
        there.says(number, f"opinion {number}")
    there.says(251, f"{MARKER}\n\nold", "Bot")
    assert comment(place_of(github(there)), "new") is True
    assert there.comments[251]["body"] == f"{MARKER}\n\nnew\n"
    assert len(there.comments) == 251


def test_who_copies_our_mark_keeps_what_they_wrote(there: Forge) -> None:
    there.says(1, f"{MARKER}\n\nlook what it said yesterday")
    assert comment(place_of(github(there)), "today") is False
    assert there.comments[1]["body"].endswith("yesterday")


@BOTH
def test_a_token_that_may_not_is_told_so(there: Forge, environment: object) -> None:
    assert callable(environment)
    with pytest.raises(OperationFailed, match="answered 401: the token is none that it knows") as error:
        comment(place_of(environment(there, token="wrong")), "1 to add")
    assert "wrong" not in str(error.value)
    assert there.comments == {}


def test_a_forge_that_is_not_there_is_told_so() -> None:
    nowhere = Forge(url="http://127.0.0.1:9")
    with pytest.raises(OperationFailed, match="GitHub gave no answer"):
        comment(place_of(github(nowhere)), "1 to add")


def test_a_token_never_goes_over_a_line_that_others_can_read() -> None:
    with pytest.raises(OperationFailed, match="is not https"):
        comment(place_of(github(Forge(url="http://forge.example.com"))), "1 to add")
