"""The three templates as stacks of an emulated organization, and the people who enter through what they made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, WaiterError

from flowops.model import totp
from flowops.model.users import NewKey
from tests.integration.child_processes import await_true
from tests.integration.emulated_aws import DEV, MANAGEMENT, REGION, SECURITY, Cloud, running

BOOTSTRAP = Path(__file__).parents[2] / "bootstrap"
BUCKET = f"flowable-terraform-state-{SECURITY}"
EXTERNAL_ID = "k3y0fth3p1pel1ne-0123456789"
CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


@dataclass(frozen=True)
class Stack:
    """One bootstrap stack of the emulated organization."""

    cloud: Cloud
    account: str
    name: str
    template: str
    parameters: Mapping[str, str]

    def propose(self, kind: str) -> dict[str, Any]:
        """Make a change set and return its description."""
        cloudformation = self.cloud.client("cloudformation", self.account)
        name = f"c{uuid4().hex}"
        cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateBody=(BOOTSTRAP / self.template).read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()],
            Capabilities=CAPABILITIES,
        )
        waiter = cloudformation.get_waiter("change_set_create_complete")
        with suppress(WaiterError):  # the description says why
            waiter.wait(StackName=self.name, ChangeSetName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return dict(cloudformation.describe_change_set(StackName=self.name, ChangeSetName=name))

    def create(self) -> dict[str, str]:
        """Create the stack and return its outputs."""
        proposed = self.propose("CREATE")
        assert proposed["Status"] == "CREATE_COMPLETE", proposed.get("StatusReason")
        cloudformation = self.cloud.client("cloudformation", self.account)
        cloudformation.execute_change_set(StackName=self.name, ChangeSetName=proposed["ChangeSetId"])
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        (stack,) = self.cloud.client("cloudformation", self.account).describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@dataclass(frozen=True)
class Bootstrapped:
    """An organization in which the three stacks stand."""

    cloud: Cloud
    stacks: Mapping[str, Stack]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("aws")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def bootstrapped(cloud: Cloud) -> Bootstrapped:
    organizations = cloud.client("organizations", MANAGEMENT)
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    for name in ("security", "dev"):
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    common = {"Project": "flowable", "OrganizationId": organization}
    security = Stack(
        cloud, SECURITY, "flowops-security", "security-account.yaml", {**common, "EnvironmentAccountIds": DEV}
    )
    access = Stack(
        cloud,
        SECURITY,
        "flowops-access-dev",
        "environment-access.yaml",
        {**common, "EnvironmentName": "dev", "EnvironmentAccountId": DEV},
    )
    outputs = security.create()
    access.create()
    environment = Stack(
        cloud,
        DEV,
        "flowops-environment",
        "environment-account.yaml",
        {
            **common,
            "SecurityAccountId": SECURITY,
            "ExternalId": EXTERNAL_ID,
            "StateBucketName": outputs["StateBucketName"],
            "StateKeyArn": outputs["StateKeyArn"],
            "Regions": REGION,
        },
    )
    environment.create()
    return Bootstrapped(cloud, {"security": security, "access": access, "environment": environment})


@dataclass(frozen=True)
class Person:
    """A user of the security account with a virtual MFA device."""

    cloud: Cloud
    keys: NewKey
    device: str
    seed: str

    def enter(self, role: str, *, mfa: bool = True) -> str:
        """Start a session, assume a role of the dev account, and return who one is then."""
        shown = {"SerialNumber": self.device, "TokenCode": totp.code_at(self.seed, time.time())} if mfa else {}
        own = self.cloud.client("sts", keys=self.keys).get_session_token(**shown)["Credentials"]
        return _entered(self.cloud, own, role)


def _entered(cloud: Cloud, own: Mapping[str, str], role: str, **wish: str) -> str:
    sts = cloud.client("sts", keys=NewKey(own["AccessKeyId"], own["SecretAccessKey"]), token=own["SessionToken"])
    arn = f"arn:aws:iam::{DEV}:role/flowable/{role}"
    return str(sts.assume_role(RoleArn=arn, RoleSessionName="test", **wish)["AssumedRoleUser"]["Arn"])


def _person(cloud: Cloud, name: str, group: str, path: str = "/flowable/") -> Person:
    iam = cloud.client("iam", SECURITY)
    iam.create_user(UserName=name, Path=path)
    iam.add_user_to_group(GroupName=group, UserName=name)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/flowable/")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    first, second = totp.two_codes_at(seed, time.time())
    serial = device["SerialNumber"]
    iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Person(cloud, NewKey(made["AccessKeyId"], made["SecretAccessKey"]), serial, seed)


def _detected(cloudformation: Any, stack: str) -> None:
    """Look for drift until everything was looked at."""
    detection = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]

    def is_over() -> bool:
        found = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        return bool(found["DetectionStatus"] != "DETECTION_IN_PROGRESS")

    await_true(is_over, f"the end of the drift detection of {stack}")


def _refused(error: pytest.ExceptionInfo[ClientError]) -> str:
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    return str(error.value.response["Error"]["Message"])


def test_the_outputs_are_what_the_next_stack_and_the_renderer_need(bootstrapped: Bootstrapped) -> None:
    outputs = {name: stack.outputs() for name, stack in bootstrapped.stacks.items()}
    assert outputs["security"]["StateBucketName"] == BUCKET
    assert outputs["security"]["StateKeyArn"].startswith(f"arn:aws:kms:{REGION}:{SECURITY}:key/")
    assert f":{SECURITY}:secret:/flowable/repository" in outputs["security"]["RepositorySecretArn"]
    assert outputs["access"]["DevOpsAdminGroupName"] == "dev_dev_ops_admin"
    assert f":{SECURITY}:secret:/flowable/dev/license" in outputs["access"]["LicenseSecretArn"]
    assert outputs["environment"] == {
        "DevOpsAdminRoleArn": f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole",
        "FlowableAdminRoleArn": f"arn:aws:iam::{DEV}:role/flowable/FlowableAdminRole",
        "FlowableUserRoleArn": f"arn:aws:iam::{DEV}:role/flowable/FlowableUserRole",
        "FlowopsPlanRoleArn": f"arn:aws:iam::{DEV}:role/flowable/FlowopsPlanRole",
        "WorkloadBoundaryArn": f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary",
        "ExternalId": EXTERNAL_ID,
    }


@pytest.mark.parametrize("name", ["security", "access", "environment"])
def test_a_second_bootstrap_finds_nothing_to_change(bootstrapped: Bootstrapped, name: str) -> None:
    proposed = bootstrapped.stacks[name].propose("UPDATE")
    assert proposed["Status"] == "FAILED"
    assert "didn't contain changes" in proposed["StatusReason"]


@pytest.mark.parametrize("name", ["security", "access", "environment"])
def test_what_was_made_is_what_the_template_says(bootstrapped: Bootstrapped, name: str) -> None:
    stack = bootstrapped.stacks[name]
    cloudformation = bootstrapped.cloud.client("cloudformation", stack.account)
    _detected(cloudformation, stack.name)
    drifts = cloudformation.describe_stack_resource_drifts(StackName=stack.name)["StackResourceDrifts"]
    different = {item["PropertyPath"] for drift in drifts for item in drift.get("PropertyDifferences", ())}
    assert different == set()
    assert all(drift["StackResourceDriftStatus"] != "DELETED" for drift in drifts)


def test_every_role_carries_path_boundary_and_an_hour(bootstrapped: Bootstrapped) -> None:
    iam = bootstrapped.cloud.client("iam", DEV)
    roles = iam.list_roles(PathPrefix="/flowable/")["Roles"]
    names = {"DevOpsAdminRole", "FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole"}
    assert {role["RoleName"] for role in roles} == names
    for name in names:
        role = iam.get_role(RoleName=name)["Role"]
        boundary = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
        assert boundary == f"arn:aws:iam::{DEV}:policy/flowable/FlowableBoundary"
        assert role["Path"] == "/flowable/"
        assert role["MaxSessionDuration"] == 3600


def test_the_secrets_wait_for_their_values(bootstrapped: Bootstrapped) -> None:
    secrets = bootstrapped.cloud.client("secretsmanager", SECURITY)
    for name in ("/flowable/repository", "/flowable/dev/license"):
        assert not secrets.describe_secret(SecretId=name).get("VersionIdsToStages")
        admitted = json.loads(secrets.get_resource_policy(SecretId=name)["ResourcePolicy"])["Statement"]
        assert [statement["Sid"] for statement in admitted] == ["ReadForExternalSecrets"]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            secrets.get_secret_value(SecretId=name)


def test_the_state_bucket_is_closed_versioned_encrypted_and_logged(bootstrapped: Bootstrapped) -> None:
    s3 = bootstrapped.cloud.client("s3", SECURITY)
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key == bootstrapped.stacks["security"].outputs()["StateKeyArn"]
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    logging = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert logging["TargetBucket"] == bootstrapped.stacks["security"].outputs()["AccessLogBucketName"]


@pytest.mark.parametrize(
    ("group", "roles"),
    [
        ("dev_dev_ops_admin", ("DevOpsAdminRole", "FlowopsPlanRole")),
        ("dev_flowable_admin", ("FlowableAdminRole",)),
        ("dev_flowable_user", ("FlowableUserRole",)),
    ],
)
def test_a_member_with_mfa_enters_the_roles_of_the_group_and_no_other(
    bootstrapped: Bootstrapped, group: str, roles: tuple[str, ...]
) -> None:
    member = _person(bootstrapped.cloud, f"member-of-{group}", group)
    for role in ("DevOpsAdminRole", "FlowopsPlanRole", "FlowableAdminRole", "FlowableUserRole"):
        if role in roles:
            assert member.enter(role) == f"arn:aws:sts::{DEV}:assumed-role/{role}/test"
            continue
        with pytest.raises(ClientError) as error:
            member.enter(role)
        assert "not authorized to perform: sts:AssumeRole" in _refused(error)


def test_a_member_without_mfa_enters_nothing(bootstrapped: Bootstrapped) -> None:
    member = _person(bootstrapped.cloud, "hasty", "dev_dev_ops_admin")
    with pytest.raises(ClientError) as error:
        member.enter("FlowopsPlanRole", mfa=False)
    assert "DenyWithoutMfa" in _refused(error)


def test_a_user_made_by_hand_at_the_root_path_enters_nothing_until_adopted(bootstrapped: Bootstrapped) -> None:
    member = _person(bootstrapped.cloud, "byhand", "dev_dev_ops_admin", path="/")
    with pytest.raises(ClientError) as error:
        member.enter("DevOpsAdminRole")
    assert "PeopleWithMfa" in _refused(error)
    bootstrapped.cloud.client("iam", SECURITY).update_user(UserName="byhand", NewPath="/flowable/")
    assert member.enter("DevOpsAdminRole").startswith(f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/")


def test_a_pipeline_enters_with_the_external_id_only(bootstrapped: Bootstrapped) -> None:
    iam = bootstrapped.cloud.client("iam", SECURITY)
    trust = {"Sid": "Any", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": SECURITY}}
    may = {"Sid": "Enter", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{DEV}:role/*"}
    made = iam.create_role(
        RoleName="FlowopsCiRole",
        Path="/flowable/",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    iam.put_role_policy(
        RoleName="FlowopsCiRole",
        PolicyName="Enter",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )
    sts = bootstrapped.cloud.client("sts", SECURITY)
    own = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="pipeline")["Credentials"]
    with pytest.raises(ClientError) as error:
        _entered(bootstrapped.cloud, own, "DevOpsAdminRole")
    assert "not authorized" in _refused(error)
    entered = _entered(bootstrapped.cloud, own, "DevOpsAdminRole", ExternalId=EXTERNAL_ID)
    assert entered == f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/test"


def test_a_deleted_stack_leaves_data_keys_and_their_policies(tmp_path: Path) -> None:
    with running(tmp_path) as cloud:
        organization = cloud.client("organizations", MANAGEMENT).create_organization(FeatureSet="ALL")
        parameters = {
            "Project": "flowable",
            "OrganizationId": organization["Organization"]["Id"],
            "EnvironmentAccountIds": DEV,
        }
        stack = Stack(cloud, SECURITY, "flowops-security", "security-account.yaml", parameters)
        outputs = stack.create()
        cloudformation = cloud.client("cloudformation", SECURITY)
        cloudformation.delete_stack(StackName="flowops-security")
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName="flowops-security", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        s3, kms = cloud.client("s3", SECURITY), cloud.client("kms", SECURITY)
        sids = {item["Sid"] for item in json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]}
        assert "DenyTampering" in sids
        assert kms.describe_key(KeyId=outputs["StateKeyArn"])["KeyMetadata"]["KeyState"] == "Enabled"
        secrets = cloud.client("secretsmanager", SECURITY)
        assert "DeletedDate" not in secrets.describe_secret(SecretId=outputs["RepositorySecretArn"])
