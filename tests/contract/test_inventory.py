"""What no state knows: one suite for an inventory in memory and for AWS, emulated, in an account of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.inventory import AccountInventory, States
from flowops.errors import DamagedState
from flowops.model.authorization import History, requests_of_all
from flowops.model.drift.finding import Finding
from flowops.model.drift.managed import Managed
from flowops.model.drift.unmanaged import Resource
from flowops.model.policy import Policy, evaluate
from flowops.operations.ports.drift import Other
from flowops.rehearsal.recorder import read_calls
from tests.contract.operated import operated_by_ann
from tests.fakes import tree
from tests.fakes.watching import FakeInventory
from tests.integration.bootstrapped import BUCKET
from tests.integration.lodgers import lodge
from tests.integration.organization import DEV, PROD, REGION, SECURITY, Home
from tests.unit.bootstrap.resolve import ORGANIZATION, documents

ENVIRONMENT = tree.environment("dev")
STATES = "states-of-this-test"


@pytest.fixture(scope="module")
def session(home: Home) -> AwsSession:
    """Return an administrator of an account in which this test keeps its states."""
    session = home.into(PROD)
    where = {"LocationConstraint": REGION}
    session.call("s3", "CreateBucket", Bucket=STATES, CreateBucketConfiguration=where)
    keep(session, "states", ("aws_s3_bucket", {"id": STATES, "arn": f"arn:aws:s3:::{STATES}"}))
    return session


def keep(session: AwsSession, name: str, *resources: tuple[str, dict[str, Any]]) -> None:
    """Keep a state with these resources."""
    held = [
        {"mode": "managed", "type": type_, "name": "this", "instances": [{"attributes": attributes}]}
        for type_, attributes in resources
    ]
    body = json.dumps({"version": 4, "serial": 1, "lineage": name, "resources": held}).encode()
    session.call("s3", "PutObject", Bucket=STATES, Key=f"{PROD}/{name}/terraform.tfstate", Body=body)


WAY_IN = "WayIn"


def inventory_of(session: AwsSession, stacks: tuple[str, ...] = ()) -> AccountInventory:
    return AccountInventory(lambda _: session, lambda _: States(session, STATES, PROD, stacks, WAY_IN))


@pytest.fixture(scope="module")
def inventory(session: AwsSession) -> AccountInventory:
    return inventory_of(session)


@dataclass(frozen=True)
class Subject:
    """An inventory; what makes a topic with tags and returns its ARN, and what has a state know it."""

    inventory: Other
    make: Callable[[dict[str, str]], str]
    manage: Callable[[str], object]

    def found(self) -> dict[str, Finding]:
        return {it.address: it for it in self.inventory.look(ENVIRONMENT)}


@pytest.fixture(params=["fake", "emulated"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeInventory()

        def remember(tags: dict[str, str]) -> str:
            fake.resources.append(Resource(f"arn:aws:sns:{REGION}:{PROD}:{uuid4().hex}", tags))
            return fake.resources[-1].arn

        return Subject(fake, remember, fake.managed.add)
    session: AwsSession = request.getfixturevalue("session")

    def make(tags: dict[str, str]) -> str:
        named = [{"Key": key, "Value": value} for key, value in tags.items()]
        return str(session.call("sns", "CreateTopic", Name=uuid4().hex, Tags=named)["TopicArn"])

    return Subject(
        request.getfixturevalue("inventory"),
        make,
        lambda arn: keep(session, uuid4().hex, ("aws_sns_topic", {"id": arn, "arn": arn})),
    )


def test_a_resource_that_no_state_knows_is_found_and_one_that_a_state_knows_is_not(subject: Subject) -> None:
    mine, theirs = subject.make({}), subject.make({"owner": "ann"})
    subject.manage(mine)
    found = subject.found()
    assert mine not in found
    assert (found[theirs].type, found[theirs].owner) == ("aws_sns_topic", "ann")
    assert found[theirs].ways[0].text.startswith("import {\n  to = aws_sns_topic.")


def test_what_flowops_made_and_no_state_knows_any_more_says_whose_it_was(subject: Subject) -> None:
    tags = {"flowops:environment": "dev", "flowops:layer": "app", "flowops:unit": "alarms"}
    lost = subject.make(tags)
    assert subject.found()[lost].summary == "its tags say dev/app/alarms, but no state knows it"


def test_what_all_environments_share_has_no_account_to_look_into(subject: Subject) -> None:
    subject.make({})
    assert subject.inventory.name == "unmanaged"
    assert list(subject.inventory.look(None)) == []


def test_an_account_as_aws_hands_it_over_has_nothing_in_it(home: Home) -> None:
    session = home.into(DEV)
    fresh = AccountInventory(lambda _: session, lambda _: States(session, STATES, DEV, (), WAY_IN))
    assert list(fresh.unmanaged(ENVIRONMENT, Managed(frozenset()))) == []


@pytest.fixture(scope="module")
def lodged(session: AwsSession) -> dict[str, str]:
    return dict(lodge(session, PROD))


def test_one_of_every_kind_is_found_without_any_tag(inventory: AccountInventory, lodged: dict[str, str]) -> None:
    found = {it.address: it.type for it in inventory.look(ENVIRONMENT)}
    assert {arn: found.get(arn) for arn in lodged} == lodged


def test_the_role_by_which_the_management_account_comes_in_is_no_finding(
    session: AwsSession, inventory: AccountInventory
) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    arns = [
        session.call("iam", "CreateRole", RoleName=it, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for it in (WAY_IN, f"Other{WAY_IN}")
    ]
    found = {it.address for it in inventory.look(ENVIRONMENT)}
    assert [arn in found for arn in arns] == [False, True]


def test_what_goes_along_with_a_resource_is_no_finding_of_its_own(
    session: AwsSession, inventory: AccountInventory, lodged: dict[str, str]
) -> None:
    along = [it["GroupId"] for it in session.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]]
    disks = session.call("ec2", "DescribeVolumes", Filters=[{"Name": "attachment.device", "Values": ["/dev/sda1"]}])
    along += [it["VolumeId"] for it in disks["Volumes"]]
    assert len(along) > 3
    of_ec2 = {it.ids[0] for it in inventory.look(ENVIRONMENT) if ":ec2:" in it.address}
    by_hand = {arn.rpartition("/")[2] for arn in lodged}
    assert of_ec2 & set(along) <= by_hand


def test_a_managed_vpc_answers_for_what_aws_made_in_it(session: AwsSession, inventory: AccountInventory) -> None:
    vpc = session.call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    groups = session.call("ec2", "DescribeSecurityGroups", Filters=here)["SecurityGroups"]
    tags = [{"Key": "owner", "Value": "ann"}]
    session.call("ec2", "CreateTags", Resources=[vpc, groups[0]["GroupId"]], Tags=tags)
    keep(session, "vpc", ("aws_vpc", {"id": vpc, "default_security_group_id": groups[0]["GroupId"]}))
    extra = session.call("ec2", "CreateSecurityGroup", GroupName="extra", Description="extra", VpcId=vpc)["GroupId"]
    found = {it.ids[0]: it for it in inventory.look(ENVIRONMENT)}
    assert extra in found
    assert not {vpc, groups[0]["GroupId"]} & found.keys()


def test_what_a_cluster_claimed_of_a_managed_file_system_goes_with_it(
    session: AwsSession, inventory: AccountInventory
) -> None:
    files = session.call("efs", "CreateFileSystem", CreationToken="managed")
    keep(session, "efs", ("aws_efs_file_system", {"id": files["FileSystemId"], "arn": files["FileSystemArn"]}))

    def access(token: str, *tags: dict[str, str]) -> str:
        given = {"ClientToken": token, "FileSystemId": files["FileSystemId"], "Tags": list(tags)}
        return str(session.call("efs", "CreateAccessPoint", **given)["AccessPointArn"])

    claimed = access("claimed", {"Key": "efs.csi.aws.com/cluster", "Value": "true"})
    by_hand = access("by-hand-too")
    found = {it.address for it in inventory.look(ENVIRONMENT)}
    assert by_hand in found
    assert not {claimed, files["FileSystemArn"]} & found


def test_what_was_deleted_is_gone_and_what_aws_only_waits_to_delete_too(
    session: AwsSession, inventory: AccountInventory
) -> None:
    tags = [{"Key": "owner", "Value": "ann"}]
    secret = session.call("secretsmanager", "CreateSecret", Name="leaving", SecretString="x", Tags=tags)["ARN"]
    key = session.call("kms", "CreateKey", Tags=[{"TagKey": "owner", "TagValue": "ann"}])["KeyMetadata"]["Arn"]
    assert {secret, key} <= {it.address for it in inventory.look(ENVIRONMENT)}
    session.call("secretsmanager", "DeleteSecret", SecretId=secret)
    session.call("kms", "ScheduleKeyDeletion", KeyId=key.rpartition("/")[2])
    assert not {secret, key} & {it.address for it in inventory.look(ENVIRONMENT)}


def test_a_kind_that_only_the_tagging_api_knows_is_found_by_its_tags(
    session: AwsSession, inventory: AccountInventory
) -> None:
    tags = [{"Key": "Owner", "Value": "eve"}]
    arn = session.call("ecr", "CreateRepository", repositoryName="by-hand", tags=tags)["repository"]["repositoryArn"]
    (found,) = (it for it in inventory.look(ENVIRONMENT) if it.address == arn)
    assert (found.type, found.owner) == ("aws_ecr_repository", "eve")


def test_our_own_stack_answers_for_its_resources_and_a_foreign_one_is_a_finding(session: AwsSession) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"RoleName": "of-ours", "Path": "/flowable/", "AssumeRolePolicyDocument": trust}
    body = json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}})
    given = {"StackName": "ours", "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    stack = session.call("cloudformation", "CreateStack", **given)["StackId"]
    session.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="ours", WaiterConfig={"Delay": 1}
    )
    made = {stack, f"arn:aws:iam::{PROD}:role/flowable/of-ours"}
    assert made <= {it.address for it in inventory_of(session).look(ENVIRONMENT)}
    assert not made & {it.address for it in inventory_of(session, ("ours",)).look(ENVIRONMENT)}


def test_without_a_stack_of_ours_nobody_can_tell(session: AwsSession) -> None:
    with pytest.raises(AwsFailed, match="gone-away"):
        list(inventory_of(session, ("gone-away",)).look(ENVIRONMENT))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 3}', b'{"version": 4, "resources": [{}]}'])
def test_with_a_state_that_cannot_be_read_nobody_can_tell(session: AwsSession, content: bytes) -> None:
    key = f"{PROD}/damaged/terraform.tfstate"
    session.call("s3", "PutObject", Bucket=STATES, Key=key, Body=content)
    try:
        with pytest.raises(DamagedState, match=f"{key} cannot be read") as damaged:
            inventory_of(session).managed(ENVIRONMENT)
        assert f"list-object-versions --bucket {STATES} --prefix {key}; " in damaged.value.next_step
    finally:
        session.call("s3", "DeleteObject", Bucket=STATES, Key=key)


def test_a_damaged_state_of_a_unit_of_the_tree_is_named_with_the_command_that_mends_it(session: AwsSession) -> None:
    key = ENVIRONMENT.units[0].state_key(PROD)
    session.call("s3", "PutObject", Bucket=STATES, Key=key, Body=b"{")
    try:
        with pytest.raises(DamagedState) as damaged:
            inventory_of(session).managed(ENVIRONMENT)
        words = ENVIRONMENT.units[0].id.replace("/", " ")
        assert damaged.value.next_step.startswith(f"flowops recover {words} --list")
    finally:
        session.call("s3", "DeleteObject", Bucket=STATES, Key=key)


def test_locks_and_leases_beside_the_states_are_no_states(session: AwsSession) -> None:
    session.call("s3", "PutObject", Bucket=STATES, Key=f"{PROD}/dev/x/terraform.tfstate.tflock", Body=b"lock")
    assert f"arn:aws:s3:::{STATES}" in inventory_of(session).managed(ENVIRONMENT).ids


@pytest.fixture(scope="module")
def operated(home: Home, tmp_path_factory: pytest.TempPathFactory) -> EnvironmentAws:
    return operated_by_ann(home, tmp_path_factory.mktemp("operated"))


def test_the_plan_role_finds_nothing_in_an_account_that_was_only_bootstrapped(operated: EnvironmentAws) -> None:
    assert list(operated.inventory().look(ENVIRONMENT)) == []


def test_the_plan_role_may_do_all_that_it_does_here(home: Home, operated: EnvironmentAws) -> None:
    session = home.into(DEV)
    bucket = {"LocationConstraint": REGION}
    session.call("s3", "CreateBucket", Bucket="by-hand-in-dev", CreateBucketConfiguration=bucket)
    (found,) = operated.inventory().look(ENVIRONMENT)
    (trace,) = operated.trail().traces(ENVIRONMENT, found.ids, datetime(2020, 1, 1, tzinfo=UTC), found.type)
    assert (trace.principal, trace.event) == ("assumed-role/OrganizationAccountAccessRole/flowops", "CreateBucket")
    assert operated.trail().traces(ENVIRONMENT, ("any",), datetime(2020, 1, 1, tzinfo=UTC), "aws_iam_role") == ()
    actions = _judged(home.folder.parent / "state" / "calls.jsonl")
    assert {"cloudtrail:LookupEvents", "s3:ListAllMyBuckets", "tag:GetResources", "ssm:DescribeParameters"} < actions


def _judged(record: Path) -> set[str]:
    """Return what the plan role asked for; each of it has to be allowed by the templates' policies."""
    policies = {name: Policy.from_document(name, it) for name, it in documents().items()}
    identity = [policies[f"FlowopsPlanRole/{name}"] for name in ("State", "Look")]
    calls = [vars(it) for it in read_calls(record)]
    asked = set()
    for call, requests in requests_of_all(calls, History(owners={BUCKET: SECURITY}), organization=ORGANIZATION):
        if not str(call["role"]).endswith(f"{DEV}:role/flowable/FlowopsPlanRole"):
            continue
        for request in requests:
            of_state = f":::{BUCKET}" in request.resource
            decision = evaluate(
                request,
                identity=identity,
                boundary=policies["FlowableBoundary"],
                resource=policies["StateBucketPolicy"] if of_state else None,
                resource_account=SECURITY if of_state else "",
            )
            assert decision.allowed, f"{request.action} on {request.resource}: {decision.reason}"
            asked.add(request.action)
    return asked
