"""How CloudTrail is asked and read: within its pace, never for ever, and with the right name for who it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.stub import ANY, Stubber

from flowops.adapters.aws.client import AwsSession, Wire, session_of
from flowops.adapters.aws.errors import AwsDenied, AwsFailed
from flowops.adapters.aws.trail import CloudTrailHistory
from flowops.model.drift.finding import Trace
from tests.fakes import tree

DEV = tree.environment("dev")
SINCE, THEN = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 28, 3, tzinfo=UTC)
ACCOUNT, GROUP = "222222222222", "sg-0a1b2c3d4e5f60718"
ANN = {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/flowable/ann", "accountId": ACCOUNT, "userName": "ann"}
NOBODY: dict[str, Any] = {"Events": []}


@cache
def plan_role() -> AwsSession:
    """Return one session for all tests, because its clients take long to make."""
    return session_of(Credentials("key", "secret"), Wire("eu-central-1"), "the plan role")


class Asked:
    """CloudTrail in one region, which answers as it was told to; its clock goes only while somebody sleeps."""

    def __init__(self, region: str = "eu-central-1") -> None:
        self.stub = Stubber(plan_role().elsewhere(region).client("cloudtrail"))
        self.now, self.slept = 0.0, list[float]()
        self.trail = CloudTrailHistory(lambda _: plan_role(), clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def answer(self, answer: dict[str, Any], name: str = GROUP, **more: str) -> None:
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
        expected = {"LookupAttributes": wanted, "StartTime": SINCE, "MaxResults": ANY, **more}
        self.stub.add_response("lookup_events", answer, expected)

    def refuse(self, code: str, times: int = 1) -> None:
        for _ in range(times):
            self.stub.add_client_error("lookup_events", code)

    def traces(self, *ids: str, type_: str = "") -> tuple[Trace, ...]:
        with self.stub:
            found = self.trail.traces(DEV, ids or (GROUP,), SINCE, type_)
            self.stub.assert_no_pending_responses()
        return found


@pytest.fixture
def asked() -> Asked:
    return Asked()


def event(name: str = "AuthorizeSecurityGroupIngress", *, read: str = "false", **details: Any) -> dict[str, Any]:
    told = {"userIdentity": ANN, "sourceIPAddress": "203.0.113.7", "recipientAccountId": ACCOUNT, **details}
    source = details.get("eventSource", "ec2.amazonaws.com")
    return {
        "EventName": name,
        "EventTime": THEN,
        "EventSource": source,
        "ReadOnly": read,
        "CloudTrailEvent": json.dumps(told),
    }


def test_a_change_says_who_when_what_and_from_where(asked: Asked) -> None:
    asked.answer({"Events": [event()]})
    assert asked.traces() == (Trace("user/flowable/ann", THEN, "AuthorizeSecurityGroupIngress", "203.0.113.7"),)


def test_reads_and_refused_calls_changed_nothing(asked: Asked) -> None:
    refused = event(errorCode="Client.UnauthorizedOperation")
    asked.answer({"Events": [event("DescribeSecurityGroups", read="true"), refused, event("CreateTags")]})
    assert [it.event for it in asked.traces()] == ["CreateTags"]


def test_a_call_that_only_uses_a_group_is_not_about_it(asked: Asked) -> None:
    asked.answer({"Events": [event("RunInstances"), event("RevokeSecurityGroupEgress")]})
    assert [it.event for it in asked.traces()] == ["RevokeSecurityGroupEgress"]
    asked.answer({"Events": [event("RunInstances")]}, "i-1")
    assert [it.event for it in asked.traces("i-1")] == ["RunInstances"]


def test_something_else_of_the_same_name_is_not_meant(asked: Asked) -> None:
    of_bucket = event("PutBucketPolicy", eventSource="s3.amazonaws.com")
    tagged = event("TagResources", eventSource="tagging.amazonaws.com")
    asked.answer({"Events": [of_bucket, tagged]}, "flowable-dev")
    assert [it.event for it in asked.traces("flowable-dev", type_="aws_eks_cluster")] == ["TagResources"]
    asked.answer({"Events": [of_bucket]}, "flowable-dev")
    assert [it.event for it in asked.traces("flowable-dev", type_="somebody_elses_type")] == ["PutBucketPolicy"]


def test_the_first_name_with_events_decides_and_names_that_cannot_be_asked_for_are_left_out(asked: Asked) -> None:
    asked.answer(NOBODY, "one")
    asked.answer({"Events": [event()]}, "two")
    assert asked.traces("one", "", "x" * 2001, "two", "three")


def test_five_traces_are_enough_and_so_are_four_pages(asked: Asked) -> None:
    asked.answer({"Events": [event()] * 3, "NextToken": "a"})
    asked.answer({"Events": [event()] * 3, "NextToken": "b"}, NextToken="a")
    assert len(asked.traces()) == 5
    reads = [event("GetSomething", read="true")]
    asked.answer({"Events": reads, "NextToken": "a"})
    for token in ("a", "b", "c"):
        asked.answer({"Events": reads, "NextToken": chr(ord(token) + 1)}, NextToken=token)
    assert asked.traces() == ()


def test_two_requests_a_second_are_the_pace_whatever_is_asked(asked: Asked) -> None:
    for name in ("one", "two", "three"):
        asked.answer(NOBODY, name)
    asked.traces("one", "two", "three")
    assert asked.slept == [0.5, 0.5]
    asked.now += 0.2
    asked.answer(NOBODY)
    asked.traces()
    assert asked.slept[2:] == [pytest.approx(0.3)]


def test_whoever_is_throttled_waits_longer_and_asks_again(asked: Asked) -> None:
    asked.refuse("ThrottlingException", 2)
    asked.answer({"Events": [event()]})
    assert asked.traces()
    assert asked.slept == [2.0, 4.0]


def test_throttled_for_ever_is_an_error(asked: Asked) -> None:
    asked.refuse("ThrottlingException", 4)
    with pytest.raises(AwsFailed, match="ThrottlingException"):
        asked.traces()


def test_who_may_not_look_is_told_so_at_once(asked: Asked) -> None:
    asked.refuse("AccessDeniedException")
    with pytest.raises(AwsDenied, match="LookupEvents, called as the plan role"):
        asked.traces()
    assert asked.slept == []


@pytest.mark.parametrize(
    ("ids", "type_"),
    [
        (("node",), "aws_iam_role"),
        (("Z1",), "aws_route53_record"),
        (("FlowopsPlanRole",), "AWS::IAM::Role"),
        (("node", f"arn:aws:iam::{ACCOUNT}:role/node"), ""),
    ],
)
def test_what_is_global_is_looked_for_in_us_east_1(ids: tuple[str, ...], type_: str) -> None:
    asked = Asked("us-east-1")
    asked.answer({"Events": [event("AttachRolePolicy", eventSource="iam.amazonaws.com")]}, ids[0])
    assert asked.traces(*ids, type_=type_)


ROLE = {
    "type": "AssumedRole",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/DevOpsAdminRole/flowops",
    "accountId": ACCOUNT,
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "DevOpsAdminRole"}},
}


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        (ANN, "user/flowable/ann"),
        ({"type": "IAMUser", "userName": "ann"}, "user/ann"),
        (ROLE, "assumed-role/DevOpsAdminRole/flowops"),
        ({**ROLE, "sessionContext": {"sourceIdentity": "ann"}}, "assumed-role/DevOpsAdminRole/flowops for ann"),
        ({**ROLE, "arn": None, "principalId": "AROA:flowops"}, "assumed-role/DevOpsAdminRole/flowops"),
        (
            {**ROLE, "invokedBy": "cloudformation.amazonaws.com"},
            "assumed-role/DevOpsAdminRole/flowops through cloudformation.amazonaws.com",
        ),
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, "root"),
        ({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}, "service/autoscaling.amazonaws.com"),
        ({"type": "AWSAccount", "accountId": "999999999999"}, "AWSAccount of account 999999999999"),
        ({**ANN, "accountId": "999999999999"}, "user/flowable/ann of account 999999999999"),
        ({"type": "IdentityCenterUser", "userName": "ann@example.com"}, "ann@example.com"),
        ({}, "unknown"),
        ("ann", "unknown"),
    ],
)
def test_every_kind_of_caller_has_a_name(asked: Asked, identity: Any, principal: str) -> None:
    asked.answer({"Events": [event(userIdentity=identity)]})
    assert asked.traces()[0].principal == principal


def test_an_event_that_says_nothing_in_its_details_has_still_a_user_and_a_time(asked: Asked) -> None:
    plain = {"EventName": "CreateTags", "EventTime": THEN.astimezone(tz=None), "Username": "bob", "ReadOnly": "false"}
    asked.answer({"Events": [{**plain, "CloudTrailEvent": text} for text in ("", "[]", "no JSON")]})
    assert asked.traces() == (Trace("bob", THEN, "CreateTags"),) * 3


def test_what_a_caller_chose_to_be_called_cannot_steer_a_terminal(asked: Asked) -> None:
    asked.answer({"Events": [event(sourceIPAddress="x\x1b[31m\n" * 100, userIdentity={"type": "\x1b]0;boo\x07"})]})
    (trace,) = asked.traces()
    assert "\x1b" not in f"{trace.principal}{trace.address}"
    assert len(trace.address) <= 200
    assert THEN - trace.time == timedelta()
