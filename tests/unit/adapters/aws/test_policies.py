"""Policies as their caller reads them: every document that decides is there, and what may not be read says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.stub import Stubber

from flowops.adapters.aws.client import AwsSession, Wire, session_of
from flowops.adapters.aws.policies import AwsPolicies
from flowops.errors import CredentialsError
from flowops.model.may import Document, Owner

SECURITY, DEV = "111111111111", "222222222222"
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
ANN = f"arn:aws:iam::{SECURITY}:user/flowable/ann"
PIPELINE = f"arn:aws:sts::{SECURITY}:assumed-role/FlowopsCiPlanRole/job-1"
ADMIN = f"arn:aws:sts::{SECURITY}:assumed-role/AWSReservedSSO_Admin_1/ann"
ROLE = f"arn:aws:iam::{DEV}:role/flowable/FlowopsPlanRole"
POLICY = {"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]}


@cache
def session(who: str) -> AwsSession:
    """Return one session for all tests, because its clients take long to make."""
    return session_of(Credentials("key", "secret"), Wire("eu-central-1"), who)


class Answers:
    """One session's IAM, which answers in the order in which it was told to."""

    def __init__(self, who: str) -> None:
        self.session = session(who)
        self.stub = Stubber(self.session.client("iam"))

    def give(self, operation: str, **answer: Any) -> Answers:
        self.stub.add_response(operation, answer)
        return self

    def refuse(self, operation: str, code: str = "AccessDenied") -> Answers:
        self.stub.add_client_error(operation, code, f"no {operation}", http_status_code=403)
        return self


def policies(
    caller: Answers, arn: str, reader: Callable[[], AwsSession] | None = None, *, by_mfa: bool | None = True
) -> AwsPolicies:
    ends = NOW + timedelta(hours=11)
    return AwsPolicies(
        lambda: (caller.session, arn, ends), reader or (lambda: caller.session), by_mfa=by_mfa, clock=lambda: NOW
    )


def told(documents: tuple[Document, ...]) -> dict[str, tuple[Owner, str]]:
    return {it.name: (it.owner, it.problem) for it in documents}


def test_a_user_has_its_own_policies_those_of_its_groups_and_a_boundary() -> None:
    attached = {"PolicyName": "own_credentials", "PolicyArn": f"arn:aws:iam::{SECURITY}:policy/flowable/own"}
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": attached["PolicyArn"]}
    user = {"Path": "/flowable/", "UserName": "ann", "UserId": "A" * 16, "Arn": ANN, "CreateDate": NOW}
    iam = (
        Answers("ann")
        .give("get_user", User={**user, "PermissionsBoundary": boundary})
        .give("get_policy", Policy={"DefaultVersionId": "v2"})
        .give("get_policy_version", PolicyVersion={"Document": _text()})
        .give("list_user_policies", PolicyNames=["extra"])
        .give("get_user_policy", UserName="ann", PolicyName="extra", PolicyDocument=_text())
        .give("list_attached_user_policies", AttachedPolicies=[])
        .give("list_groups_for_user", Groups=[_group("dev_dev_ops_admin")])
        .give("list_group_policies", PolicyNames=["AssumeRoles"])
        .give("get_group_policy", GroupName="dev_dev_ops_admin", PolicyName="AssumeRoles", PolicyDocument=_text())
        .give("list_attached_group_policies", AttachedPolicies=[attached])
    )
    with iam.stub:
        holder = policies(iam, ANN).caller()
        iam.stub.assert_no_pending_responses()
    assert told(holder.documents) == {
        "policy extra of user ann": (Owner.USER, ""),
        "policy AssumeRoles of group dev_dev_ops_admin": (Owner.GROUP, ""),
        "policy own_credentials of group dev_dev_ops_admin": (Owner.GROUP, ""),
        "own": (Owner.BOUNDARY, ""),
    }
    assert holder.facts == {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("3600",)}


