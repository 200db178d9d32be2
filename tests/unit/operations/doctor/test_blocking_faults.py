"""What others build on is wrong: it alone fails, and what needs it is not looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowops.errors import CredentialsError, Exit, OperationFailed
from flowops.model.doctor import Status
from flowops.model.doctor_facts import Caller, Flaw
from tests.fakes.aws import ORGANIZATION, SECURITY, config
from tests.fakes.doctor import SERIAL, Healthy, trust
from tests.unit.operations.doctor.examining import LOSS, Plant, examined, set_, shown

KEYS = (
    "flowops users add NAME --group dev_dev_ops_admin --group prod_dev_ops_admin --write-profile "
    "--profile flowable-devops-admin"
)


def without_id(healthy: Healthy) -> None:
    healthy.configuration = config(prod=None)


BLOCKING: dict[str, tuple[Plant, str, str]] = {
    "AWS does not answer": (
        lambda it: it.identities.refused.update(aws=OperationFailed("no answer", next_step="the network")),
        "aws-answers",
        "the network",
    ),
    "the clock is wrong": (
        set_("identities", "difference", timedelta(minutes=-7)),
        "clock",
        "sudo timedatectl set-ntp true",
    ),
    "the wrong account": (
        lambda it: it.identities.refused.update(
            {"enter dev": CredentialsError("444 instead of 222", next_step="mend")}
        ),
        "account-access",
        "mend",
    ),
    "an operator of another account": (
        set_("identities", "who", Caller("444444444444", "arn:aws:iam::444444444444:user/flowable/ann")),
        "operator",
        KEYS,
    ),
    "an operator at another path": (
        set_("identities", "who", Caller(SECURITY, f"arn:aws:iam::{SECURITY}:user/ann")),
        "operator",
        "flowops users adopt ann",
    ),
    "an operator without MFA": (set_("identities", "enrolled", []), "operator-mfa", "flowops users adopt ann"),
    "a profile without mfa_serial": (
        set_("identities", "serial", ""),
        "mfa-serial",
        f"aws configure set mfa_serial {SERIAL} --profile flowable-devops-admin",
    ),
    "a profile with another's mfa_serial": (
        set_("identities", "serial", "arn:aws:iam::111111111111:mfa/bob"),
        "mfa-serial",
        f"aws configure set mfa_serial {SERIAL} --profile flowable-devops-admin",
    ),
    "a config file with a broken line": (
        set_("identities", "broken", [Flaw("/home/ann/.aws/config:2: is no key", "vi +2 /home/ann/.aws/config")]),
        "profiles",
        "vi +2 /home/ann/.aws/config",
    ),
    "no profile of the operator": (
        lambda it: it.identities.known.discard("flowable-devops-admin"),
        "profiles",
        KEYS,
    ),
    "no facts": (set_("project", "facts_found", None), "lock-file", "flowops bootstrap"),
    "no id": (without_id, "account-ids", "flowops accounts create"),
    "no MFA in the trust": (
        set_("accounts", "trust_policy", trust(StringEquals={"aws:PrincipalOrgID": ORGANIZATION.id})),
        "role-trust",
        "flowops drift dev",
    ),
    "a trust that admits nobody": (
        set_("accounts", "trust_policy", trust(StringEquals={"aws:PrincipalOrgID": "o-another0000"})),
        "role-trust",
        "flowops drift dev",
    ),
    "no bucket": (set_("accounts", "gone", True), "state-bucket", "flowops bootstrap security"),
    "a region that was never switched on": (
        set_("offers", "status", "not-opted-in"),
        "region",
        "aws account enable-region --region-name eu-central-1 --region eu-central-1 --profile flw-dev",
    ),
    "a tree that cannot be read": (set_("project", "broken", LOSS), "tree", "mend them"),
    "a group that is missing": (
        lambda it: it.identities.refused.update(
            {"assume DevOpsAdminRole of dev": CredentialsError("AccessDenied", next_step="")}
        ),
        "operator-roles",
        "flowops users adopt ann --group dev_dev_ops_admin",
    ),
}


@pytest.mark.parametrize("name", BLOCKING)
def test_what_builds_on_a_fault_is_not_looked_at_and_is_no_failure_of_its_own(name: str) -> None:
    plant, check, command = BLOCKING[name]
    healthy = Healthy()
    plant(healthy)
    diagnosis = examined(healthy)
    failed = [it for it in diagnosis.lines if it.status is Status.FAIL]
    assert (check, Status.FAIL, command) in shown(failed)
    assert {it.check for it in failed} == {check}
    rest = {it.status for it in diagnosis.lines if it.check != check}
    assert rest == {Status.PASS, Status.SKIP}
    assert all(f"because {check}" in it.text for it in diagnosis.lines if it.status is Status.SKIP)


def test_where_aws_does_not_answer_that_is_the_one_failure_and_the_files_are_still_judged() -> None:
    healthy = Healthy()
    healthy.identities.refused["aws"] = OperationFailed("sts does not answer")
    healthy.machine.modes = {"/p/.flowops": 0o777}
    diagnosis = examined(healthy)
    assert [it.check for it in diagnosis.lines if it.status is Status.FAIL] == ["folder-permissions", "aws-answers"]
    assert set(healthy.identities.asked) == {"caller", "aws"}


def test_without_a_session_what_needs_one_is_not_looked_at_and_nobody_is_asked_for_a_code() -> None:
    healthy = Healthy()
    healthy.identities.hours = None
    diagnosis = examined(healthy)
    (line,) = [it for it in diagnosis.lines if it.check == "operator-session"]
    assert (line.status, line.next) == (Status.WARN, "flowops auth whoami dev")
    assert diagnosis.exit_code is Exit.FINE
    skipped = {it.check for it in diagnosis.lines if it.status is Status.SKIP}
    assert skipped == {"operator-roles", "states", "locks"}


def test_of_a_bucket_that_is_gone_each_setting_is_not_looked_at() -> None:
    healthy = Healthy()
    healthy.accounts.gone = True
    skipped = {it.check for it in examined(healthy).lines if it.status is Status.SKIP}
    assert {"bucket-versioning", "bucket-encryption", "bucket-public-access", "bucket-tls", "lock-support"} <= skipped
