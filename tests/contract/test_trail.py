"""The port `Trail`: one suite for the history in memory and for CloudTrail on the emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from botocore.credentials import Credentials

from flowops.adapters.aws.client import AwsSession, session_of
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.trail import CloudTrailHistory
from flowops.model.drift.finding import Trace
from flowops.operations.ports.drift import Trail
from tests.fakes import tree
from tests.fakes.watching import FakeTrail
from tests.integration.organization import DEV, PROD, Home

ENVIRONMENT = tree.environment("dev")
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
ADMINISTRATOR, LOOPBACK = "assumed-role/OrganizationAccountAccessRole/flowops", "127.0.0.1"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@dataclass(frozen=True)
class Subject:
    """A trail, what makes a topic and returns its ARN, and what renames one so many times."""

    trail: Trail
    make: Callable[[], str]
    rename: Callable[[str, int], object]

    def traces(self, *ids: str, since: datetime = LONG_AGO) -> list[Trace]:
        return list(self.trail.traces(ENVIRONMENT, ids, since, "aws_sns_topic"))

    def events(self, *ids: str) -> list[str]:
        return [it.event for it in self.traces(*ids)]


@pytest.fixture(params=["fake", "emulated"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        return _in_memory(FakeTrail())
    session: AwsSession = request.getfixturevalue("home").into(DEV)

    def rename(topic: str, times: int) -> None:
        for number in range(times):
            given = {"AttributeName": "DisplayName", "AttributeValue": f"by hand {number}"}
            session.call("sns", "SetTopicAttributes", TopicArn=topic, **given)

    return Subject(
        quick(session), lambda: str(session.call("sns", "CreateTopic", Name=uuid4().hex)["TopicArn"]), rename
    )


def quick(session: AwsSession) -> CloudTrailHistory:
    """Return CloudTrail without its pace, which the emulated one does not hold anybody to."""
    return CloudTrailHistory(lambda _: session, sleep=lambda seconds: None)


def _in_memory(trail: FakeTrail) -> Subject:
    def happened(name: str, event: str) -> None:
        trail.events.append((name, Trace(ADMINISTRATOR, datetime.now(UTC), event, LOOPBACK)))

    def make() -> str:
        topic = uuid4().hex
        happened(topic, "CreateTopic")
        return topic

    return Subject(
        trail, make, lambda topic, times: [happened(topic, "SetTopicAttributes") for _ in range(times)] and None
    )


def test_who_changed_what_when_and_from_where(subject: Subject) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    topic = subject.make()
    subject.rename(topic, 1)
    last, first = subject.traces(topic)
    assert (last.event, first.event) == ("SetTopicAttributes", "CreateTopic")
    assert (last.principal, last.address) == (ADMINISTRATOR, LOOPBACK)
    assert before <= first.time <= last.time <= datetime.now(UTC) + timedelta(seconds=1)
    assert last.time.tzinfo is not None


def test_the_last_five_are_told(subject: Subject) -> None:
    topic = subject.make()
    subject.rename(topic, 6)
    assert subject.events(topic) == ["SetTopicAttributes"] * 5


def test_the_first_name_that_anything_happened_to_decides(subject: Subject) -> None:
    quiet, busy = subject.make(), subject.make()
    subject.rename(busy, 1)
    assert subject.events("nothing-of-that-name", quiet, busy) == ["CreateTopic"]


def test_what_nobody_touched_or_not_since_has_no_trace(subject: Subject) -> None:
    topic = subject.make()
    assert subject.traces("nothing-of-that-name") == []
    assert subject.traces() == []
    assert subject.traces(topic, since=datetime.now(UTC) + timedelta(minutes=1)) == []


@pytest.fixture(scope="module")
def session(home: Home) -> AwsSession:
    return home.into(DEV)


@pytest.fixture(scope="module")
def group(session: AwsSession) -> str:
    """Return a security group to which somebody added a rule by hand, in vain tried a second, and looked."""
    network = session.call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = session.call("ec2", "CreateSecurityGroup", GroupName="g", Description="g", VpcId=network)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    session.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[rule])
    with pytest.raises(AwsFailed, match="Duplicate"):
        session.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[rule])
    session.call("ec2", "DescribeSecurityGroups", GroupIds=[made])
    session.call("ec2", "CreateTags", Resources=[made], Tags=[{"Key": "Name", "Value": "by hand"}])
    return str(made)


def test_what_is_made_is_found_by_the_id_that_aws_answered_and_tries_in_vain_are_not_told(
    session: AwsSession, group: str
) -> None:
    found = quick(session).traces(ENVIRONMENT, (group,), LONG_AGO, "aws_security_group")
    assert [it.event for it in found] == ["CreateTags", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup"]


def test_machines_that_use_a_group_are_no_change_of_it(session: AwsSession, group: str) -> None:
    before = quick(session).traces(ENVIRONMENT, (group,), LONG_AGO)
    network = session.call("ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["VpcId"]
    subnet = session.call("ec2", "CreateSubnet", VpcId=network, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    session.call("ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=[group])
    (event, *_) = session.call("cloudtrail", "LookupEvents", LookupAttributes=_named(group))["Events"]
    assert event["EventName"] == "CreateNetworkInterface"
    assert quick(session).traces(ENVIRONMENT, (group,), LONG_AGO) == before


def test_who_changed_a_role_stands_in_us_east_1(session: AwsSession) -> None:
    session.call("iam", "CreateRole", RoleName="node", Path="/flowable/workload/", AssumeRolePolicyDocument=TRUST)
    session.call("iam", "UpdateRoleDescription", RoleName="node", Description="by hand")
    found = quick(session).traces(ENVIRONMENT, ("node",), LONG_AGO, "aws_iam_role")
    assert [it.event for it in found] == ["UpdateRoleDescription", "CreateRole"]
    assert quick(session).traces(ENVIRONMENT, ("node",), LONG_AGO, "aws_sns_topic") == ()


def test_what_cloudformation_does_is_its_own_doing(session: AwsSession) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "by-stack"}}}}
    session.call("cloudformation", "CreateStack", StackName="theirs", TemplateBody=json.dumps(template))
    session.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="theirs", WaiterConfig={"Delay": 1}
    )
    topic = f"arn:aws:sns:eu-central-1:{DEV}:by-stack"
    (found,) = quick(session).traces(ENVIRONMENT, (topic,), LONG_AGO)
    assert (found.principal, found.address) == (
        "service/cloudformation.amazonaws.com",
        "cloudformation.amazonaws.com",
    )


def test_who_began_a_session_is_named_with_it(session: AwsSession) -> None:
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{DEV}:root"}}
    trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}]}
    arn = session.call("iam", "CreateRole", RoleName="shared", AssumeRolePolicyDocument=json.dumps(trust))["Role"][
        "Arn"
    ]
    begun = session.call("sts", "AssumeRole", RoleArn=arn, RoleSessionName="flowops", SourceIdentity="ann")
    keys = begun["Credentials"]
    signing = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    shared = session_of(signing, session.wire, "ann")
    topic = shared.call("sns", "CreateTopic", Name="of-ann")["TopicArn"]
    (found,) = quick(session).traces(ENVIRONMENT, (topic,), LONG_AGO)
    assert found.principal == "assumed-role/shared/flowops for ann"


def test_another_account_has_a_history_of_its_own(home: Home, group: str) -> None:
    assert quick(home.into(PROD)).traces(ENVIRONMENT, (group,), LONG_AGO) == ()


def test_page_after_page_is_read_however_much_was_read_in_between(session: AwsSession) -> None:
    topic = session.call("sns", "CreateTopic", Name="popular")["TopicArn"]
    for _ in range(3):
        session.call("sns", "SetTopicAttributes", TopicArn=topic, AttributeName="DisplayName", AttributeValue="x")
    pages = session.pages("cloudtrail", "LookupEvents", LookupAttributes=_named(topic), MaxResults=3)
    assert [len(page["Events"]) for page in pages] == [3, 1]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": it} for it in "ab"]},
            "LookupAttributes",
        ),
        ({"MaxResults": 51}, "MaxResults"),
        ({"StartTime": datetime.now(UTC), "EndTime": LONG_AGO}, "TimeRange"),
    ],
)
def test_a_question_that_cloudtrail_would_refuse_is_refused(
    session: AwsSession, given: dict[str, object], code: str
) -> None:
    with pytest.raises(AwsFailed, match=f"Invalid{code}"):
        session.call("cloudtrail", "LookupEvents", **given)


def _named(name: str) -> list[dict[str, str]]:
    return [{"AttributeKey": "ResourceName", "AttributeValue": name}]
