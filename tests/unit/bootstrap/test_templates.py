from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.stack import Resource
from tests.unit.bootstrap.resolve import (
    DEV,
    GITHUB,
    GITLAB,
    PARAMETERS,
    SECURITY,
    TEMPLATES,
    Document,
    documents,
    outputs,
    read,
    resolved,
    resources,
)

_OUTPUTS = {
    "security-account.yaml": {
        "StateBucketName",
        "StateKeyArn",
        "SecretsKeyArn",
        "RepositorySecretArn",
        "AccessLogBucketName",
    },
    "environment-access.yaml": {
        "DevOpsAdminGroupName",
        "FlowableAdminGroupName",
        "FlowableUserGroupName",
        "LicenseSecretArn",
        "LicenseKeyArn",
    },
    "environment-account.yaml": {
        "DevOpsAdminRoleArn",
        "FlowableAdminRoleArn",
        "FlowableUserRoleArn",
        "FlowopsPlanRoleArn",
        "WorkloadBoundaryArn",
        "ExternalId",
    },
}
_KEPT = {
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SecretsManager::Secret",
    "AWS::SecretsManager::ResourcePolicy",
}


def _of(type_: str, name: str) -> list[Resource]:
    return [resource for resource in resources(name).values() if resource.type == type_]


def _everything() -> Iterator[Resource]:
    for name in TEMPLATES:
        yield from resources(name).values()


def _size(document: Document) -> int:
    """Return the characters that IAM counts: white space outside quotes is free."""
    return len(json.dumps(document, separators=(",", ":")))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_asks_for_and_answers_with_what_the_bootstrap_knows(name: str) -> None:
    assert set(read(name).parameters) == set(PARAMETERS[name])
    assert outputs(name) == _OUTPUTS[name]
    assert all(output.description for output in read(name).outputs.values())
    assert all(parameter.description for parameter in read(name).parameters.values())


