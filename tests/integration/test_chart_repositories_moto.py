"""The chart repositories of the emulated AWS: who gets in, as Secrets Manager says at that moment."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.rehearsal.charts.names import CREDENTIALS_SECRET, repository_url
from tests.integration.emulated_aws import DEV, SECURITY, Cloud, running

PASSWORD = "sentinel-of-the-repository"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("state")) as cloud:
        yield cloud


def status(cloud: Cloud, alias: str, password: str = "", user: str = "robot", file: str = "index.yaml") -> int:
    request = urllib.request.Request(repository_url(cloud.endpoint.url, alias) + file)
    if password:
        request.add_header("Authorization", f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_the_repository_of_flowable_opens_to_what_stands_in_secrets_manager_now(cloud: Cloud) -> None:
    secrets = cloud.client("secretsmanager", SECURITY)
    assert status(cloud, "flowable", PASSWORD) == 401

    secrets.create_secret(Name=CREDENTIALS_SECRET)
    assert status(cloud, "flowable", PASSWORD) == 401

    value = json.dumps({"username": "robot", "password": PASSWORD})
    secrets.put_secret_value(SecretId=CREDENTIALS_SECRET, SecretString=value)
    assert status(cloud, "flowable", PASSWORD) == 200
    assert status(cloud, "flowable", PASSWORD, file="flowable-3.11.3.tgz") == 200
    assert status(cloud, "flowable", "wrong") == 401

    later = json.dumps({"username": "robot", "password": "another"})
    secrets.put_secret_value(SecretId=CREDENTIALS_SECRET, SecretString=later)
    assert status(cloud, "flowable", PASSWORD) == 401
    assert status(cloud, "flowable", "another") == 200

    secrets.delete_secret(SecretId=CREDENTIALS_SECRET)
    assert status(cloud, "flowable", "another") == 401


def test_a_secret_of_that_name_in_another_account_opens_nothing(cloud: Cloud) -> None:
    value = json.dumps({"username": "robot", "password": "of-dev"})
    cloud.client("secretsmanager", DEV).create_secret(Name=CREDENTIALS_SECRET, SecretString=value)
    assert status(cloud, "flowable", "of-dev") == 401


def test_the_other_repositories_ask_nobody_and_are_not_recorded_as_calls_of_aws(cloud: Cloud) -> None:
    assert status(cloud, "stakater", file="reloader-2.2.5.tgz") == 200
    assert not [call for call in cloud.emulator.calls() if "charts" in call.path]


def test_no_file_but_the_snapshot_holds_a_password(cloud: Cloud) -> None:
    files = [file for file in cloud.state_dir.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if PASSWORD.encode() in file.read_bytes()]


def test_the_password_opens_the_repository_after_a_restart_too(tmp_path: Path) -> None:
    value = json.dumps({"username": "robot", "password": PASSWORD})
    with running(tmp_path) as cloud:
        cloud.client("secretsmanager", SECURITY).create_secret(Name=CREDENTIALS_SECRET, SecretString=value)
    with running(tmp_path) as cloud:
        assert status(cloud, "flowable", PASSWORD) == 200
