"""Allow and deny as the IAM User Guide tells them ("Policy evaluation logic")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowops.model.policy import Decision, Policy, Principal, Request, evaluate

SECURITY, DEV = "111111111111", "222222222222"
ALICE = Principal(f"arn:aws:iam::{SECURITY}:user/flowable/alice", SECURITY)
DEPLOY = Principal(
    f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole",
    DEV,
    session=f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/run",
)
ROOT = Principal(f"arn:aws:iam::{DEV}:root", DEV)
EKS = Principal("eks.amazonaws.com", "")
BUCKET = "arn:aws:s3:::flowable-terraform-state"


def policy(name: str, *statements: Mapping[str, Any]) -> Policy:
    return Policy.from_document(name, {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str = "*", resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = "*", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ask(principal: Principal, action: str, resource: str, **context: str) -> Request:
    return Request(principal, action, resource, {key.replace("__", ":"): (value,) for key, value in context.items()})


READ = ask(DEPLOY, "s3:GetObject", f"{BUCKET}/state")


def decided(request: Request, *identity: Policy, **others: Any) -> Decision:
    return evaluate(request, identity=identity, **others)


def test_nothing_is_allowed_until_a_statement_allows_it() -> None:
    decision = decided(READ)
    assert not decision.allowed
    assert decision.reason == f"no identity policy allows s3:GetObject on {BUCKET}/state"


def test_the_statement_that_allows_is_named() -> None:
    decision = decided(READ, policy("deploy", allow("s3:Get*", f"{BUCKET}/*", Sid="State")))
    assert decision == Decision(True, "deploy", "State", "s3:GetObject is allowed by statement State of deploy")


def test_a_statement_without_sid_is_named_by_its_index() -> None:
    assert decided(READ, policy("deploy", allow("ec2:*"), allow("s3:*"))).statement == "#1"


def test_an_explicit_deny_wins_over_every_allow() -> None:
    decision = decided(READ, policy("admin", allow()), policy("guard", deny("s3:getobject", Sid="NoState")))
    assert not decision.allowed
    assert decision.reason == "s3:GetObject is denied by statement NoState of guard"


@pytest.mark.parametrize("where", ["boundary", "session", "resource"])
def test_an_explicit_deny_wins_wherever_it_stands(where: str) -> None:
    denying = policy("guard", allow(Principal="*"), deny("s3:*", Principal="*", Sid="No"))
    decision = decided(READ, policy("admin", allow()), **{where: denying})
    assert (decision.allowed, decision.policy, decision.statement) == (False, "guard", "No")


def test_the_boundary_caps_what_identity_policies_allow() -> None:
    cap = policy("FlowableBoundary", allow("ec2:*"))
    decision = decided(READ, policy("admin", allow()), boundary=cap)
    assert not decision.allowed
    assert decision.reason == f"the boundary FlowableBoundary does not allow s3:GetObject on {BUCKET}/state"


def test_the_boundary_grants_nothing_itself() -> None:
    assert not decided(READ, boundary=policy("FlowableBoundary", allow())).allowed


def test_the_session_policy_caps_like_a_boundary() -> None:
    decision = decided(READ, policy("admin", allow()), session=policy("narrow", allow("ec2:*")))
    assert decision.reason.startswith("the session policy narrow does not allow s3:GetObject")


class TestWithinOneAccount:
    """Either the resource policy names the caller, or an identity policy allows."""

    def test_a_resource_policy_that_names_the_role_is_enough(self) -> None:
        named = policy("bucket policy", allow("s3:*", Principal={"AWS": DEPLOY.arn}))
        assert decided(READ, resource=named, resource_account=DEV).allowed

    def test_a_resource_policy_that_names_the_account_leaves_it_to_identity_policies(self) -> None:
        delegated = policy("bucket policy", allow("s3:*", Principal={"AWS": f"arn:aws:iam::{DEV}:root"}))
        assert not decided(READ, resource=delegated, resource_account=DEV).allowed
        assert decided(READ, policy("admin", allow()), resource=delegated, resource_account=DEV).allowed

    def test_a_role_named_by_a_resource_policy_is_still_capped_by_its_boundary(self) -> None:
        named = policy("bucket policy", allow("s3:*", Principal={"AWS": DEPLOY.arn}))
        assert not decided(READ, resource=named, resource_account=DEV, boundary=policy("cap", allow("ec2:*"))).allowed

    @pytest.mark.parametrize("name", [DEPLOY.session, f"arn:aws:iam::{DEV}:user/bob"])
    def test_a_session_or_user_named_by_a_resource_policy_is_not_capped(self, name: str) -> None:
        caller = DEPLOY if ":assumed-role/" in name else Principal(name, DEV)
        named = policy("bucket policy", allow("s3:*", Principal={"AWS": name}))
        request = ask(caller, "s3:GetObject", f"{BUCKET}/state")
        assert decided(request, resource=named, resource_account=DEV, boundary=policy("cap", allow("ec2:*"))).allowed

    @pytest.mark.parametrize(("action", "target"), [("sts:AssumeRole", "role/x"), ("kms:Decrypt", "key/1")])
    def test_trust_and_key_policies_must_allow_even_at_home(self, action: str, target: str) -> None:
        request = ask(DEPLOY, action, f"arn:aws:iam::{DEV}:{target}")
        closed = policy("trust", {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": action})
        decision = decided(request, policy("admin", allow()), resource=closed)
        assert not decision.allowed
        assert decision.reason.startswith("no statement of trust allows")


class TestAcrossAccounts:
    """Both sides must allow."""

    ROLE = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
    TRUST = {"Sid": "Humans", "Effect": "Allow", "Principal": {"AWS": SECURITY}, "Action": "sts:AssumeRole"}
    REQUEST = ask(ALICE, "sts:AssumeRole", ROLE)

    def test_both_sides_together_allow(self) -> None:
        assert decided(self.REQUEST, policy("group", allow("sts:*")), resource=policy("trust", self.TRUST)).allowed

    def test_the_callers_side_alone_is_not_enough(self) -> None:
        decision = decided(self.REQUEST, policy("group", allow("sts:*")))
        assert not decision.allowed
        assert (
            decision.reason == f"{self.ROLE} belongs to account {DEV} and has no policy that admits account {SECURITY}"
        )

    def test_the_resources_side_alone_is_not_enough_even_when_it_names_the_caller(self) -> None:
        named = {**self.TRUST, "Principal": {"AWS": ALICE.arn}}
        assert not decided(self.REQUEST, resource=policy("trust", named)).allowed

    def test_a_bucket_has_no_account_in_its_arn_so_the_owner_is_told(self) -> None:
        bucket = policy("bucket policy", allow("s3:*", Principal={"AWS": DEPLOY.arn}))
        assert not decided(READ, resource=bucket, resource_account=SECURITY).allowed
        assert decided(READ, policy("deploy", allow("s3:*")), resource=bucket, resource_account=SECURITY).allowed

    def test_the_callers_boundary_counts_abroad_too(self) -> None:
        cap = policy("cap", allow("ec2:*"))
        trust = policy("trust", self.TRUST)
        assert not decided(self.REQUEST, policy("group", allow("sts:*")), resource=trust, boundary=cap).allowed


class TestCallersWithoutIdentityPolicies:
    def test_the_account_root_is_allowed_by_identity(self) -> None:
        assert decided(ask(ROOT, "iam:CreateUser", f"arn:aws:iam::{DEV}:user/x")).allowed

    def test_the_account_root_still_needs_the_other_accounts_policy(self) -> None:
        assert not decided(ask(ROOT, "sts:AssumeRole", f"arn:aws:iam::{SECURITY}:role/x")).allowed

    def test_a_service_needs_only_the_trust_policy(self) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        request = ask(EKS, "sts:AssumeRole", f"arn:aws:iam::{DEV}:role/flowable/workload/cluster")
        assert decided(request, resource=policy("trust", trust)).allowed
        assert not decided(ask(EKS, "s3:PutObject", f"{BUCKET}/x")).allowed

    def test_a_web_identity_is_its_provider(self) -> None:
        provider = f"arn:aws:iam::{SECURITY}:oidc-provider/token.actions.githubusercontent.com"
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/platform:ref"}},
        }
        role = f"arn:aws:iam::{SECURITY}:role/flowable/FlowopsCiRole"
        for subject, expected in (("repo:acme/platform:ref", True), ("repo:evil/fork:ref", False)):
            request = Request(
                Principal(provider, SECURITY),
                "sts:AssumeRoleWithWebIdentity",
                role,
                {"token.actions.githubusercontent.com:sub": (subject,)},
            )
            assert decided(request, resource=policy("trust", trust)).allowed is expected


class TestPrincipals:
    @pytest.mark.parametrize(
        ("element", "expected"),
        [
            ("*", True),
            ({"AWS": "*"}, True),
            ({"AWS": [DEV, SECURITY]}, True),
            ({"AWS": f"arn:aws:iam::{DEV}:root"}, True),
            ({"AWS": DEPLOY.arn}, True),
            ({"AWS": DEPLOY.session}, True),
            ({"AWS": f"arn:aws:iam::{DEV}:role/DevOpsAdminRole"}, False),
            ({"AWS": SECURITY}, False),
            ({"AWS": f"arn:aws:sts::{DEV}:assumed-role/DevOpsAdminRole/other"}, False),
            ({"Service": "s3.amazonaws.com"}, False),
        ],
    )
    def test_a_deny_of_a_resource_policy_hits_whom_it_means(self, element: object, expected: bool) -> None:
        guard = policy("bucket policy", deny("s3:*", Principal=element))
        assert decided(READ, policy("admin", allow()), resource=guard, resource_account=DEV).allowed is not expected

    def test_not_principal_denies_everybody_but_the_listed(self) -> None:
        guard = policy("bucket policy", deny("s3:*", NotPrincipal={"AWS": DEPLOY.arn}))
        other = Principal(f"arn:aws:iam::{DEV}:role/flowable/FlowopsPlanRole", DEV)
        admin = policy("admin", allow())
        assert decided(READ, admin, resource=guard).allowed
        assert not decided(ask(other, "s3:GetObject", f"{BUCKET}/x"), admin, resource=guard).allowed


class TestActionsAndResources:
    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [("s3:GetObject", True), ("S3:getobject", True), ("s3:Get*", True), ("s3:?etObject", True), ("s3:Put*", False)],
    )
    def test_actions_match_with_wildcards_and_without_case(self, pattern: str, expected: bool) -> None:
        assert decided(READ, policy("p", allow(pattern))).allowed is expected

    def test_not_action_allows_everything_else(self) -> None:
        others = policy("p", {"Effect": "Allow", "NotAction": ["iam:*", "s3:Put*"], "Resource": "*"})
        assert decided(READ, others).allowed
        assert not decided(ask(DEPLOY, "iam:CreateUser", "*"), others).allowed

    def test_not_resource_denies_everything_else(self) -> None:
        workload = f"arn:aws:iam::{DEV}:role/flowable/workload/*"
        guard = policy("guard", {"Effect": "Deny", "Action": "iam:*", "NotResource": workload})
        admin = policy("admin", allow())
        assert decided(ask(DEPLOY, "iam:CreateRole", workload.replace("*", "node")), admin, guard).allowed
        assert not decided(ask(DEPLOY, "iam:CreateRole", f"arn:aws:iam::{DEV}:role/x"), admin, guard).allowed

    def test_resources_keep_their_case(self) -> None:
        assert not decided(READ, policy("p", allow("s3:*", BUCKET.upper() + "/*"))).allowed

    def test_a_variable_in_a_resource_is_the_callers_value(self) -> None:
        own = policy("p", allow("s3:*", f"{BUCKET}/${{aws:PrincipalAccount}}/*"))
        assert decided(ask(DEPLOY, "s3:GetObject", f"{BUCKET}/{DEV}/vpc"), own).allowed
        assert not decided(ask(DEPLOY, "s3:GetObject", f"{BUCKET}/{SECURITY}/vpc"), own).allowed

    def test_a_variable_without_value_matches_nothing(self) -> None:
        own = policy("p", allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team}}*"))
        assert not decided(READ, own).allowed

    def test_a_variable_may_have_a_default(self) -> None:
        own = policy("p", allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team, 'state'}}"))
        assert decided(READ, own).allowed

    def test_a_wildcard_inside_a_variables_value_is_only_a_character(self) -> None:
        own = policy("p", allow("s3:*", f"{BUCKET}/${{aws:PrincipalTag/team}}"))
        greedy = Request(DEPLOY, "s3:GetObject", f"{BUCKET}/anything", {"aws:principaltag/team": ("*",)})
        literal = Request(DEPLOY, "s3:GetObject", f"{BUCKET}/*", {"aws:principaltag/team": ("*",)})
        assert not decided(greedy, own).allowed
        assert decided(literal, own).allowed

    def test_an_old_policy_version_has_no_variables(self) -> None:
        old = Policy.from_document("p", {"Statement": allow("s3:*", f"{BUCKET}/${{aws:PrincipalAccount}}/*")})
        assert not decided(ask(DEPLOY, "s3:GetObject", f"{BUCKET}/{DEV}/vpc"), old).allowed


class TestReasons:
    HUMANS = {
        "Sid": "HumansWithMfa",
        "Effect": "Allow",
        "Principal": {"AWS": SECURITY},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }
    MACHINES = {
        "Sid": "Machines",
        "Effect": "Allow",
        "Principal": {"AWS": SECURITY},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "a-long-random-external-id"}},
    }
    ROLE = f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"

    def test_the_nearest_statement_is_named_with_what_is_missing(self) -> None:
        request = ask(ALICE, "sts:AssumeRole", self.ROLE, aws__principalorgid="o-1")
        decision = decided(request, policy("group", allow()), resource=policy("trust policy of dev", self.HUMANS))
        assert decision.statement == "HumansWithMfa"
        assert decision.reason == (
            "statement HumansWithMfa of trust policy of dev does not hold: "
            "aws:MultiFactorAuthPresent is absent from the request, Bool wants true"
        )

    def test_a_wrong_value_is_shown_beside_the_wanted_one(self) -> None:
        request = ask(ALICE, "sts:AssumeRole", self.ROLE, aws__principalorgid="o-9", aws__multifactorauthpresent="true")
        decision = decided(request, policy("group", allow()), resource=policy("trust", self.HUMANS))
        assert decision.reason.endswith("aws:PrincipalOrgID is o-9, StringEquals wants o-1")

    def test_the_wanted_external_id_is_never_told(self) -> None:
        request = ask(ALICE, "sts:AssumeRole", self.ROLE, sts__externalid="guess")
        decision = decided(request, policy("group", allow()), resource=policy("trust", self.HUMANS, self.MACHINES))
        assert decision.statement == "Machines"
        assert "a-long-random-external-id" not in decision.reason