@pytest.mark.parametrize(
    ("name", "parameter", "wrong"),
    [
        ("security-account.yaml", "OrganizationId", "flowable"),
        ("security-account.yaml", "EnvironmentAccountIds", "222222222222,33333333333"),
        ("security-account.yaml", "Project", "Flowable"),
        ("security-account.yaml", "CiDeploySubjects", "repo:acme/platform:environment:*"),
        ("security-account.yaml", "CiDeploySubjects", "repo:acme/platform:environment:dev,repo:acme/platform:*"),
        ("security-account.yaml", "CiDeploySubjects", "project_path:acme/platform:ref_type:branch:ref:*"),
        ("security-account.yaml", "CiDeploySubjects", "repo:acme@*/platform@202:environment:dev"),
        ("security-account.yaml", "CiPlanSubjects", "repo:acme@101/platform@*:pull_request"),
        ("security-account.yaml", "CiPlanSubjects", "repo:acme@?/platform@202:ref:refs/heads/*"),
        ("security-account.yaml", "CiPlanSubjects", "repo:*/platform:pull_request"),
        ("security-account.yaml", "CiPlanSubjects", "repo:acme/*:ref:refs/heads/*"),
        ("security-account.yaml", "CiPlanSubjects", "project_path:*:ref_type:branch:ref:*"),
        ("security-account.yaml", "CiHost", 'gitlab.com","gitlab.example.com'),
        ("environment-access.yaml", "EnvironmentName", "-rf"),
        ("environment-access.yaml", "EnvironmentAccountId", "022"),
        ("environment-account.yaml", "ExternalId", "too-short"),
        ("environment-account.yaml", "SecurityAccountId", "123"),
        ("environment-account.yaml", "StateKeyArn", "alias/flowable/terraform-state"),
        ("environment-account.yaml", "StateBucketName", "*"),
        ("environment-account.yaml", "Regions", "eu-central-1,*"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(name: str, parameter: str, wrong: str) -> None:
    with pytest.raises(Rejected, match=parameter):
        read(name).parameters[parameter].check(wrong)


def test_what_holds_data_or_guards_it_survives_its_stack() -> None:
    for resource in _everything():
        if resource.type in _KEPT:
            assert resource.declaration.deletion_policy == "RetainExceptOnCreate", resource.logical_id
            assert resource.declaration.update_replace_policy == "Retain", resource.logical_id


def test_secrets_come_without_a_value_and_with_a_key_of_their_own() -> None:
    secrets = [resource for resource in _everything() if resource.type == "AWS::SecretsManager::Secret"]
    assert sorted(secret.properties["Name"] for secret in secrets) == ["/flowable/dev/license", "/flowable/repository"]
    assert all(not {"SecretString", "GenerateSecretString"} & set(secret.properties) for secret in secrets)
    assert len({secret.properties["KmsKeyId"] for secret in secrets}) == len(secrets)


def test_every_key_rotates() -> None:
    keys = [resource for resource in _everything() if resource.type == "AWS::KMS::Key"]
    assert [key.properties["EnableKeyRotation"] for key in keys] == [True, True, True]


def test_the_buckets_are_closed_versioned_and_encrypted() -> None:
    buckets = {bucket.physical_id: bucket.properties for bucket in _of("AWS::S3::Bucket", "security-account.yaml")}
    assert set(buckets) == {f"flowable-terraform-state-{SECURITY}", f"flowable-access-logs-{SECURITY}"}
    for properties in buckets.values():
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_state_bucket_keeps_50_versions_uses_its_key_and_logs_who_came() -> None:
    stack = resources("security-account.yaml")
    properties = stack["StateBucket"].properties
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] == 50
    assert "ExpirationInDays" not in rule
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["BucketKeyEnabled"] is True
    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": stack["StateKey"].attributes["Arn"],
    }
    assert properties["LoggingConfiguration"]["DestinationBucketName"] == stack["AccessLogBucket"].physical_id


def test_every_role_stands_below_flowable_has_the_boundary_and_lasts_an_hour() -> None:
    stack = resources("environment-account.yaml")
    roles = _of("AWS::IAM::Role", "environment-account.yaml")
    names = {"DevOpsAdminRole", "FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole"}
    assert {role.properties["RoleName"] for role in roles} == names
    for role in roles:
        assert role.properties["Path"] == "/flowable/"
        assert role.properties["PermissionsBoundary"] == stack["FlowableBoundary"].physical_id
        assert role.properties["MaxSessionDuration"] == 3600
        assert "ManagedPolicyArns" not in role.properties


def test_the_boundaries_stand_where_the_deploy_role_cannot_write() -> None:
    stack = resources("environment-account.yaml")
    assert stack["FlowableBoundary"].physical_id == f"arn:aws:iam::{DEV}:policy/flowable/FlowableBoundary"
    assert (
        stack["FlowableWorkloadBoundary"].physical_id == f"arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary"
    )


def test_every_group_asks_for_mfa_and_is_named_for_its_environment() -> None:
    stack = resources("environment-access.yaml")
    groups = _of("AWS::IAM::Group", "environment-access.yaml")
    security = resources("security-account.yaml")
    readers = [security[it].physical_id for it in ("RepositoryReader", "PeopleReader", "StackReader")]
    names = {"dev_dev_ops_admin", "dev_flowable_admin", "dev_flowable_user"}
    assert {group.properties["GroupName"] for group in groups} == names
    for group in groups:
        assert group.properties["Path"] == "/flowable/"
        deploys = group.properties["GroupName"] == "dev_dev_ops_admin"
        expected = [stack["OwnCredentials"].physical_id, *readers * deploys]
        assert group.properties["ManagedPolicyArns"] == expected


def test_no_policy_names_a_role_or_a_user_of_another_account_as_principal() -> None:
    principals = [value for document in documents().values() for value in _principals(document)]
    issuers = [f"arn:aws:iam::{SECURITY}:oidc-provider/{host}" for host in (GITHUB, GITLAB)]
    assert set(issuers) < set(principals)
    for value in principals:
        assert value in ("*", "logging.s3.amazonaws.com", *issuers) or value.endswith(":root"), value


def test_pipelines_have_roles_and_an_identity_provider_only_where_they_are_asked_for() -> None:
    parsed = read("security-account.yaml")
    kinds = {"AWS::IAM::Role", "AWS::IAM::OIDCProvider"}

    def made(**parameters: str) -> set[str]:
        found = resolved("security-account.yaml", parsed, **parameters)
        return {name for name, it in found.items() if it.type in kinds}

    assert made(CiProvider="none", CiPlanSubjects="", CiDeploySubjects="") == set()
    assert made() == {"CiIdentityProvider", "CiRole", "CiPlanRole"}
    assert made(CiOidcProvider="existing") == {"CiRole", "CiPlanRole"}


@pytest.mark.parametrize(
    ("parameters", "url"),
    [({}, f"https://{GITHUB}"), ({"CiProvider": "gitlab"}, f"https://{GITLAB}")],
    ids=["GitHub", "GitLab"],
)
def test_the_identity_provider_is_the_host_of_the_pipelines(parameters: dict[str, str], url: str) -> None:
    found = resolved("security-account.yaml", read("security-account.yaml"), **parameters)["CiIdentityProvider"]
    assert found.properties == {"Url": url, "ClientIdList": ["sts.amazonaws.com"]}


def test_a_pipelines_role_has_its_one_policy_twice_and_lasts_an_hour() -> None:
    stack = resources("security-account.yaml")
    for role, policy in (("CiRole", "CiPolicy"), ("CiPlanRole", "CiPlanPolicy")):
        properties = stack[role].properties
        assert properties["ManagedPolicyArns"] == [stack[policy].physical_id]
        assert properties["PermissionsBoundary"] == stack[policy].physical_id
        assert (properties["Path"], properties["MaxSessionDuration"]) == ("/flowable/", 3600)


def test_policies_fit_into_what_iam_stores() -> None:
    for resource in _everything():
        properties = resource.properties
        inline = sum(_size(policy["PolicyDocument"]) for policy in properties.get("Policies", ()))
        match resource.type:
            case "AWS::IAM::Role":
                assert inline <= 10_240, resource.logical_id
                assert _size(properties["AssumeRolePolicyDocument"]) <= 2_048, resource.logical_id
            case "AWS::IAM::Group":
                assert inline <= 5_120, resource.logical_id
            case "AWS::IAM::ManagedPolicy":
                assert _size(properties["PolicyDocument"]) <= 6_144, resource.logical_id
            case "AWS::S3::BucketPolicy":
                assert _size(properties["PolicyDocument"]) <= 20_480, resource.logical_id


def _principals(node: Any) -> Iterator[str]:
    match node:
        case {"Principal": element, **rest}:
            yield from _values(element)
            yield from _principals(rest)
        case Mapping():
            for value in node.values():
                yield from _principals(value)
        case list():
            for item in node:
                yield from _principals(item)


def _values(element: Any) -> Iterator[str]:
    match element:
        case str():
            yield element
        case Mapping():
            for value in element.values():
                yield from _values(value)
        case list():
            yield from element
