"""What people may do by the policies that the templates really make: verb by verb, with the statement that decides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from flowops.errors import UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization
from flowops.model.may import Document, Holder, May, MayCheck, MayRow, Owner
from flowops.model.policy import Policy, Principal
from flowops.operations.auth_check import check
from tests.fakes import aws
from tests.unit.bootstrap.resolve import (
    BUCKET,
    DEV,
    EXTERNAL_ID,
    LICENSE_KEY,
    ORGANIZATION,
    SECURITY,
    STATE_KEY,
    documents,
    iam_arn,
    secret_arn,
)

WITH_MFA = {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": ("600",)}
ROLES = ("DevOpsAdminRole", "FlowopsPlanRole", "FlowableAdminRole", "FlowableUserRole")
REPOSITORY, LICENSE = (secret_arn(f"/flowable/{name}", SECURITY) for name in ("repository", "dev/license"))
INLINE = {
    "dev_dev_ops_admin": ("AssumeRoles", "SeeLicense"),
    "dev_flowable_admin": ("AssumeRoles",),
    "dev_flowable_user": ("AssumeRoles",),
}
ATTACHED = {
    "dev_dev_ops_admin": ("dev_own_credentials", "repository_reader", "people_reader", "stack_reader"),
    "dev_flowable_admin": ("dev_own_credentials",),
    "dev_flowable_user": ("dev_own_credentials",),
}
OF_ROLES = {
    "DevOpsAdminRole": ("State", "Infrastructure", "Identities"),
    "FlowopsPlanRole": ("State", "Look"),
    "FlowableAdminRole": ("Operate",),
    "FlowableUserRole": ("Look",),
}
UNREADABLE = "may not be read: AWS answered AccessDenied"


@dataclass
class Templates:
    """The policies that the templates make, as a member of some groups reads them; `unread` are those it may not."""

    groups: tuple[str, ...] = ()
    mfa: bool = True
    unread: tuple[str, ...] = ()
    texts: dict[str, Any] = field(default_factory=documents)
    doubt: str = ""

    def caller(self) -> Holder:
        inline = [(group, f"{group}/{name}") for group in self.groups for name in INLINE[group]]
        attached = [(group, name) for group in self.groups for name in ATTACHED[group]]
        policies = tuple(self._read(Owner.GROUP, name, f"of group {group}") for group, name in (*inline, *attached))
        facts = WITH_MFA if self.mfa else {}
        return Holder(Principal(iam_arn("user/flowable/ann", SECURITY), SECURITY), policies, None, facts, self.doubt)

    def role(self, arn: str) -> tuple[Holder, Document]:
        name = arn.rpartition("/")[2]
        session = f"arn:aws:sts::{DEV}:assumed-role/{name}/flowops"
        policies = tuple(self._read(Owner.ROLE, f"{name}/{it}", "") for it in OF_ROLES[name])
        boundary = self._read(Owner.BOUNDARY, "FlowableBoundary", "")
        return Holder(Principal(arn, DEV, session), policies, boundary), self._read(Owner.TRUST, f"{name}/trust", "")

    def bucket(self, name: str) -> Document:
        assert name == BUCKET
        return self._read(Owner.RESOURCE, "StateBucketPolicy", "")

    def key(self, arn: str) -> Document:
        assert arn == STATE_KEY
        return self._read(Owner.RESOURCE, "StateKey", "")

    def secret(self, arn: str) -> Document:
        return self._read(Owner.RESOURCE, {REPOSITORY: "RepositorySecretPolicy"}.get(arn, "LicenseSecretPolicy"), "")

    def _read(self, owner: Owner, name: str, whose: str) -> Document:
        said = f"{name} {whose}".strip()
        if name in self.unread:
            return Document(owner, said, problem=UNREADABLE)
        return Document(owner, said, Policy.from_document(said, self.texts[name]))


def facts() -> Facts:
    roles = {f"{name}Arn": iam_arn(f"role/flowable/{name}") for name in ROLES}
    boundary = {"WorkloadBoundaryArn": iam_arn("policy/flowable/FlowableWorkloadBoundary")}
    security = {"StateBucketName": BUCKET, "StateKeyArn": STATE_KEY, "RepositorySecretArn": REPOSITORY}
    return Facts(
        Organization(ORGANIZATION, aws.MANAGEMENT),
        {"security": AccountFacts(SECURITY, security), "dev": AccountFacts(DEV, {**roles, **boundary}, EXTERNAL_ID)},
        {"dev": EnvironmentFacts({"LicenseSecretArn": LICENSE, "LicenseKeyArn": LICENSE_KEY})},
    )


def config() -> Config:
    return aws.config()


def checked(documents: Templates, role: str | None = None) -> MayCheck:
    return check(config(), facts(), "dev", role, documents=documents)


def verbs(found: MayCheck, *, may: May) -> set[str]:
    return {verb for verb, answer in found.verbs().items() if answer is may}


def row(found: MayCheck, verb: str, action: str) -> MayRow:
    return next(it for it in found.rows if (it.verb, it.action) == (verb, action))


EVERYTHING = {"status", "plan", "drift", "secrets check", "apply", "destroy", "locks release", "recover", "console"}


def test_who_is_in_the_operators_group_may_do_all_that_flowops_does() -> None:
    found = checked(Templates(("dev_dev_ops_admin",)))
    assert [
        f"{it.verb}: {it.action} on {it.resource}: {it.verdict}"
        for it in found.rows
        if it.verdict.may is May.CANNOT_TELL
    ] == []
    assert verbs(found, may=May.ALLOWED) == {*EVERYTHING, "assume DevOpsAdminRole", "assume FlowopsPlanRole"}
    assert verbs(found, may=May.DENIED) == {"assume FlowableAdminRole", "assume FlowableUserRole"}


def test_a_role_is_entered_by_its_trust_and_by_the_groups_own_policy() -> None:
    entered = row(checked(Templates(("dev_dev_ops_admin",))), "assume DevOpsAdminRole", "sts:AssumeRole").verdict
    assert (entered.owner, entered.statement) == (Owner.TRUST, "PeopleWithMfa")
    assert entered.reason == (
        "sts:AssumeRole is allowed by statement PeopleWithMfa of DevOpsAdminRole/trust; "
        "and by statement DeployAndPlan of dev_dev_ops_admin/AssumeRoles of group dev_dev_ops_admin"
    )


def test_who_only_looks_at_flowable_enters_one_role_and_does_nothing_else() -> None:
    found = checked(Templates(("dev_flowable_user",)))
    assert {it.verb for it in found.rows if it.by == "operator" and it.verdict.may is May.ALLOWED} == {
        "assume FlowableUserRole"
    }
    refused = row(found, "assume DevOpsAdminRole", "sts:AssumeRole").verdict
    assert (refused.may, refused.statement) == (May.DENIED, "")
    assert "allows sts:AssumeRole" in refused.reason


def test_without_mfa_the_deny_that_decides_is_named() -> None:
    refused = row(checked(Templates(("dev_dev_ops_admin",), mfa=False)), "assume FlowopsPlanRole", "sts:AssumeRole")
    verdict = refused.verdict
    assert (verdict.may, verdict.owner, verdict.statement) == (May.DENIED, Owner.GROUP, "DenyWithoutMfa")
    assert not verdict.near


def test_a_session_that_is_too_old_is_told_by_the_statement_that_nearly_allows() -> None:
    documents = Templates(("dev_dev_ops_admin",))
    caller = documents.caller()
    old = replace(caller, facts={**WITH_MFA, "aws:multifactorauthage": ("43200",)})
    documents.caller = lambda: old  # type: ignore[method-assign]
    verdict = row(checked(documents), "assume FlowopsPlanRole", "sts:AssumeRole").verdict
    assert (verdict.may, verdict.statement, verdict.near) == (May.DENIED, "PeopleWithMfa", True)
    assert "aws:MultiFactorAuthAge is 43200" in verdict.reason


def test_what_another_role_may_is_said_of_it() -> None:
    found = checked(Templates(("dev_dev_ops_admin",)), "FlowopsPlanRole")
    assert verbs(found, may=May.DENIED) == {"apply", "destroy", "locks release", "recover"}
    assert {"status", "plan", "drift", "assume FlowopsPlanRole"} <= verbs(found, may=May.ALLOWED)
    assert "assume DevOpsAdminRole" not in found.verbs()


@pytest.mark.parametrize(
    ("unread", "verb"),
    [
        ("dev_own_credentials", "assume FlowopsPlanRole"),
        ("FlowopsPlanRole/trust", "assume FlowopsPlanRole"),
        ("FlowopsPlanRole/Look", "plan"),
        ("FlowableBoundary", "apply"),
        ("StateBucketPolicy", "status"),
        ("StateKey", "status"),
        ("RepositorySecretPolicy", "secrets check"),
    ],
)
def test_what_cannot_be_read_is_never_a_permission(unread: str, verb: str) -> None:
    found = checked(Templates(("dev_dev_ops_admin",), unread=(unread,)))
    assert found.verbs()[verb] is May.CANNOT_TELL
    unsure = next(it.verdict for it in found.rows if it.verb == verb and it.verdict.may is May.CANNOT_TELL)
    assert unread in unsure.reason
    assert UNREADABLE in unsure.reason


def test_a_deny_that_is_read_decides_whatever_else_there_is() -> None:
    documents = Templates(("dev_dev_ops_admin",), mfa=False, unread=("people_reader", "dev_dev_ops_admin/AssumeRoles"))
    assert checked(documents).verbs()["assume FlowopsPlanRole"] is May.DENIED


def test_a_trust_that_is_read_refuses_whatever_the_callers_own_policies_are() -> None:
    documents = Templates(("dev_dev_ops_admin",), unread=("dev_dev_ops_admin/AssumeRoles",))
    stranger = replace(documents.caller(), principal=Principal(iam_arn("user/bob", SECURITY), SECURITY))
    documents.caller = lambda: stranger  # type: ignore[method-assign]
    assert row(checked(documents), "assume FlowopsPlanRole", "sts:AssumeRole").verdict.may is May.DENIED


def test_a_caller_whose_own_arn_is_not_known_gets_no_answer() -> None:
    found = checked(Templates(("dev_dev_ops_admin",), doubt="role Admin: may not be read"))
    assert {it.verdict.may for it in found.rows if it.by == "operator"} == {May.CANNOT_TELL}


def test_every_answer_names_what_it_is_about() -> None:
    for it in checked(Templates(("dev_dev_ops_admin",))).rows:
        assert it.verdict.reason
        assert it.resource == "*" or it.resource.startswith("arn:aws:")
        assert "{" not in it.resource


def test_other_names_and_accounts_that_do_not_stand_are_said() -> None:
    with pytest.raises(UnknownTarget, match="'dev'"):
        check(config(), facts(), "dve", None, documents=Templates())
    with pytest.raises(UnknownTarget, match="'FlowopsPlanRole'"):
        check(config(), facts(), "dev", "FlowopsPlanRol", documents=Templates())
    with pytest.raises(UsageError, match="not bootstrapped"):
        check(config(), None, "dev", None, documents=Templates())
    with pytest.raises(UsageError, match="of account 'prod'"):
        check(config(), facts(), "prod", None, documents=Templates())


def test_a_boundary_caps_what_the_role_itself_is_allowed() -> None:
    documents = Templates(("dev_dev_ops_admin",))
    texts = documents.texts["FlowableBoundary"]["Statement"]
    texts[0]["Action"] = [action for action in texts[0]["Action"] if action != "ec2:*"]
    capped = row(checked(documents), "apply", "ec2:CreateVpc").verdict
    assert (capped.may, capped.owner, capped.statement) == (May.DENIED, Owner.BOUNDARY, "")
    assert capped.brief == "no statement of FlowableBoundary allows it"
    texts.append({"Sid": "NoVpc", "Effect": "Deny", "Action": "ec2:CreateVpc", "Resource": "*"})
    denied = row(checked(documents), "apply", "ec2:CreateVpc").verdict
    assert (denied.owner, denied.statement, denied.brief) == (
        Owner.BOUNDARY,
        "NoVpc",
        "denied by NoVpc of FlowableBoundary",
    )


def test_the_same_need_of_several_calls_of_a_verb_is_said_once() -> None:
    rows = [(it.verb, it.by, it.action, it.resource) for it in checked(Templates(("dev_dev_ops_admin",))).rows]
    assert sorted(rows) == sorted(set(rows))
