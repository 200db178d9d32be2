"""The profiles that flowops writes, used: by flowops' own sessions and by the plain aws command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.adapters.aws_files import FileAwsFiles
from flowops.model.config import Config
from flowops.model.named_profiles import ProfilesRequest
from flowops.operations.profiles import ProfilesPorts, show_profiles, write_profiles
from tests.fakes.aws import config
from tests.fakes.users import FakePerson
from tests.integration.organization import DEV, PROD, SECURITY, Home, organization

BEFORE = "# kept\n[profile mine]\nregion = us-east-1\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("profiles")) as home:
        with (home.folder / "config").open("a") as file:
            file.write(BEFORE)
        _write(home, config())
        yield home


def _write(home: Home, at: Config) -> None:
    files = FileAwsFiles(home.folder / "config", home.folder / "credentials")
    request = ProfilesRequest(only=("flw-sec", "flw-dev", "flw-prod"), yes=True)
    assert write_profiles(request, at, None, ProfilesPorts(files, FakePerson())).paths


@pytest.mark.parametrize(("profile", "account"), [("flw-sec", SECURITY), ("flw-dev", DEV), ("flw-prod", PROD)])
def test_each_written_profile_leads_into_its_account(home: Home, profile: str, account: str) -> None:
    found = home.sessions().identity(home.sessions().profile(profile))
    assert found.account == account
    assert ":assumed-role/OrganizationAccountAccessRole/" in found.arn


def test_the_plain_aws_command_line_uses_them(home: Home) -> None:
    aws = Path(sys.executable).with_name("aws")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home.folder),
        "AWS_CONFIG_FILE": str(home.folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.folder / "credentials"),
        "AWS_ENDPOINT_URL": home.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    words = [str(aws), "--profile", "flw-dev", "--output", "json", "sts", "get-caller-identity"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Account"] == DEV


def test_they_hold_and_what_stood_there_still_does(home: Home) -> None:
    files = FileAwsFiles(home.folder / "config", home.folder / "credentials")
    rows = {it.name: it for it in show_profiles("", config(), None, files)}
    assert {rows[name].chain.end for name in ("flw-iac", "flw-sec", "flw-dev", "flw-prod")} == {"keys"}
    assert BEFORE in (home.folder / "config").read_text()
