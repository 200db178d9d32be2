"""The bootstrap stacks in the emulator's own process: made, looked at, changed, kept over a restart, and removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import DEV, SECURITY, Cloud, emulator_in, running, settings_in

BOOTSTRAP = Path(__file__).parents[2] / "bootstrap"
ORGANIZATION = "o-abcdefghij"


@dataclass
class Stacks:
    """CloudFormation of one account."""

    client: Any

    def propose(self, stack: str, name: str, template: str, values: Mapping[str, str], kind: str) -> Any:
        """Create a change set and return its description once it is worked out."""
        self.client.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=(BOOTSTRAP / template).read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )

        def described() -> Any:
            return self.client.describe_change_set(StackName=stack, ChangeSetName=name)

        await_true(lambda: described()["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"), f"change set {name}")
        return described()

    def execute(self, stack: str, name: str) -> str:
        """Execute a change set and return the status the stack ends in."""
        self.client.execute_change_set(StackName=stack, ChangeSetName=name, ClientRequestToken=name)
        return self.ended(stack)

    def ended(self, stack: str) -> str:
        """Return the status of a stack once nothing goes on."""
        await_true(lambda: not self.status(stack).endswith("_IN_PROGRESS"), f"the end of what goes on with {stack}")
        return self.status(stack)

    def status(self, stack: str) -> str:
        """Return the status of a stack."""
        return str(self.client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    def outputs(self, stack: str) -> dict[str, str]:
        """Return the outputs of a stack."""
        (found,) = self.client.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def drifted(self, stack: str) -> set[str]:
        """Return the places that differ from the stack."""
        run = self.client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]

        def detection() -> Any:
            return self.client.describe_stack_drift_detection_status(StackDriftDetectionId=run)

        await_true(lambda: detection()["DetectionStatus"] == "DETECTION_COMPLETE", f"the detection of {stack}")
        found = self.client.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
        return {
            each["LogicalResourceId"] + difference["PropertyPath"]
            for each in found
            for difference in each.get(
                "PropertyDifferences", [{"PropertyPath": f": {each['StackResourceDriftStatus']}"}]
            )
            if each["StackResourceDriftStatus"] != "IN_SYNC"
        }


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("aws")) as cloud:
        yield cloud


def test_the_bootstrap_stacks_live_through_everything(cloud: Cloud) -> None:
    security, dev = (Stacks(cloud.client("cloudformation", account)) for account in (SECURITY, DEV))
    base = {"Project": "flowable", "OrganizationId": ORGANIZATION}

    # Made.
    state = {**base, "EnvironmentAccountIds": DEV}
    proposed = security.propose("flowops-security", "c1", "security-account.yaml", state, "CREATE")
    assert proposed["Status"] == "CREATE_COMPLETE", proposed
    assert security.execute("flowops-security", "c1") == "CREATE_COMPLETE"
    access = {**base, "EnvironmentName": "dev", "EnvironmentAccountId": DEV}
    security.propose("flowops-access-dev", "c1", "environment-access.yaml", access, "CREATE")
    assert security.execute("flowops-access-dev", "c1") == "CREATE_COMPLETE"
    facts = security.outputs("flowops-security")
    environment = {
        **base,
        "SecurityAccountId": SECURITY,
        "ExternalId": "x" * 24,
        "StateBucketName": facts["StateBucketName"],
        "StateKeyArn": facts["StateKeyArn"],
        "Regions": "eu-central-1",
    }
    dev.propose("flowops-environment", "c1", "environment-account.yaml", environment, "CREATE")
    assert dev.execute("flowops-environment", "c1") == "CREATE_COMPLETE"

    # Looked at.
    unchanged = security.propose("flowops-security", "c2", "security-account.yaml", state, "UPDATE")
    assert unchanged["Status"] == "FAILED"
    assert "didn't contain changes" in unchanged["StatusReason"]
    assert security.drifted("flowops-security") == set()
    assert security.drifted("flowops-access-dev") == set()
    assert dev.drifted("flowops-environment") == set()

    # Changed, in place.
    rotated = {**environment, "ExternalId": "y" * 24}
    proposed = dev.propose("flowops-environment", "c2", "environment-account.yaml", rotated, "UPDATE")
    assert {change["ResourceChange"]["Replacement"] for change in proposed["Changes"]} == {"False"}
    assert dev.execute("flowops-environment", "c2") == "UPDATE_COMPLETE"
    assert dev.drifted("flowops-environment") == set()

    # Kept over a restart.
    emulator = emulator_in(cloud.state_dir)
    emulator.stop()
    emulator.start(settings_in(cloud.state_dir, cloud.endpoint.port))
    assert dev.status("flowops-environment") == "UPDATE_COMPLETE"
    assert security.outputs("flowops-security") == facts
    assert dev.drifted("flowops-environment") == set()

    # Removed: what holds data stays.
    arn = dev.client.describe_stacks(StackName="flowops-environment")["Stacks"][0]["StackId"]
    dev.client.delete_stack(StackName="flowops-environment")
    assert dev.ended(arn) == "DELETE_COMPLETE"
    for name in ("flowops-access-dev", "flowops-security"):
        arn = security.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        security.client.delete_stack(StackName=name)
        assert security.ended(arn) == "DELETE_COMPLETE"
    kept = {bucket["Name"] for bucket in cloud.client("s3", SECURITY).list_buckets()["Buckets"]}
    assert facts["StateBucketName"] in kept
