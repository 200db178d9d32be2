"""`aws cloudformation deploy` works against the engine as it does against AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sh

from flowops.model.drift.stack_ways import putting_back
from flowops.model.drift.templates import parameters
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


def deploy(account: Account, directory: Path, *arguments: str, stack: str = "told") -> str:
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
    told = ("cloudformation", "deploy", "--stack-name", stack, "--template-file", str(template))
    aws = sh.Command(sys.executable)
    return str(aws("-c", IMPATIENT_AWS, *told, *arguments, _env=environment, _err_to_out=True))


def test_what_a_finding_of_drift_ends_with_puts_the_stack_back(account: Account, tmp_path: Path) -> None:
    deploy(account, tmp_path, "--parameter-overrides", "Shown=second", stack="drifted")
    name = account.client("cloudformation").describe_stack_resource(StackName="drifted", LogicalResourceId="Note")
    parameter = name["StackResourceDetail"]["PhysicalResourceId"]
    account.client("ssm").put_parameter(Name=parameter, Value="by hand", Overwrite=True)
    (tmp_path / "impatient.py").write_text(IMPATIENT_AWS)
    command = tmp_path / "aws"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {tmp_path}/impatient.py "$@"\n')
    command.chmod(0o755)
    config = tmp_path / "config"
    config.write_text("[profile flw-dev]\naws_access_key_id = test\naws_secret_access_key = test\n")
    shell = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_CONFIG_FILE": str(config),
    }
    way = putting_back("drifted", parameters(NOTE), REGION, "flw-dev")
    shown = str(sh.Command("bash")("-e", "-c", way.text, _env=shell, _err_to_out=True))
    assert '"LogicalResourceId": "Note"' in shown, "it is shown before it is done"
    assert account.settled("drifted") == "UPDATE_COMPLETE"
    assert account.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == "second"
    assert account.drifts("drifted") == {}
    assert account.delete("drifted") == "DELETE_COMPLETE"  # the next test counts what the account has


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
