"""`aws cloudformation deploy` works against the engine as it does against AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sh

from tests.integration.cloudformation_moto import REGION, Account, served

NOTE = """
Parameters:
  Shown: {Type: String, Default: first}
Resources:
  Note: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Value: !Ref Shown}}
"""

# The command line itself, which would look again only after half a minute and which names
# its change sets by the second: two in one second would be refused, as AWS refuses them.
IMPATIENT_AWS = """
import sys, threading, time, types
import botocore.waiter
from awscli.customizations.cloudformation import deployer
botocore.waiter.time = types.SimpleNamespace(sleep=lambda seconds: threading.Event().wait(0.05))
deployer.time = types.SimpleNamespace(time=time.time_ns)
from awscli.clidriver import main
sys.exit(main())
"""


@pytest.fixture
def account() -> Iterator[Account]:
    with served() as endpoint:
        # The account of whoever the emulator does not know.
        yield Account(endpoint, "123456789012")


def deploy(account: Account, directory: Path, *arguments: str) -> str:
    template = directory / "template.yaml"
    template.write_text(NOTE)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    told = ("cloudformation", "deploy", "--stack-name", "told", "--template-file", str(template))
    aws = sh.Command(sys.executable)
    return str(aws("-c", IMPATIENT_AWS, *told, *arguments, _env=environment, _err_to_out=True))


def test_a_stack_is_created_left_alone_and_updated(account: Account, tmp_path: Path) -> None:
    created = deploy(account, tmp_path)
    again = deploy(account, tmp_path, "--no-fail-on-empty-changeset")
    updated = deploy(account, tmp_path, "--parameter-overrides", "Shown=second")

    assert "Successfully created/updated stack - told" in created
    assert "No changes to deploy. Stack told is up to date" in again
    assert "Successfully created/updated stack - told" in updated
    ssm = account.client("ssm")
    (note,) = ssm.describe_parameters()["Parameters"]
    assert ssm.get_parameter(Name=note["Name"])["Parameter"]["Value"] == "second"
