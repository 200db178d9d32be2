"""Secrets without a value are filled from what is at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.fakes.aws import World
from tests.unit.operations.bootstrapping import run, stood_up


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def standing() -> World:
    return stood_up()


def test_empty_secrets_are_filled_from_what_is_at_hand_and_shown_by_source_only(world: World) -> None:
    world.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "some-user", "FLOWABLE_REPO_AUTH_PASSWORD": "canary-1"}
    world.secret_files.contents = {"./dev.license": b"canary-2"}
    result = run(world)
    secrets = world.cloud.doors["security"].secrets.values
    assert secrets == {
        "/flowable/repository": b'{"username": "some-user", "password": "canary-1"}',
        "flowops-access-dev-LicenseSecret": b"canary-2",
    }
    planned = [(it.name, it.environment, it.source) for it in world.console.asked[0].secrets]
    assert planned == [
        ("repository", "", "FLOWABLE_REPO_AUTH_USERNAME and FLOWABLE_REPO_AUTH_PASSWORD"),
        ("license", "dev", "./dev.license"),
    ]
    assert [(it.name, it.filled, it.note) for it in result.secrets][2] == (
        "license prod",
        False,
        "not set: flowops secrets set license prod --file PATH",
    )
    said = f"{world.console.shown} {world.console.lines} {result}"
    assert "canary" not in said
    assert "some-user" not in said


def test_a_secret_that_has_a_value_is_left_alone(standing: World) -> None:
    standing.cloud.doors["security"].secrets.values["/flowable/repository"] = b"set by hand"
    standing.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": "other"}
    result = run(standing)
    assert standing.cloud.doors["security"].secrets.values["/flowable/repository"] == b"set by hand"
    assert result.secrets[0].filled
    assert standing.console.asked == []


def test_secrets_alone_are_worth_a_question(standing: World) -> None:
    standing.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": "word"}
    run(standing)
    assert len(standing.console.asked) == 1
    assert "/flowable/repository" in standing.cloud.doors["security"].secrets.values


def test_half_of_the_repository_credentials_is_nothing(world: World) -> None:
    world.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": ""}
    result = run(world)
    assert result.secrets[0].note == "not set: flowops secrets set repository"
    assert world.cloud.doors["security"].secrets.values == {}


def test_a_secret_that_is_to_be_deleted_is_not_filled_and_says_how_to_keep_it(standing: World) -> None:
    standing.environment = {"FLOWABLE_REPO_AUTH_USERNAME": "user", "FLOWABLE_REPO_AUTH_PASSWORD": "word"}
    secrets = standing.cloud.doors["security"].secrets
    secrets.leaving["/flowable/repository"] = datetime(2026, 12, 24, tzinfo=UTC)
    result = run(standing)
    assert secrets.puts == []
    note = result.secrets[0].note
    assert note.startswith("to be deleted on 2026-12-24: aws secretsmanager restore-secret")
