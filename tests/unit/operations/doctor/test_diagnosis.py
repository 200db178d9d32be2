"""What doctor says of a project as a whole: what it looks at, for whom, and which commands it prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from flowops.errors import CredentialsError, Exit
from flowops.model.doctor import CHECKS, Status
from flowops.model.doctor_facts import Use
from flowops.model.facts import AccountFacts
from flowops.model.rendering import RenderedFile, RenderResult, RenderState
from flowops.model.safeguards import GitState
from flowops.operations.doctor.diagnosis import diagnose_machine
from flowops.operations.doctor.probes import broken_project, no_project
from flowops.operations.doctor.project import rendered, shared_accounts
from tests.fakes.aws import config
from tests.fakes.doctor import FakeMachine, Healthy, bucket_policy, known_facts, trust
from tests.unit.operations.doctor.examining import LIMITS, LOSS, REACH, examined


def test_of_a_healthy_project_every_line_is_a_pass_and_every_check_has_one() -> None:
    diagnosis = examined(Healthy())
    assert [it for it in diagnosis.lines if it.status is not Status.PASS] == []
    assert {it.check for it in diagnosis.lines} == CHECKS.keys()
    assert diagnosis.exit_code is Exit.FINE


def test_who_has_no_management_profile_looks_as_the_operator() -> None:
    healthy = Healthy()
    healthy.identities.managed = False
    healthy.identities.known.discard("flw-iac")
    diagnosis = examined(healthy)
    assert {it.check for it in diagnosis.lines if it.status is not Status.PASS} == {"profiles"}
    assert diagnosis.exit_code is Exit.FINE
    assert "management-account" not in {it.check for it in diagnosis.lines}


def test_a_quota_that_may_not_be_read_is_said_to_be_unknown() -> None:
    healthy = Healthy()
    healthy.offers.refusal = CredentialsError("AWS answered AccessDenied", next_step="the same command again")
    diagnosis = examined(healthy)
    untold = [it for it in diagnosis.lines if it.status is Status.WARN]
    assert {it.text for it in untold} == {"cannot be told: AWS answered AccessDenied"}
    assert {it.check for it in untold} == {"quota-clusters", "quota-addresses", "quota-vpcs"}


def test_what_stands_already_needs_no_more_of_a_quota() -> None:
    healthy = Healthy()
    healthy.offers.used = {"quota-vpcs": Use(5, 1), "quota-addresses": Use(5, 2), "quota-clusters": Use(5, 1)}
    assert examined(healthy).exit_code is Exit.FINE


def test_the_command_that_mends_a_trust_or_a_policy_writes_what_its_stack_wanted() -> None:
    healthy = Healthy()
    healthy.accounts.trust_policy = trust(StringEquals={"aws:PrincipalOrgID": "o-another0000"})
    healthy.accounts.policy = bucket_policy("DenyOldTls")
    healthy.accounts.expected = {"Version": "it's"}
    failed = [it for it in examined(healthy).lines if it.status is Status.FAIL]
    document = """'{"Version":"it'"'"'s"}'"""
    assert [it.next for it in failed if it.check == "role-trust"] == [
        f"aws iam update-assume-role-policy --role-name {role} --policy-document {document} --profile {profile}"
        for profile in ("flw-dev", "flw-prod")
        for role in ("FlowopsPlanRole", "DevOpsAdminRole")
    ]
    assert {it.next for it in failed if it.check == "bucket-tls"} == {
        f"aws s3api put-bucket-policy --bucket states --policy {document} {REACH}"
    }


def test_accounts_of_another_flowops_yaml_and_ones_never_seen_are_told_apart() -> None:
    healthy, facts = Healthy(environments=("dev",)), known_facts()
    healthy.project.facts_found = replace(facts, accounts={**facts.accounts, "dev": AccountFacts("999999999999")})
    found = [it for it in examined(healthy).lines if it.check == "lock-file"]
    assert [it.next for it in found] == ["flowops discover", "flowops bootstrap dev"]


def test_with_an_environment_only_its_own_are_looked_at() -> None:
    diagnosis = examined(Healthy(environments=("dev",)))
    assert not [it for it in diagnosis.lines if "prod" in it.text and it.check not in ("configuration", "profiles")]


def test_a_protected_environment_minds_what_is_not_committed() -> None:
    healthy = Healthy()
    healthy.project.git_state = GitState(("env.hcl",), "origin/main", behind=2, place="/project")
    found = [it for it in examined(healthy).lines if it.check == "working-copy" and it.status is Status.WARN]
    assert [it.next for it in found] == [
        "git -C /project add --all . && git -C /project commit",
        "git -C /project pull --ff-only",
    ]
    assert all(it.text.startswith("prod") for it in found)


def test_a_rehearsal_needs_no_ids() -> None:
    healthy = Healthy(configuration=config(prod=None), rehearsal=True)
    assert {it.status for it in examined(healthy).lines if it.check == "account-ids"} == {Status.PASS}


def test_a_folder_without_a_project_and_a_broken_one_are_told_and_the_machine_is_judged() -> None:
    machine = FakeMachine(python_version=(3, 9, 0))
    for known, command in (
        (no_project("/home/ann"), "flowops init /home/ann"),
        (broken_project(LOSS), "mend them"),
    ):
        diagnosis = diagnose_machine(machine, known, LIMITS)
        failed = {it.check: it.next for it in diagnosis.lines if it.status is Status.FAIL}
        assert failed == {"python": "python3.11 -m pip install flowops", "configuration": command}
    lines = [it.text for it in diagnosis.lines if it.check == "configuration"]
    assert lines == ["deployments/x.hcl:3: is not HCL.", "deployments/y.hcl:1: neither."]


def test_environments_that_share_an_account_are_told_to_edit_flowops_yaml_first() -> None:
    known = config()
    shared = known.environments["prod"].model_copy(update={"account": "dev"})
    sharing = known.model_copy(update={"environments": {**known.environments, "prod": shared}})
    (line,) = shared_accounts(sharing)
    assert (line.check, line.status) == ("shared-accounts", Status.WARN)
    assert line.next == (
        "an account of its own in flowops.yaml, below accounts and in environments, then flowops accounts create"
    )


def test_a_file_that_cannot_be_rendered_is_told_with_its_command_once() -> None:
    account = PurePosixPath("aws/non-prod/account.hcl")
    skipped = RenderedFile(account, RenderState.SKIPPED, "account dev has no facts yet", "flowops bootstrap dev")
    (line,) = rendered(RenderResult((skipped,)))
    assert line.text == "deployments/aws/non-prod/account.hcl cannot be rendered yet: account dev has no facts yet"
    assert (line.status, line.next) == (Status.WARN, "flowops bootstrap dev")
