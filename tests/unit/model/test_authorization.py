"""From one recorded call to the requests that IAM would evaluate."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.model.authorization import History, requests_of, requests_of_all
from flowops.model.policy import Policy, Request, evaluate

SECURITY, DEV = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
SESSION = f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/run"
BUCKET = f"flowable-terraform-state-{SECURITY}"
STATE_KEY = f"arn:aws:kms:eu-central-1:{SECURITY}:key/state"
STATE = f"{DEV}/dev/foundation/vpc/terraform.tfstate"


def call(action: str, *, status: int = 200, account: str = DEV, **parameters: Any) -> dict[str, Any]:
    """Return one object of calls.jsonl."""
    return {
        "time": "2026-11-23T12:00:00+00:00",
        "account": account,
        "region": "eu-central-1",
        "principal": SESSION,
        "role": ROLE,
        "service": action.partition(":")[0],
        "action": action,
        "parameters": parameters,
        "path": "/",
        "method": "POST",
        "status": status,
    }


def needed(record: dict[str, Any], history: History | None = None) -> list[tuple[str, str]]:
    """Return actions and resources that a call needs."""
    return [(request.action, request.resource) for request in requests_of(record, history)]


def request_for(action: str, record: dict[str, Any], history: History | None = None) -> Request:
    """Return the one request with an action."""
    return next(request for request in requests_of(record, history) if request.action == action)


def test_an_operation_without_rules_needs_the_action_of_its_name() -> None:
    assert needed(call("guardduty:ListDetectors")) == [("guardduty:ListDetectors", "*")]


def test_the_caller_is_the_role_with_its_path_and_its_session() -> None:
    principal = requests_of(call("ec2:DescribeVpcs"))[0].principal
    assert (principal.arn, principal.account, principal.session) == (ROLE, DEV, SESSION)


def test_a_user_is_its_own_principal() -> None:
    user = f"arn:aws:iam::{SECURITY}:user/flowable/alice"
    record = {**call("sts:GetCallerIdentity"), "principal": user, "role": ""}
    assert requests_of(record)[0].principal.arn == user


def test_every_request_carries_region_time_and_organization() -> None:
    context = requests_of(call("ec2:DescribeVpcs"), organization="o-1")[0].context
    assert context["aws:requestedregion"] == ("eu-central-1",)
    assert context["aws:principalorgid"] == ("o-1",)
    assert context["aws:currenttime"] == ("2026-11-23T12:00:00+00:00",)
    assert context["aws:multifactorauthpresent"] == ("false",)


def test_global_services_are_called_in_one_region() -> None:
    assert requests_of(call("iam:ListRoles"))[0].context["aws:requestedregion"] == ("us-east-1",)


class TestS3:
    @pytest.mark.parametrize(
        ("operation", "action"),
        [
            ("HeadBucket", "s3:ListBucket"),
            ("ListObjectsV2", "s3:ListBucket"),
            ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
            ("PutBucketEncryption", "s3:PutEncryptionConfiguration"),
            ("DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
            ("PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
            ("GetBucketVersioning", "s3:GetBucketVersioning"),
        ],
    )
    def test_operations_on_a_bucket_have_other_names_as_permissions(self, operation: str, action: str) -> None:
        assert needed(call(f"s3:{operation}", Bucket=BUCKET)) == [(action, f"arn:aws:s3:::{BUCKET}")]

    def test_reading_and_looking_at_an_object_is_the_same_permission(self) -> None:
        for operation in ("GetObject", "HeadObject"):
            record = call(f"s3:{operation}", Bucket=BUCKET, Key=STATE)
            assert needed(record) == [("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{STATE}")]

    def test_a_version_has_permissions_of_its_own(self) -> None:
        record = call("s3:DeleteObject", Bucket=BUCKET, Key=STATE, VersionId="1")
        assert needed(record) == [("s3:DeleteObjectVersion", f"arn:aws:s3:::{BUCKET}/{STATE}")]

    def test_each_of_several_deleted_objects_counts(self) -> None:
        objects = [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]
        record = call("s3:DeleteObjects", Bucket="b", Delete={"Objects": objects})
        assert needed(record) == [
            ("s3:DeleteObject", "arn:aws:s3:::b/a"),
            ("s3:DeleteObjectVersion", "arn:aws:s3:::b/b"),
        ]

    def test_being_told_that_an_object_is_missing_needs_the_permission_to_list(self) -> None:
        record = call("s3:GetObject", status=404, Bucket=BUCKET, Key=STATE)
        listing = request_for("s3:ListBucket", record)
        assert listing.resource == f"arn:aws:s3:::{BUCKET}"
        assert listing.context["s3:prefix"] == (STATE,)

    @pytest.mark.parametrize(("parameters", "prefix"), [({"Prefix": "env:/"}, "env:/"), ({}, "")])
    def test_a_listing_tells_its_prefix(self, parameters: dict[str, str], prefix: str) -> None:
        record = call("s3:ListObjectsV2", Bucket=BUCKET, **parameters)
        assert requests_of(record)[0].context["s3:prefix"] == (prefix,)

    def test_headers_of_a_write_are_conditions(self) -> None:
        record = call("s3:PutObject", Bucket=BUCKET, Key="x.tflock", IfNoneMatch="*", ServerSideEncryption="aws:kms")
        context = requests_of(record)[0].context
        assert context["s3:if-none-match"] == ("*",)
        assert context["s3:x-amz-server-side-encryption"] == ("aws:kms",)

    @pytest.mark.parametrize(
        ("operation", "action"), [("GetObject", "kms:Decrypt"), ("PutObject", "kms:GenerateDataKey")]
    )
    def test_an_encrypted_bucket_needs_its_key_through_s3(self, operation: str, action: str) -> None:
        history = History(bucket_keys={BUCKET: STATE_KEY}, owners={BUCKET: SECURITY})
        request = request_for(action, call(f"s3:{operation}", Bucket=BUCKET, Key=STATE), history)
        assert request.resource == STATE_KEY
        assert request.context["kms:viaservice"] == ("s3.eu-central-1.amazonaws.com",)
        assert request.context["kms:encryptioncontext:aws:s3:arn"] == (f"arn:aws:s3:::{BUCKET}",)
        assert request.context["aws:resourceaccount"] == (SECURITY,)

    def test_a_look_at_an_object_decrypts_nothing_unless_it_wants_the_checksum(self) -> None:
        history = History(bucket_keys={BUCKET: STATE_KEY})
        plain = call("s3:HeadObject", Bucket=BUCKET, Key=STATE)
        assert needed(plain, history) == [("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{STATE}")]
        checked = {**plain, "parameters": {**plain["parameters"], "ChecksumMode": "ENABLED"}}
        assert ("kms:Decrypt", STATE_KEY) in needed(checked, history)

    def test_a_public_access_block_of_the_account_is_another_permission(self) -> None:
        assert needed(call("s3:GetPublicAccessBlock", AccountId=DEV)) == [("s3:GetAccountPublicAccessBlock", "*")]

    def test_a_copy_reads_its_source(self) -> None:
        for source, permission in (("old", "s3:GetObject"), ("old?versionId=1", "s3:GetObjectVersion")):
            record = call("s3:CopyObject", Bucket=BUCKET, Key="new", CopySource=f"/{BUCKET}/{source}")
            assert (permission, f"arn:aws:s3:::{BUCKET}/old") in needed(record)


class TestIam:
    NODE = f"arn:aws:iam::{DEV}:role/flowable/workload/node"
    BOUNDARY = f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary"

    def created(self) -> dict[str, Any]:
        return call(
            "iam:CreateRole",
            RoleName="node",
            Path="/flowable/workload/",
            PermissionsBoundary=self.BOUNDARY,
            Tags=[{"Key": "flowops:unit", "Value": "eks"}],
        )

    def test_a_role_is_created_under_its_path_with_its_boundary_and_tags(self) -> None:
        create, tag = requests_of(self.created())
        assert (create.action, create.resource) == ("iam:CreateRole", self.NODE)
        assert create.context["iam:permissionsboundary"] == (self.BOUNDARY,)
        assert create.context["aws:requesttag/flowops:unit"] == ("eks",)
        assert (tag.action, tag.resource) == ("iam:TagRole", self.NODE)

    def test_later_calls_name_the_role_without_its_path(self) -> None:
        attach = call("iam:AttachRolePolicy", RoleName="node", PolicyArn="arn:aws:iam::aws:policy/X")
        *_, (_, requests) = requests_of_all([self.created(), attach])
        assert requests[0].resource == self.NODE
        assert requests[0].context["iam:policyarn"] == ("arn:aws:iam::aws:policy/X",)
        assert requests[0].context["iam:permissionsboundary"] == (self.BOUNDARY,)

    def test_a_removed_boundary_is_gone_for_later_calls(self) -> None:
        calls = [
            self.created(),
            call("iam:DeleteRolePermissionsBoundary", RoleName="node"),
            call("iam:PutRolePolicy", RoleName="node", PolicyName="p"),
        ]
        *_, (_, requests) = requests_of_all(calls)
        assert "iam:permissionsboundary" not in requests[0].context

    def test_a_failed_call_teaches_nothing(self) -> None:
        get = call("iam:GetRole", RoleName="node")
        *_, (_, requests) = requests_of_all([{**self.created(), "status": 409}, get])
        assert requests[0].resource == f"arn:aws:iam::{DEV}:role/node"

    def test_an_instance_profile_gets_its_role_passed(self) -> None:
        add = call("iam:AddRoleToInstanceProfile", InstanceProfileName="node", RoleName="node")
        run = call("ec2:RunInstances", IamInstanceProfile={"Name": "node"})
        (_, _), (_, adding), (_, running) = requests_of_all([self.created(), add, run])
        for requests in (adding, running):
            passed = next(request for request in requests if request.action == "iam:PassRole")
            assert passed.resource == self.NODE
            assert passed.context["iam:passedtoservice"] == ("ec2.amazonaws.com",)

    @pytest.mark.parametrize(
        ("record", "resource"),
        [
            (call("iam:GetPolicy", PolicyArn=BOUNDARY), BOUNDARY),
            (call("iam:CreatePolicy", PolicyName="p", Path="/a/"), f"arn:aws:iam::{DEV}:policy/a/p"),
            (
                call("iam:CreateOpenIDConnectProvider", Url="https://oidc.eks.eu-central-1.amazonaws.com/id/A"),
                f"arn:aws:iam::{DEV}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A",
            ),
            (call("iam:AddUserToGroup", GroupName="g", UserName="u"), f"arn:aws:iam::{DEV}:group/g"),
            (call("iam:ListRoles"), "*"),
        ],
    )
    def test_each_call_is_about_the_entity_of_the_reference(self, record: dict[str, Any], resource: str) -> None:
        assert requests_of(record)[0].resource == resource

    def test_a_moved_user_has_its_new_path(self) -> None:
        calls = [
            call("iam:CreateUser", UserName="dora"),
            call("iam:UpdateUser", UserName="dora", NewPath="/flowable/"),
            call("iam:GetUser", UserName="dora"),
        ]
        *_, (_, requests) = requests_of_all(calls)
        assert requests[0].resource == f"arn:aws:iam::{DEV}:user/flowable/dora"


class TestEks:
    CLUSTER_KEY = f"arn:aws:kms:eu-central-1:{DEV}:key/cluster"

    def test_a_cluster_passes_its_role_grants_its_key_and_brings_its_linked_role(self) -> None:
        record = call(
            "eks:CreateCluster",
            name="flowable-dev",
            roleArn=f"arn:aws:iam::{DEV}:role/flowable/workload/cluster",
            encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": self.CLUSTER_KEY}}],
            tags={"flowops:unit": "eks"},
        )
        linked = f"arn:aws:iam::{DEV}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
        assert needed(record) == [
            ("eks:CreateCluster", "*"),
            ("eks:TagResource", "*"),
            ("iam:PassRole", f"arn:aws:iam::{DEV}:role/flowable/workload/cluster"),
            ("iam:CreateServiceLinkedRole", linked),
            ("kms:DescribeKey", self.CLUSTER_KEY),
            ("kms:CreateGrant", self.CLUSTER_KEY),
        ]
        grant = request_for("kms:CreateGrant", record)
        assert "kms:grantisforawsresource" not in grant.context
        assert "aws:requesttag/flowops:unit" not in grant.context

    def test_a_node_group_with_a_launch_template_tries_a_launch_as_the_caller(self) -> None:
        record = call(
            "eks:CreateNodegroup",
            clusterName="flowable-dev",
            nodegroupName="default",
            nodeRole=f"arn:aws:iam::{DEV}:role/flowable/workload/node",
            launchTemplate={"id": "lt-1"},
        )
        actions = [action for action, _ in needed(record)]
        assert actions[0] == "eks:CreateNodegroup"
        assert {"iam:PassRole", "iam:CreateServiceLinkedRole", "ec2:RunInstances", "iam:GetRole"} <= set(actions)
        assert requests_of(record)[0].resource == f"arn:aws:eks:eu-central-1:{DEV}:cluster/flowable-dev"

    def test_pod_identities_are_passed_to_pods(self) -> None:
        role = f"arn:aws:iam::{DEV}:role/flowable/workload/external-secrets-dev"
        for record in (
            call("eks:CreatePodIdentityAssociation", clusterName="c", roleArn=role),
            call("eks:CreateAddon", clusterName="c", addonName="a", podIdentityAssociations=[{"roleArn": role}]),
        ):
            passed = request_for("iam:PassRole", record)
            assert (passed.resource, passed.context["iam:passedtoservice"]) == (role, ("pods.eks.amazonaws.com",))

    @pytest.mark.parametrize(
        ("record", "resource"),
        [
            (call("eks:DescribeCluster", name="c"), "cluster/c"),
            (call("eks:DescribeNodegroup", clusterName="c", nodegroupName="n"), "nodegroup/c/n/*"),
            (call("eks:DescribeAddon", clusterName="c", addonName="a"), "addon/c/a/*"),
            (call("eks:CreateAccessEntry", clusterName="c", principalArn=ROLE), "cluster/c"),
            (
                call("eks:DescribeAccessEntry", clusterName="c", principalArn=ROLE),
                f"access-entry/c/role/{DEV}/DevOpsAdminRole/*",
            ),
        ],
    )
    def test_what_hangs_on_a_cluster_has_its_own_arn(self, record: dict[str, Any], resource: str) -> None:
        assert requests_of(record)[0].resource == f"arn:aws:eks:eu-central-1:{DEV}:{resource}"


class TestOtherServices:
    def test_creating_with_tags_needs_the_permission_to_tag(self) -> None:
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "dev"}]}]
        create, tag = requests_of(call("ec2:CreateVpc", TagSpecifications=tags))
        assert tag.action == "ec2:CreateTags"
        assert tag.context["ec2:createaction"] == ("CreateVpc",)
        assert create.context["aws:tagkeys"] == ("Name",)

    def test_untagging_tells_the_keys(self) -> None:
        record = call("eks:UntagResource", resourceArn="arn:aws:eks:eu-central-1:2:cluster/c", tagKeys=["a", "b"])
        request = requests_of(record)[0]
        assert request.context["aws:tagkeys"] == ("a", "b")
        assert request.resource == "arn:aws:eks:eu-central-1:2:cluster/c"

    def test_flow_logs_pass_their_role(self) -> None:
        role = f"arn:aws:iam::{DEV}:role/flowable/workload/flow-logs"
        passed = request_for("iam:PassRole", call("ec2:CreateFlowLogs", DeliverLogsPermissionArn=role))
        assert (passed.resource, passed.context["iam:passedtoservice"]) == (role, ("vpc-flow-logs.amazonaws.com",))

    def test_a_mount_target_makes_a_network_interface_as_the_caller(self) -> None:
        record = call("elasticfilesystem:CreateMountTarget", FileSystemId="fs-1", SubnetId="subnet-1")
        assert needed(record)[0] == (
            "elasticfilesystem:CreateMountTarget",
            f"arn:aws:elasticfilesystem:eu-central-1:{DEV}:file-system/fs-1",
        )
        assert ("ec2:CreateNetworkInterface", "*") in needed(record)

    def test_a_file_system_takes_a_grant_that_is_for_an_aws_resource(self) -> None:
        record = call("elasticfilesystem:CreateFileSystem", KmsKeyId=f"arn:aws:kms:eu-central-1:{DEV}:key/efs")
        assert request_for("kms:CreateGrant", record).context["kms:grantisforawsresource"] == ("true",)

    def test_a_database_with_a_managed_password_creates_a_secret(self) -> None:
        record = call("rds:CreateDBInstance", DBInstanceIdentifier="work", ManageMasterUserPassword=True)
        assert needed(record)[0] == ("rds:CreateDBInstance", f"arn:aws:rds:eu-central-1:{DEV}:db:work")
        secret = f"arn:aws:secretsmanager:eu-central-1:{DEV}:secret:rds!*"
        assert ("secretsmanager:CreateSecret", secret) in needed(record)

    def test_a_secret_is_named_by_arn_or_by_name(self) -> None:
        arn = f"arn:aws:secretsmanager:eu-central-1:{DEV}:secret:/flowable/dev/license-AbCdEf"
        assert requests_of(call("secretsmanager:DescribeSecret", SecretId=arn))[0].resource == arn
        named = requests_of(call("secretsmanager:DescribeSecret", SecretId="/flowable/dev/license"))[0]
        assert named.resource == arn.replace("AbCdEf", "??????")

    def test_a_secrets_value_needs_the_key_the_secret_was_created_with(self) -> None:
        arn = f"arn:aws:secretsmanager:eu-central-1:{DEV}:secret:/flowable/dev/license-AbCdEf"
        calls = [
            call("secretsmanager:CreateSecret", Name="/flowable/dev/license", KmsKeyId=STATE_KEY),
            call("secretsmanager:GetSecretValue", SecretId=arn),
        ]
        *_, (_, requests) = requests_of_all(calls)
        assert (requests[1].action, requests[1].resource) == ("kms:Decrypt", STATE_KEY)

    def test_an_alias_stands_for_its_key(self) -> None:
        calls = [
            call("kms:CreateAlias", AliasName="alias/flowable/dev", TargetKeyId="k-1"),
            call("kms:DescribeKey", KeyId="alias/flowable/dev"),
        ]
        (_, creating), (_, describing) = requests_of_all(calls)
        key = f"arn:aws:kms:eu-central-1:{DEV}:key/k-1"
        assert {request.resource for request in creating} == {key, key.replace("key/k-1", "alias/flowable/dev")}
        assert describing[0].resource == key

    def test_budgets_know_two_permissions_only(self) -> None:
        assert needed(call("budgets:CreateBudget")) == [("budgets:ModifyBudget", "*")]

    def test_assuming_a_role_tells_name_and_external_id(self) -> None:
        record = call("sts:AssumeRole", RoleArn=ROLE, RoleSessionName="run", ExternalId="x", SourceIdentity="alice")
        request = requests_of(record)[0]
        assert request.resource == ROLE
        assert request.context["sts:externalid"] == ("x",)
        assert ("sts:SetSourceIdentity", ROLE) in needed(record)


def test_a_roles_policies_and_the_bucket_policy_are_held_against_what_was_called() -> None:
    own_state = Policy.from_document(
        "state",
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "OwnState",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalAccount}}/*.tfstate",
            },
        },
    )
    bucket_policy = Policy.from_document(
        "bucket policy",
        {
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "Environments",
                "Effect": "Allow",
                "Principal": {"AWS": DEV},
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{BUCKET}/{DEV}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            },
        },
    )

    def allowed(record: dict[str, Any]) -> bool:
        request = requests_of(record, History(owners={BUCKET: SECURITY}))[0]
        owner = request.values("aws:ResourceAccount")[0]
        return evaluate(request, identity=[own_state], resource=bucket_policy, resource_account=owner).allowed

    assert allowed(call("s3:PutObject", Bucket=BUCKET, Key=STATE))
    assert not allowed(call("s3:DeleteObject", Bucket=BUCKET, Key=STATE))
    assert not allowed(call("s3:PutObject", Bucket=BUCKET, Key=STATE.replace(DEV, "333333333333")))
