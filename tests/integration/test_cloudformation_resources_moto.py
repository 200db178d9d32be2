"""Every resource type is really made, changed and removed in its service, with each property it was given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloudformation_moto import REGION, Account, served

SECURITY = """
Parameters:
  Rotation: {Type: String, Default: "true"}
  Versions: {Type: Number, Default: 50}
  Note: {Type: String, Default: first}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Ref Note
      EnableKeyRotation: !Ref Rotation
      PendingWindowInDays: 7
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: !Ref Note
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
            Action: "kms:*"
            Resource: "*"
      Tags: [{Key: note, Value: !Ref Note}]
  Alias: {Type: "AWS::KMS::Alias", Properties: {AliasName: alias/flowable/state, TargetKeyId: !Ref Key}}
  Logs:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "logs-${AWS::AccountId}"}
  LogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Sid: !Ref Note
            Effect: Allow
            Principal: {Service: logging.s3.amazonaws.com}
            Action: "s3:PutObject"
            Resource: !Sub "${Logs.Arn}/*"
  State:
    Type: AWS::S3::Bucket
    DependsOn: LogsPolicy
    Properties:
      BucketName: !Sub "state-${AWS::AccountId}"
      VersioningConfiguration: {Status: Enabled}
      ObjectLockEnabled: true
      ObjectLockConfiguration: {ObjectLockEnabled: Enabled, Rule: {DefaultRetention: {Mode: GOVERNANCE, Days: 30}}}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: "true", IgnorePublicAcls: true, RestrictPublicBuckets: true}
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: true
            ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: !GetAtt Key.Arn}
      LifecycleConfiguration:
        Rules:
          - {Id: uploads, Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}
          - {Id: old, Status: Enabled, Prefix: a/, NoncurrentVersionExpiration: {NoncurrentDays: !Ref Versions}}
      LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: state/}
      Tags: [{Key: note, Value: !Ref Note}]
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: /flowable/repository
      Description: !Ref Note
      KmsKeyId: !GetAtt Key.Arn
      Tags: [{Key: note, Value: !Ref Note}]
  SecretPolicy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Secret
      BlockPublicPolicy: true
      ResourcePolicy:
        Version: 2012-10-17
        Statement:
          - {Sid: !Ref Note, Effect: Deny, Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*"}
  Generated:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString:
        SecretStringTemplate: '{"user": "admin"}'
        GenerateStringKey: password
        PasswordLength: 40
        ExcludePunctuation: true
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: /flowable/note, Type: String, Value: !Ref Note, Tags: {note: !Ref Note}}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: drift, DisplayName: !Ref Note, Tags: [{Key: note, Value: !Ref Note}]}
  Locks:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: locks
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: LockID, AttributeType: S}]
      KeySchema: [{AttributeName: LockID, KeyType: HASH}]
      SSESpecification: {SSEEnabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !Ref Rotation}
      Tags: [{Key: note, Value: !Ref Note}]
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn}
  BucketArn: {Value: !GetAtt State.Arn}
  SecretArn: {Value: !Ref Secret}
"""

IDENTITY = """
Parameters:
  Note: {Type: String, Default: first}
Resources:
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: FlowableBoundary
      Path: /flowable/
      Description: caps roles
      PolicyDocument: {Version: 2012-10-17, Statement: [{Sid: !Ref Note, Effect: Allow, Action: "*", Resource: "*"}]}
  OtherBoundary:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Path: /flowable/
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: DevOpsAdminRole
      Path: /flowable/
      Description: !Ref Note
      MaxSessionDuration: "7200"
      PermissionsBoundary: !Ref Boundary
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Sid: !Ref Note, Effect: Allow, Principal: {AWS: !Ref "AWS::AccountId"}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Sid: !Ref Note, Effect: Allow, Action: "s3:*", Resource: "*"}]
      Tags: [{Key: note, Value: !Ref Note}]
  Group:
    Type: AWS::IAM::Group
    Properties:
      GroupName: dev_dev_ops_admin
      Path: /flowable/
      ManagedPolicyArns: [!Ref OtherBoundary]
      Policies:
        - PolicyName: assume
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "sts:AssumeRole", Resource: !GetAtt Role.Arn}]
  Shared:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: shared
      Roles: [!Ref Role]
      Groups: [!Ref Group]
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Sid: !Ref Note, Effect: Allow, Action: "ec2:Describe*", Resource: "*"}]
  Attached:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Role]
      Groups: [!Ref Group]
      PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: "eks:Describe*", Resource: "*"}]}
  Pipeline:
    Type: AWS::IAM::OIDCProvider
    Properties:
      Url: https://token.actions.githubusercontent.com
      ClientIdList: [sts.amazonaws.com]
      ThumbprintList: ["1234567890123456789012345678901234567890"]
      Tags: [{Key: note, Value: !Ref Note}]