def test_what_may_not_be_read_stands_in_its_place() -> None:
    iam = (
        Answers("bob")
        .refuse("get_user")
        .refuse("list_user_policies")
        .refuse("list_attached_user_policies")
        .give("list_groups_for_user", Groups=[_group("dev_flowable_user")])
        .give("list_group_policies", PolicyNames=["AssumeRoles"])
        .refuse("get_group_policy")
        .refuse("list_attached_group_policies")
    )
    with iam.stub:
        holder = policies(iam, ANN, by_mfa=False).caller()
    assert holder.facts == {}
    assert {it.policy for it in holder.documents} == {None}
    assert told(holder.documents)["policy AssumeRoles of group dev_flowable_user"] == (
        Owner.GROUP,
        "may not be read: AWS answered AccessDenied to iam GetGroupPolicy",
    )
    assert set(told(holder.documents)) >= {"inline policies of user ann", "boundary of user ann"}


def test_a_pipelines_role_is_known_by_its_name_and_another_sessions_is_not() -> None:
    for arn, doubted in ((PIPELINE, False), (ADMIN, True)):
        iam = Answers(arn).refuse("list_role_policies").refuse("list_attached_role_policies").refuse("get_role")
        with iam.stub:
            holder = policies(iam, arn).caller()
        assert bool(holder.doubt) is doubted
        assert holder.principal.session == arn
    assert holder.principal.account == SECURITY


def test_a_session_that_somebody_else_made_may_have_mfa_or_not() -> None:
    iam = (
        Answers("vault")
        .refuse("get_user")
        .give("list_user_policies", PolicyNames=[])
        .give("list_attached_user_policies", AttachedPolicies=[])
        .give("list_groups_for_user", Groups=[])
    )
    with iam.stub:
        holder = policies(iam, ANN, by_mfa=None).caller()
    assert holder.doubt == "flowops did not make this session: whether it has MFA, AWS does not tell"


def test_a_role_that_is_not_there_trusts_nobody() -> None:
    iam = Answers("plan").refuse("get_role", "NoSuchEntity")
    with iam.stub:
        holder, trust = policies(iam, ANN).role(ROLE)
    assert holder.documents == ()
    assert trust.policy is not None
    assert trust.policy.statements == ()


def test_where_no_role_can_be_entered_to_read_it_that_is_said_once() -> None:
    tries: list[int] = []

    def reader() -> AwsSession:
        tries.append(1)
        raise CredentialsError("AWS answered AccessDenied to sts AssumeRole")

    found = policies(Answers("cyd"), ANN, reader)
    for name in ("FlowopsPlanRole", "DevOpsAdminRole"):
        holder, trust = found.role(ROLE.replace("FlowopsPlanRole", name))
        assert trust.problem == "no role that reads it can be assumed: AWS answered AccessDenied to sts AssumeRole"
        assert holder.documents[0].policy is None
    assert len(tries) == 1


@pytest.mark.parametrize("text", ['{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}', "no JSON"])
def test_a_policy_that_cannot_be_understood_is_no_permission(text: str) -> None:
    s3 = Stubber(session("ann").client("s3"))
    s3.add_response("get_bucket_policy", {"Policy": text})
    with s3:
        found = policies(Answers("ann"), ANN).bucket("states")
    assert found.policy is None
    assert "cannot be read: " in found.problem


def test_a_bucket_without_a_policy_allows_nothing_to_others() -> None:
    s3 = Stubber(session("ann").client("s3"))
    s3.add_client_error("get_bucket_policy", "NoSuchBucketPolicy", "none", http_status_code=404)
    with s3:
        found = policies(Answers("ann"), ANN).bucket("states")
    assert found.policy is not None
    assert found.policy.statements == ()


def _group(name: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{SECURITY}:group/flowable/{name}"
    return {"Path": "/flowable/", "GroupName": name, "GroupId": "A" * 16, "Arn": arn, "CreateDate": NOW}


def _text() -> str:
    return json.dumps(POLICY)
