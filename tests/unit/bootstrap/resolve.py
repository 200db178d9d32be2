"""The three templates as the policies that AWS would hold after a bootstrap of a security, a dev and a prod account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flowops.rehearsal.cloudformation import parameters, template
from flowops.rehearsal.cloudformation.intrinsics import View, resolve
from flowops.rehearsal.cloudformation.stack import Resource, Scope, Status

BOOTSTRAP = Path(__file__).parents[3] / "bootstrap"
TEMPLATES = ("security-account.yaml", "environment-access.yaml", "environment-account.yaml")

SECURITY, DEV, PROD = "111111111111", "222222222222", "333333333333"
REGION = "eu-central-1"
ORGANIZATION = "o-flowable0rg"
EXTERNAL_ID = "k3y0fth3p1pel1ne-0123456789"
BUCKET = f"flowable-terraform-state-{SECURITY}"
LOG_BUCKET = f"flowable-access-logs-{SECURITY}"

Document = Mapping[str, Any]


def key_arn(logical_id: str, account: str = SECURITY) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{logical_id}"


def secret_arn(name: str, account: str = DEV) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbCdEf"


def iam_arn(name: str, account: str = DEV) -> str:
    return f"arn:aws:iam::{account}:{name}"


STATE_KEY, SECRETS_KEY, LICENSE_KEY = key_arn("StateKey"), key_arn("SecretsKey"), key_arn("LicenseKey")

_COMMON = {"Project": "flowable", "OrganizationId": ORGANIZATION}
PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "security-account.yaml": {**_COMMON, "EnvironmentAccountIds": f"{DEV},{PROD}"},
    "environment-access.yaml": {**_COMMON, "EnvironmentName": "dev", "EnvironmentAccountId": DEV},
    "environment-account.yaml": {
        **_COMMON,
        "SecurityAccountId": SECURITY,
        "ExternalId": EXTERNAL_ID,
        "StateBucketName": BUCKET,
        "StateKeyArn": STATE_KEY,
        "Regions": REGION,
    },
}
_ACCOUNT = {"security-account.yaml": SECURITY, "environment-access.yaml": SECURITY, "environment-account.yaml": DEV}


@cache
def read(name: str) -> template.Template:
    return template.parse((BOOTSTRAP / name).read_text())


@cache
def resources(name: str) -> Mapping[str, Resource]:
    """Return every resource of a template with its properties resolved, as if the stack stood."""
    parsed = read(name)
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS[name].items()]
    texts = parameters.values(parsed.parameters, given, {})
    typed = {key: parsed.parameters[key].typed(text) for key, text in texts.items()}
    view = View(Scope(_ACCOUNT[name], REGION), "stack", "arn:stack", typed, parsed.mappings)
    there = {key: _there(key, declared, view) for key, declared in parsed.resources.items()}
    complete = replace(view, resources=there)
    return {
        key: replace(resource, properties=resolve(resource.declaration.properties, complete))
        for key, resource in there.items()
    }


def outputs(name: str) -> set[str]:
    return set(read(name).outputs)


def documents() -> dict[str, Document]:
    """Return every policy document of the three stacks, by name: `Role/Policy`, `Role/trust`, `Group/Policy`, …"""
    return {key: document for name in TEMPLATES for key, document in _documents_of(resources(name))}


def _documents_of(stack: Mapping[str, Resource]) -> Iterator[tuple[str, Document]]:
    for logical_id, resource in stack.items():
        properties = resource.properties
        match resource.type:
            case "AWS::IAM::Role":
                yield f"{properties['RoleName']}/trust", properties["AssumeRolePolicyDocument"]
                yield from _inline(properties["RoleName"], properties)
            case "AWS::IAM::Group":
                yield from _inline(properties["GroupName"], properties)
            case "AWS::IAM::ManagedPolicy":
                yield properties["ManagedPolicyName"], properties["PolicyDocument"]
            case "AWS::S3::BucketPolicy":
                yield logical_id, properties["PolicyDocument"]
            case "AWS::KMS::Key":
                yield logical_id, properties["KeyPolicy"]
            case "AWS::SecretsManager::ResourcePolicy":
                yield logical_id, properties["ResourcePolicy"]


def _inline(owner: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    for policy in properties["Policies"]:
        yield f"{owner}/{policy['PolicyName']}", policy["PolicyDocument"]


def _there(logical_id: str, declared: template.Declaration, view: View) -> Resource:
    physical_id, arn = _identity(logical_id, declared, view)
    return Resource(declared, physical_id, {}, {"Arn": arn}, Status.CREATE_COMPLETE)


def _identity(logical_id: str, declared: template.Declaration, view: View) -> tuple[str, str]:
    """Return what Ref and what GetAtt Arn give."""
    node, account = declared.properties, view.scope.account

    def named(key: str) -> str:
        return str(resolve(node[key], view))

    match declared.type:
        case "AWS::S3::Bucket":
            return named("BucketName"), f"arn:aws:s3:::{named('BucketName')}"
        case "AWS::KMS::Key":
            return logical_id, key_arn(logical_id, account)
        case "AWS::SecretsManager::Secret":
            arn = secret_arn(named("Name"), account)
            return arn, arn
        case "AWS::IAM::ManagedPolicy":
            arn = iam_arn(f"policy{named('Path')}{named('ManagedPolicyName')}", account)
            return arn, arn
        case "AWS::IAM::Role":
            return named("RoleName"), iam_arn(f"role{named('Path')}{named('RoleName')}", account)
        case "AWS::IAM::Group":
            return named("GroupName"), iam_arn(f"group{named('Path')}{named('GroupName')}", account)
        case _:
            return logical_id, ""
