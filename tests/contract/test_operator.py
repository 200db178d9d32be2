"""What an operator does by its own name, held against the policies that its group and pipelines really carry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.bootstrap_files import TemplateFolder
from flowops.model.access import Access
from flowops.model.authorization import History, requests_of_all
from flowops.model.policy import Policy, Principal, Request, evaluate
from flowops.operations.drift_stacks import StacksDrift
from tests.contract.operated import OPERATORS, reached_by_ann
from tests.contract.test_trail import quick
from tests.fakes import tree
from tests.integration.bootstrapped import Project
from tests.integration.organization import SECURITY, Home

ANN = Principal(f"arn:aws:iam::{SECURITY}:user/flowable/ann", SECURITY)
PIPELINE = Principal(f"arn:aws:iam::{SECURITY}:role/flowable/FlowopsCiPlanRole", SECURITY)
ENGINE = "cloudformation.amazonaws.com"
WITH_MFA = {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("600",)}
FREE = {"sts:GetCallerIdentity", "sts:GetSessionToken"}
"""Calls that need no permission (STS API Reference)."""


@dataclass(frozen=True)
class Check:
    """A drift check of the security account: what it asked AWS for, and what CloudFormation asked in its name."""

    findings: Sequence[object]
    asked: tuple[Request, ...]
    read: tuple[Request, ...]

    def of(self, principal: Principal, **session: tuple[str, ...]) -> tuple[Request, ...]:
        """Return all of it as another caller would have asked it; `session` is what AWS knows of its session.

        Forward access sessions carry both on (IAM User Guide, "Forward access sessions").
        """
        via = {"aws:calledvia": (ENGINE,), "aws:viaawsservice": ("true",)}
        return (
            *(replace(it, principal=principal, context={**it.context, **session}) for it in self.asked),
            *(replace(it, principal=principal, context={**it.context, **session, **via}) for it in self.read),
        )


@pytest.fixture(scope="module")
def project(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(home, tmp_path_factory.mktemp("operated") / "project")
    project.bootstrap()
    return project


@pytest.fixture(scope="module")
def operated(home: Home, project: Project, tmp_path_factory: pytest.TempPathFactory) -> EnvironmentAws:
    return reached_by_ann(home, project, tmp_path_factory.mktemp("sessions"))


@pytest.fixture(scope="module")
def check(home: Home, project: Project, operated: EnvironmentAws) -> Check:
    session = operated.operator().session
    before = len(_calls(home))
    stacks = StacksDrift(
        project.config, TemplateFolder(project.folder / "bootstrap"), lambda _: CloudFormation(session)
    )
    findings = [*stacks.look(None), *operated.people().look(None)]
    calls = _calls(home)
    history = requests_of_all(calls, History(), organization=_organization(project))
    made = [(call, requests) for number, (call, requests) in enumerate(history) if number >= before]
    return Check(findings, tuple(_by(made, ANN.arn)), tuple(_by(made, ENGINE)))


def _organization(project: Project) -> str:
    facts = project.facts_file.read()
    assert facts is not None
    return facts.organization.id


def _calls(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home.folder.parent / "state" / "calls.jsonl").read_text().splitlines()]


def _by(made: Sequence[tuple[Mapping[str, Any], tuple[Request, ...]]], principal: str) -> Iterator[Request]:
    for call, requests in made:
        if call["principal"] == principal and call["account"] == SECURITY:
            yield from (it for it in requests if it.action not in FREE)


@pytest.fixture(scope="module")
def group(home: Home) -> dict[str, Policy]:
    """Return the policies of the operators' group by name, as they stand."""
    security = home.into(SECURITY)
    attached = security.call("iam", "ListAttachedGroupPolicies", GroupName=OPERATORS)["AttachedPolicies"]
    inline = security.call("iam", "ListGroupPolicies", GroupName=OPERATORS)["PolicyNames"]
    policies = {it["PolicyName"]: _managed(security, it["PolicyArn"]) for it in attached}
    for name in inline:
        document = security.call("iam", "GetGroupPolicy", GroupName=OPERATORS, PolicyName=name)["PolicyDocument"]
        policies[name] = Policy.from_document(name, document)
    return policies


def _managed(session: AwsSession, arn: str) -> Policy:
    version = session.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = session.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return Policy.from_document(arn.rpartition("/")[2], found)


def _denied(requests: Sequence[Request], *identity: Policy, boundary: Policy | None = None) -> set[str]:
    decisions = ((it, evaluate(it, identity=identity, boundary=boundary)) for it in requests)
    return {f"{it.action} on {it.resource}: {decision.reason}" for it, decision in decisions if not decision.allowed}


def test_the_check_looks_at_every_stack_and_its_resources_and_finds_nothing(check: Check) -> None:
    assert check.findings == []
    stacks = {it.resource.split("/")[1] for it in check.asked if it.action == "cloudformation:DetectStackDrift"}
    assert stacks == {"flowops-security", "flowops-access-dev", "flowops-access-prod"}
    services = {it.action.partition(":")[0] for it in check.read}
    assert services == {"iam", "kms", "s3", "secretsmanager"}


def test_a_member_of_the_operators_group_may_do_all_that_the_check_does(check: Check, group: dict[str, Policy]) -> None:
    assert _denied(check.of(ANN, **WITH_MFA), *group.values()) == set()


def test_without_mfa_it_sees_its_own_device_and_nothing_else(check: Check, group: dict[str, Policy]) -> None:
    identity = tuple(group.values())
    allowed = {(it.action, it.resource) for it in check.of(ANN) if evaluate(it, identity=identity).allowed}
    assert allowed == {("iam:ListMFADevices", ANN.arn)}


def test_without_the_policy_for_stacks_nothing_of_them_is_seen(check: Check, group: dict[str, Policy]) -> None:
    others = [policy for name, policy in group.items() if name != "stack_reader"]
    denied = _denied(check.of(ANN, **WITH_MFA), *others)
    assert {line.partition(" ")[0] for line in denied} >= {"cloudformation:DetectStackDrift", "s3:GetBucketPolicy"}


def test_a_scheduled_check_in_a_pipeline_may_do_the_same(home: Home, check: Check) -> None:
    arn = f"arn:aws:iam::{SECURITY}:policy/flowable/FlowopsCiPlanPolicy"
    policy = _managed(home.into(SECURITY), arn)
    assert _denied(check.of(PIPELINE), policy, boundary=policy) == set()


@pytest.mark.parametrize(("access", "role"), [(Access.READ, "FlowopsPlanRole"), (Access.WRITE, "DevOpsAdminRole")])
def test_cloudtrail_names_the_operator_with_what_flowops_does_in_a_role(
    operated: EnvironmentAws, access: Access, role: str
) -> None:
    environment = tree.environment("dev")
    session = operated.reader(environment) if access is Access.READ else operated.writer(environment)
    topic = session.call("sns", "CreateTopic", Name=f"of-{role}")["TopicArn"]
    since = datetime.now(UTC) - timedelta(hours=1)
    (found,) = quick(session).traces(environment, (topic,), since)
    assert found.principal == f"assumed-role/{role}/flowops for ann"


def test_children_are_told_whose_run_it_is(operated: EnvironmentAws, tmp_path: Path) -> None:
    acting = operated.act(tree.environment("dev"), Access.WRITE, tmp_path / "run")
    assert acting.env["FLOWOPS_ASSUME_ROLE_SOURCE_IDENTITY"] == "ann"
