"""Keys, buckets, secrets, parameters, topics and tables: really made and changed, with each property given."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloudformation_moto import REGION, Account, served
from tests.integration.cloudformation_templates import LOGGING, SECOND, SECURITY, made, pairs, statement


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with served() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def security(endpoint: str) -> Account:
    """Return an account with the security stack as it was created, for tests that only look."""
    return made(endpoint, SECURITY, Tags=[{"Key": "flowops:project", "Value": "flowable"}])


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
