"""What a stack wanted of a resource, as doctor reads it from CloudFormation's drift detection."""

from __future__ import annotations

import json
from typing import Any

from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.doctor.accounts import StandingAccounts

POLICY = {"Version": "2012-10-17", "Statement": []}


class Drifted:
    """Answers as CloudFormation does of a stack that drifted, with one resource on each page."""

    def __init__(self, *resources: str) -> None:
        self._resources = resources

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        match operation:
            case "DetectStackDrift":
                return {"StackDriftDetectionId": "1"}
            case "DescribeStackDriftDetectionStatus":
                return {"DetectionStatus": "DETECTION_COMPLETE"}
        assert operation == "DescribeStackResourceDrifts"
        number = int(parameters.get("NextToken", "0"))
        row = {
            "LogicalResourceId": self._resources[number],
            "ResourceType": "AWS::IAM::Role",
            "StackResourceDriftStatus": "MODIFIED",
            "ExpectedProperties": json.dumps({"AssumeRolePolicyDocument": POLICY}),
        }
        more = {"NextToken": str(number + 1)} if number + 1 < len(self._resources) else {}
        return {"StackResourceDrifts": [row], **more}


def accounts(session: Any) -> StandingAccounts:
    def nothing(*_: object) -> Any:
        raise AssertionError("nobody asks for this")

    return StandingAccounts(lambda _: session, nothing, CloudFormation, nothing, nothing)


def test_what_a_stack_wanted_is_found_on_whatever_page_of_the_answer() -> None:
    found = accounts(Drifted("Other", "FlowopsPlan", "FlowopsDeploy"))
    assert found.expected_trust("dev", "FlowopsDeploy") == POLICY
    assert found.expected_trust("dev", "Another") is None
