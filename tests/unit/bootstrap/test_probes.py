from __future__ import annotations

import pytest
from botocore.loaders import Loader

from flowops.model.policy import Policy
from tests.unit.bootstrap.cases import CASES
from tests.unit.bootstrap.probe import Case, judge, keeps_promise, may_not
from tests.unit.bootstrap.resolve import BUCKET, EXTERNAL_ID, PROD, TEMPLATES, documents, iam_arn, resources

POLICIES = {name: Policy.from_document(name, document) for name, document in documents().items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_request_meets_the_verdict_that_the_table_promises(case: Case) -> None:
    decision = judge(case, POLICIES)
    assert keeps_promise(case, decision, POLICIES), decision.reason


def test_every_request_is_listed_once() -> None:
    listed = [f"{case} {case.one_sided}" for case in CASES]
    assert sorted(listed) == sorted(set(listed))


def _of(kind: str) -> list[str]:
    """Return how the documents of each role or group of the templates begin."""
    found = {name: it for file in TEMPLATES for name, it in resources(file).items() if it.declaration.type == kind}
    return [str(it.properties.get("RoleName") or it.properties["GroupName"]) for it in found.values()]


@pytest.mark.parametrize("name", [*_of("AWS::IAM::Role"), *_of("AWS::IAM::Group")])
def test_every_role_and_every_group_may_something_and_may_not_something_else(name: str) -> None:
    about = [it for it in CASES if any(used.startswith(f"{name}/") for used in it.uses)]
    assert {it.allowed for it in about} == {True, False}


def test_there_are_nine_of_them() -> None:
    assert (len(_of("AWS::IAM::Role")), len(_of("AWS::IAM::Group"))) == (6, 3)


REFUSED = [it for it in CASES if not it.allowed]
MISHAPS = {
    "no MFA": lambda it: it.action == "sts:AssumeRole" and it.context.get("aws:multifactorauthpresent") == "false",
    "MFA too old": lambda it: int(it.context.get("aws:multifactorauthage") or 0) >= 12 * 3600,
    "another organization": lambda it: it.context.get("aws:principalorgid") == "o-somebodyelse",
    "no ExternalId": lambda it: it.who == "ci" and it.action == "sts:AssumeRole" and not it.context,
    "another ExternalId": lambda it: it.context.get("sts:externalid", EXTERNAL_ID) != EXTERNAL_ID,
    "a fork": lambda it: any("mallory/" in value for value in it.context.values()),
    "another repository": lambda it: any(":acme/website:" in value for value in it.context.values()),
    "a token for another service": lambda it: any(value.startswith("https://") for value in it.context.values()),
    "another environment's states": lambda it: it.who == "deploy" and f"{BUCKET}/{PROD}/" in it.resource,
    "a version of a state deleted": lambda it: it.action == "s3:DeleteObjectVersion",
    "more rights by IAM": lambda it: it.who == "deploy+" and it.action in ("iam:AttachRolePolicy", "iam:PutRolePolicy"),
    "the boundary taken off": lambda it: it.action == "iam:DeleteRolePermissionsBoundary",
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_the_table_tries_what_intruders_try(mishap: str) -> None:
    assert [it for it in REFUSED if MISHAPS[mishap](it)]


def _iam_writes() -> list[str]:
    operations = Loader().load_service_model("iam", "service-2")["operations"]
    return [name for name in operations if not name.startswith(("Generate", "Get", "List", "Simulate"))]


@pytest.mark.parametrize("write", _iam_writes())
def test_no_write_that_iam_knows_reaches_the_deploy_role_itself(write: str) -> None:
    case = may_not("deploy+", f"iam:{write}", iam_arn("role/flowable/DevOpsAdminRole"))
    assert not judge(case, POLICIES).allowed