"""

LOGGING = "      LoggingConfiguration: {DestinationBucketName: !Ref Logs, LogFilePrefix: state/}\n"
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
SECOND = [{"ParameterKey": "Note", "ParameterValue": "second"}]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with served() as endpoint:
        yield endpoint


def made(endpoint: str, body: str, **given: Any) -> Account:
    account = Account.new(endpoint)
    assert account.create("s", body, **given) == "CREATE_COMPLETE", account.failures("s")
    return account


@pytest.fixture(scope="module")
def security(endpoint: str) -> Account:
    """Return an account with the security stack as it was created, for tests that only look."""
    return made(endpoint, SECURITY, Tags=[{"Key": "flowops:project", "Value": "flowable"}])


@pytest.fixture(scope="module")
def identity(endpoint: str) -> Account:
    """Return an account with the identity stack as it was created, for tests that only look."""
    return made(endpoint, IDENTITY)


def statement(document: Any) -> Any:
    parsed = json.loads(document) if isinstance(document, str) else document
    return parsed["Statement"][0]


def pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag.get("Key", tag.get("TagKey", "")): tag.get("Value", tag.get("TagValue", "")) for tag in tags}


def test_the_state_bucket_has_every_setting(security: Account) -> None:
    s3, bucket = security.client("s3"), {"Bucket": f"state-{security.id}"}

    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    (encryption,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["BucketKeyEnabled"] is True
    assert encryption["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == security.outputs("s")["KeyArn"]
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]}
    assert rules["uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rules["old"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 50
    assert s3.get_bucket_logging(**bucket)["LoggingEnabled"]["TargetPrefix"] == "state/"
    retention = s3.get_object_lock_configuration(**bucket)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 30)
    tags = pairs(s3.get_bucket_tagging(**bucket)["TagSet"])
    assert tags == {"note": "first", "flowops:project": "flowable"}


def test_the_key_rotates_has_its_policy_and_its_alias(security: Account) -> None:
    kms, key = security.client("kms"), {"KeyId": "alias/flowable/state"}
    found = kms.describe_key(**key)["KeyMetadata"]

    assert found["Arn"] == security.outputs("s")["KeyArn"]
    assert found["Description"] == "first"
    assert kms.get_key_rotation_status(KeyId=found["KeyId"])["KeyRotationEnabled"] is True
    assert statement(kms.get_key_policy(KeyId=found["KeyId"], PolicyName="default")["Policy"])["Sid"] == "first"
    tags = pairs(kms.list_resource_tags(KeyId=found["KeyId"])["Tags"])
    assert tags == {"note": "first", "flowops:project": "flowable"}


def test_a_secret_without_a_value_has_none(security: Account) -> None:
    secrets, arn = security.client("secretsmanager"), security.outputs("s")["SecretArn"]
    found = secrets.describe_secret(SecretId=arn)

    assert found["KmsKeyId"] == security.outputs("s")["KeyArn"]
    assert found.get("VersionIdsToStages", {}) == {}
    assert pairs(found["Tags"]) == {"note": "first", "flowops:project": "flowable"}
    assert statement(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])["Effect"] == "Deny"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn)


def test_a_generated_secret_has_the_shape_that_was_asked_for(security: Account) -> None:
    secrets = security.client("secretsmanager")
    (name,) = [each["Name"] for each in secrets.list_secrets()["SecretList"] if "Generated" in each["Name"]]

    value = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])

    assert value["user"] == "admin"
    assert len(value["password"]) == 40


def test_small_things_are_there_too(security: Account) -> None:
    assert security.client("ssm").get_parameter(Name="/flowable/note")["Parameter"]["Value"] == "first"
    (topic,) = security.client("sns").list_topics()["Topics"]
    assert security.client("sns").get_topic_attributes(**topic)["Attributes"]["DisplayName"] == "first"
    table = security.client("dynamodb").describe_table(TableName="locks")["Table"]
    assert table["SSEDescription"]["Status"] == "ENABLED"
    backups = security.client("dynamodb").describe_continuous_backups(TableName="locks")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_role_stands_under_its_path_with_its_boundary(identity: Account) -> None:
    iam = identity.client("iam")
    role = iam.get_role(RoleName="DevOpsAdminRole")["Role"]

    assert role["Arn"] == f"arn:aws:iam::{identity.id}:role/flowable/DevOpsAdminRole"
    boundary = f"arn:aws:iam::{identity.id}:policy/flowable/FlowableBoundary"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert (role["Description"], role["MaxSessionDuration"]) == ("first", 7200)
    assert pairs(role["Tags"]) == {"note": "first"}
    assert sorted(iam.list_role_policies(RoleName="DevOpsAdminRole")["PolicyNames"]) == ["own", "shared"]
    (attached,) = iam.list_attached_role_policies(RoleName="DevOpsAdminRole")["AttachedPolicies"]
    assert "Attached" in attached["PolicyName"]


def test_the_group_has_inline_shared_and_managed_policies(identity: Account) -> None:
    iam = identity.client("iam")
    group = iam.get_group(GroupName="dev_dev_ops_admin")["Group"]

    assert group["Path"] == "/flowable/"
    assert sorted(iam.list_group_policies(GroupName="dev_dev_ops_admin")["PolicyNames"]) == ["assume", "shared"]
    attached = iam.list_attached_group_policies(GroupName="dev_dev_ops_admin")["AttachedPolicies"]
    assert len(attached) == 2
    assume = iam.get_group_policy(GroupName="dev_dev_ops_admin", PolicyName="assume")["PolicyDocument"]
    assert statement(assume)["Resource"].endswith(":role/flowable/DevOpsAdminRole")


def test_nothing_has_drifted_right_after_creation(security: Account, identity: Account) -> None:
    assert security.drifts("s") == {}
    assert identity.drifts("s") == {}


def test_the_security_stack_is_updated_in_place(endpoint: str) -> None:
    account = made(endpoint, SECURITY)
    before = account.outputs("s")

    changed = [
        *SECOND,
        {"ParameterKey": "Rotation", "ParameterValue": "false"},
        {"ParameterKey": "Versions", "ParameterValue": "9"},
    ]
    assert account.update("s", SECURITY.replace(LOGGING, ""), Parameters=changed) == "UPDATE_COMPLETE", (
        account.failures("s")
    )

    assert account.outputs("s") == before
    s3, bucket = account.client("s3"), {"Bucket": f"state-{account.id}"}
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]}
    assert rules["old"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 9
    assert "LoggingEnabled" not in s3.get_bucket_logging(**bucket)
    assert statement(s3.get_bucket_policy(Bucket=f"logs-{account.id}")["Policy"])["Sid"] == "second"
    kms, key = account.client("kms"), before["KeyArn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    assert statement(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Sid"] == "second"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "second"
    secrets = account.client("secretsmanager")
    assert secrets.describe_secret(SecretId=before["SecretArn"])["Description"] == "second"
    assert statement(secrets.get_resource_policy(SecretId=before["SecretArn"])["ResourcePolicy"])["Sid"] == "second"
    assert account.client("ssm").get_parameter(Name="/flowable/note")["Parameter"]["Value"] == "second"
    assert account.drifts("s") == {}


def test_the_identity_stack_is_updated_in_place_boundary_included(endpoint: str) -> None:
    account = made(endpoint, IDENTITY)
    body = IDENTITY.replace("PermissionsBoundary: !Ref Boundary", "PermissionsBoundary: !Ref OtherBoundary")
    body = body.replace("Groups: [!Ref Group]", "Groups: []").replace(
        "ManagedPolicyArns: [!Ref OtherBoundary]", "ManagedPolicyArns: []"
    )

    assert account.update("s", body, Parameters=SECOND) == "UPDATE_COMPLETE", account.failures("s")

    iam = account.client("iam")
    role = iam.get_role(RoleName="DevOpsAdminRole")["Role"]
    assert "OtherBoundary" in role["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert statement(role["AssumeRolePolicyDocument"])["Sid"] == "second"
    assert (role["Description"], pairs(role["Tags"])) == ("second", {"note": "second"})
    for name in ("own", "shared"):
        assert (
            statement(iam.get_role_policy(RoleName="DevOpsAdminRole", PolicyName=name)["PolicyDocument"])["Sid"]
            == "second"
        )
    assert iam.list_group_policies(GroupName="dev_dev_ops_admin")["PolicyNames"] == ["assume"]
    assert iam.list_attached_group_policies(GroupName="dev_dev_ops_admin")["AttachedPolicies"] == []
    boundary = f"arn:aws:iam::{account.id}:policy/flowable/FlowableBoundary"
    (version,) = iam.list_policy_versions(PolicyArn=boundary)["Versions"]
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version["VersionId"])["PolicyVersion"]["Document"]
    assert statement(document)["Sid"] == "second"
    assert account.drifts("s") == {}


def test_a_role_that_loses_its_boundary_in_the_template_loses_it_in_iam(endpoint: str) -> None:
    account = made(endpoint, IDENTITY)

    account.update("s", IDENTITY.replace("      PermissionsBoundary: !Ref Boundary\n", ""))

    assert "PermissionsBoundary" not in account.client("iam").get_role(RoleName="DevOpsAdminRole")["Role"]


def test_deleting_the_stacks_leaves_only_what_aws_itself_keeps(endpoint: str) -> None:
    # Without access logs: those of the deletion itself would keep their bucket.
    account = made(endpoint, SECURITY.replace(LOGGING, ""))
    key = account.outputs("s")["KeyArn"]
    account.create("i", IDENTITY)

    assert account.delete("s") == "DELETE_COMPLETE", account.failures("s")
    assert account.delete("i") == "DELETE_COMPLETE"

    assert account.client("s3").list_buckets()["Buckets"] == []
    assert account.client("secretsmanager").list_secrets()["SecretList"] == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    iam = account.client("iam")
    assert (iam.list_roles()["Roles"], iam.list_groups()["Groups"]) == ([], [])
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []


def test_changes_behind_the_stack_s_back_are_drift(endpoint: str) -> None:
    account = made(endpoint, SECURITY)
    account.create("i", IDENTITY)
    key = account.outputs("s")["KeyArn"]
    account.client("s3").put_bucket_versioning(
        Bucket=f"state-{account.id}", VersioningConfiguration={"Status": "Suspended"}
    )
    account.client("kms").disable_key_rotation(KeyId=key)
    account.client("ssm").delete_parameter(Name="/flowable/note")
    account.client("s3").delete_bucket_policy(Bucket=f"logs-{account.id}")
    iam = account.client("iam")
    iam.put_role_policy(RoleName="DevOpsAdminRole", PolicyName="extra", PolicyDocument=json.dumps(READ))
    iam.delete_role_permissions_boundary(RoleName="DevOpsAdminRole")

    security, identity = account.drifts("s"), account.drifts("i")

    assert {name: drift["StackResourceDriftStatus"] for name, drift in security.items()} == {
        "State": "MODIFIED",
        "Key": "MODIFIED",
        "Parameter": "DELETED",
        "LogsPolicy": "DELETED",
    }
    (versioning,) = security["State"]["PropertyDifferences"]
    assert versioning["PropertyPath"] == "/VersioningConfiguration/Status"
    assert (versioning["ExpectedValue"], versioning["ActualValue"]) == ("Enabled", "Suspended")
    assert identity.keys() == {"Role"}
    paths = {difference["PropertyPath"] for difference in identity["Role"]["PropertyDifferences"]}
    assert paths == {"/Policies", "/PermissionsBoundary"}


def test_a_bucket_with_objects_resists_its_deletion(endpoint: str) -> None:
    account = made(endpoint, SECURITY.replace(LOGGING, ""))
    account.client("s3").put_object(Bucket=f"logs-{account.id}", Key="log", Body=b"line")

    assert account.delete("s") == "DELETE_FAILED"
    assert "not empty" in account.failures("s")["Logs"]
    account.client("s3").delete_object(Bucket=f"logs-{account.id}", Key="log")
    assert account.delete("s") == "DELETE_COMPLETE"


def test_names_without_a_wish_are_made_from_stack_and_logical_id(endpoint: str) -> None:
    body = 'Resources: {Data: {Type: "AWS::S3::Bucket"}, Operators: {Type: "AWS::IAM::Group"}}'

    account = made(endpoint, body)

    (bucket,) = account.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"].startswith("s-data-")
    (group,) = account.client("iam").list_groups()["Groups"]
    assert group["GroupName"].startswith("s-Operators-")
    location = account.client("s3").get_bucket_location(Bucket=bucket["Name"])
    assert location["LocationConstraint"] == REGION
