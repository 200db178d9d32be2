"""The three templates as the policies that AWS would hold after a bootstrap of a security, a dev and a prod account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flowops.rehearsal.cloudformation import conditions, parameters, template
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
GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.example.com"
ON_GITLAB = " on GitLab"
"""Ends the names of what stands there only where pipelines run on GitLab."""

Document = Mapping[str, Any]


def key_arn(logical_id: str, account: str = SECURITY) -> str:
    return f"arn:aws:kms:{REGION}:{account}:key/{logical_id}"


def secret_arn(name: str, account: str = DEV) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbCdEf"


def iam_arn(name: str, account: str = DEV) -> str:
    return f"arn:aws:iam::{account}:{name}"


STATE_KEY, SECRETS_KEY, LICENSE_KEY = key_arn("StateKey"), key_arn("SecretsKey"), key_arn("LicenseKey")

REPOSITORY = ("acme/platform", "acme@101/platform@202")
"""The one repository of the probes, as a token of GitHub names it: by its name, or by name and number."""

_COMMON = {"Project": "flowable", "OrganizationId": ORGANIZATION}
PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "security-account.yaml": {
        **_COMMON,
        "EnvironmentAccountIds": f"{DEV},{PROD}",
        "CiProvider": "github",
        "CiHost": GITLAB,
        "CiOidcProvider": "made",
        "CiPlanSubjects": ",".join(
            f"repo:{it}:{kind}" for it in REPOSITORY for kind in ("pull_request", "ref:refs/heads/*")
        ),
        "CiDeploySubjects": ",".join(f"repo:{it}:environment:{name}" for it in REPOSITORY for name in ("dev", "prod")),
    },
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
_GITLAB_PARAMETERS = {
    "CiProvider": "gitlab",
    "CiPlanSubjects": "project_path:acme/tools/platform:ref_type:branch:ref:*",
    "CiDeploySubjects": "project_path:acme/tools/platform:ref_type:branch:ref:main",
}
_ACCOUNT = {"security-account.yaml": SECURITY, "environment-access.yaml": SECURITY, "environment-account.yaml": DEV}


@cache
def read(name: str) -> template.Template:
    return template.parse((BOOTSTRAP / name).read_text())


@cache
def resources(name: str) -> Mapping[str, Resource]:
    """Return every resource of a template with its properties resolved, as if the stack stood."""
    return resolved(name, read(name))


def resolved(name: str, parsed: template.Template, **others: str) -> Mapping[str, Resource]:
    """Return the resources of a template in the place of the one with this name, made with these parameters."""
    wanted = {**PARAMETERS[name], **others}.items()
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in wanted]
    texts = parameters.values(parsed.parameters, given, {})
    typed = {key: parsed.parameters[key].typed(text) for key, text in texts.items()}
    view = View(Scope(_ACCOUNT[name], REGION), "stack", "arn:stack", typed, parsed.mappings)
    view = replace(view, conditions=conditions.evaluate(parsed.conditions, view))
    made = {key: it for key, it in parsed.resources.items() if view.conditions.get(it.condition, True)}
    there = {key: _there(key, declared, view) for key, declared in made.items()}
    complete = replace(view, resources=there)
    return {
        key: replace(resource, properties=resolve(resource.declaration.properties, complete))
        for key, resource in there.items()
    }


def outputs(name: str) -> set[str]:
    return set(read(name).outputs)


def documents() -> dict[str, Document]:
    """Return every policy document of the three stacks, by name: `Role/Policy`, `Role/trust`, `Group/Policy`, …"""
    return {key: document for name in TEMPLATES for key, document in documents_of_template(name, read(name)).items()}


def documents_of_template(name: str, parsed: template.Template) -> dict[str, Document]:
    """Return the policy documents of a template, with those that pipelines on GitLab have in place of GitHub's."""
    found = dict(documents_of(resolved(name, parsed)))
    if name == "security-account.yaml":
        there = dict(documents_of(resolved(name, parsed, **_GITLAB_PARAMETERS)))
        found |= {f"{key}{ON_GITLAB}": it for key, it in there.items() if it != found.get(key)}
    return found


def documents_of(stack: Mapping[str, Resource]) -> Iterator[tuple[str, Document]]:
    for logical_id, resource in stack.items():
        properties = resource.properties
        match resource.type:
            case "AWS::IAM::Role":
                yield f"{properties['RoleName']}/trust", _tree(properties["AssumeRolePolicyDocument"])
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


def _tree(document: Any) -> Any:
    """Return a document that a template writes as a tree or as JSON text."""
    return json.loads(document) if isinstance(document, str) else document


def _inline(owner: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    for policy in properties.get("Policies", ()):
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
