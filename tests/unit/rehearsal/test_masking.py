from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from flowops.rehearsal.masking import LONGEST, MASK, masked


def written(service: str, operation: str, **parameters: Any) -> Any:
    shape = get_service_model(service).operation_model(operation).input_shape
    return masked(parameters, shape, operation)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("secretsmanager", "PutSecretValue", {"SecretString": "x"}),
        ("secretsmanager", "PutSecretValue", {"SecretBinary": b"x"}),
        ("rds", "CreateDBInstance", {"MasterUserPassword": "x"}),
        ("iam", "CreateLoginProfile", {"Password": "x"}),
        ("ssm", "PutParameter", {"Value": "x"}),
        ("kms", "Encrypt", {"Plaintext": b"x"}),
        ("kms", "Decrypt", {"CiphertextBlob": b"x"}),
        ("sts", "AssumeRole", {"TokenCode": "123456"}),
        ("sts", "AssumeRoleWithWebIdentity", {"WebIdentityToken": "x"}),
        ("acm", "ImportCertificate", {"PrivateKey": b"x"}),
        ("iam", "EnableMFADevice", {"AuthenticationCode1": "123456"}),
        ("elasticache", "CreateReplicationGroup", {"AuthToken": "x"}),
    ],
)
def test_secrets_are_not_written_down(service: str, operation: str, parameters: dict[str, Any]) -> None:
    assert written(service, operation, **parameters) == dict.fromkeys(parameters, MASK)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("secretsmanager", "GetSecretValue", {"SecretId": "/flowable/x"}),
        ("sts", "AssumeRole", {"RoleArn": "arn", "ExternalId": "id", "SerialNumber": "mfa"}),
        ("eks", "CreateAddon", {"clientRequestToken": "t", "addonName": "coredns"}),
        ("iam", "DeleteAccessKey", {"AccessKeyId": "AKIA", "UserName": "bob"}),
        ("kms", "Encrypt", {"KeyId": "alias/flowable"}),
        ("s3", "PutObject", {"SSEKMSKeyId": "key", "ServerSideEncryption": "aws:kms"}),
        ("rds", "CreateDBInstance", {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "key"}),
        ("iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 14, "MaxPasswordAge": 90}),
        ("ec2", "DescribeVpcs", {"NextToken": "page-2"}),
    ],
)
def test_what_policies_ask_for_stays_readable(service: str, operation: str, parameters: dict[str, Any]) -> None:
    assert written(service, operation, **parameters) == parameters


def test_secrets_are_found_however_deep_they_stand() -> None:
    variables = {"Variables": {"DB_PASSWORD": "x"}}
    assert written("lambda", "CreateFunction", Environment=variables)["Environment"] == {
        "Variables": {"DB_PASSWORD": MASK}
    }


def test_parameters_of_a_stack_keep_their_names_only() -> None:
    given = [{"ParameterKey": "Project", "ParameterValue": "flowable"}]
    assert written("cloudformation", "CreateChangeSet", Parameters=given) == {
        "Parameters": [{"ParameterKey": "Project", "ParameterValue": MASK}]
    }


def test_a_long_document_is_cut() -> None:
    kept = written("cloudformation", "CreateStack", TemplateBody="x" * 10_000)["TemplateBody"]
    assert kept == "x" * LONGEST + "…"


def test_a_body_is_never_kept() -> None:
    assert written("s3", "PutObject", Body=b"state") == {"Body": MASK}
