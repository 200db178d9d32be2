"""One thing wrong at a time: found by the check that is for it, with the command that mends it; nothing else fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flowops.errors import CredentialsError, DamagedState, Exit, InvalidConfig, OperationFailed
from flowops.model.doctor import CHECKS, Diagnosis, Line, Status
from flowops.model.doctor_facts import CacheSize, Caller, Flaw, Use
from flowops.model.facts import AccountFacts
from flowops.model.locks import Holding, Life, Sign
from flowops.model.rendering import RenderState
from flowops.model.safeguards import GitState
from flowops.model.toolchain import Source
from flowops.operations.doctor.diagnosis import diagnose, diagnose_machine
from flowops.operations.doctor.probes import Limits, broken_project, no_project
from flowops.operations.doctor.project import shared_accounts
from tests.fakes.aws import ORGANIZATION, SECURITY, config
from tests.fakes.doctor import GIB, SERIAL, FakeMachine, Healthy, bucket_policy, known_facts, tool, trust

Plant = Callable[[Healthy], object]
LIMITS = Limits(2 * GIB, 20_000, 5, frozenset({"FLOWOPS_CONFIRM", "FLOWOPS_FORCE", "FLOWOPS_YES"}))
REACH = "--region eu-central-1 --profile flw-sec"
KEYS = (
    "flowops users add NAME --group dev_dev_ops_admin --group prod_dev_ops_admin --write-profile "
    "--profile flowable-devops-admin"
)


def examined(healthy: Healthy) -> Diagnosis:
    return diagnose(healthy.scope, healthy.ports, LIMITS)


def shown(lines: list[Line]) -> list[tuple[str, Status, str]]:
    return [(it.check, it.status, it.next) for it in lines]


def test_of_a_healthy_project_every_line_is_a_pass_and_every_check_has_one() -> None:
    diagnosis = examined(Healthy())
    assert [it for it in diagnosis.lines if it.status is not Status.PASS] == []
    assert {it.check for it in diagnosis.lines} == CHECKS.keys()
    assert diagnosis.exit_code is Exit.FINE


def set_(place: str, name: str, value: object) -> Plant:
    """Return what makes one part of the healthy world otherwise."""
    return lambda healthy: setattr(getattr(healthy, place), name, value)


def missing(name: str) -> Plant:
    def plant(healthy: Healthy) -> None:
        healthy.machine.statuses = [
            tool(it.name, Source.MISSING) if it.name == name else it for it in healthy.machine.statuses
        ]

    return plant


def without_id(healthy: Healthy) -> None:
    healthy.configuration = config(prod=None)


def held(life: Life) -> Holding:
    return Holding(
        "dev", "lease", "id-1", "ann", "flowops apply dev", None, Sign(life, "seen"), "flowops locks release 1"
    )


def use(check: str, all_: int, own: int) -> Plant:
    return lambda healthy: healthy.offers.used.update({check: Use(all_, own)})


LOSS = InvalidConfig("deployments/x.hcl:3: is not HCL.\ndeployments/y.hcl:1: neither.", next_step="mend them")
FAULTS: dict[str, tuple[Plant, str, Status, str]] = {
    "an old python": (
        set_("machine", "python_version", (3, 9, 1)),
        "python",
        Status.FAIL,
        "python3.11 -m pip install flowops",
    ),
    "no terraform": (missing("terraform"), "terraform", Status.FAIL, "flowops toolchain install terraform"),
    "no terragrunt": (missing("terragrunt"), "terragrunt", Status.FAIL, "flowops toolchain install terragrunt"),
    "no aws provider": (
        missing("hashicorp/aws"),
        "aws-provider",
        Status.FAIL,
        "flowops toolchain install hashicorp/aws",
    ),
    "no aws command line": (missing("aws"), "aws-command-line", Status.FAIL, "flowops toolchain install aws"),
    "a mirror that is none": (
        set_("machine", "named_mirror", ("/gone", False)),
        "provider-mirror",
        Status.FAIL,
        "unset FLOWOPS_PROVIDER_MIRROR",
    ),
    "an API server that only its VPC reaches": (
        set_("project", "closed", True),
        "api-server",
        Status.WARN,
        "add the range you come from to public_access_cidrs in deployments/env.hcl:8, or run flowops inside the VPC",
    ),
    "a variable left over": (
        set_("machine", "ignored", {"TF_CLI_ARGS", "AWS_PROFILE", "AWS_PAGER"}),
        "shell-variables",
        Status.WARN,
        "unset AWS_PROFILE TF_CLI_ARGS",
    ),
    "consent left over": (
        set_("machine", "names", {"PATH", "FLOWOPS_YES", "FLOWOPS_FORCE", "FLOWOPS_OUTPUT"}),
        "standing-consent",
        Status.WARN,
        "unset FLOWOPS_FORCE FLOWOPS_YES",
    ),
    "no room": (set_("machine", "free", GIB), "disk-room", Status.FAIL, "flowops gc"),
    "no inodes": (set_("machine", "files", 12), "disk-room", Status.FAIL, "flowops gc"),
    "an open folder": (
        set_("machine", "modes", {"/a b/.flowops": 0o755}),
        "folder-permissions",
        Status.FAIL,
        "chmod 700 '/a b/.flowops'",
    ),
    "large caches": (
        set_("machine", "cached", CacheSize(6 * GIB, at_least=True)),
        "cache-size",
        Status.WARN,
        "flowops gc --older-than 1d",
    ),
    "open credentials": (
        set_("machine", "aws_modes", {"/h/.aws/config": 0o600, "/h/.aws/credentials": 0o644}),
        "file-permissions",
        Status.FAIL,
        "chmod 600 /h/.aws/credentials",
    ),
    "a config that others write": (
        set_("machine", "aws_modes", {"/h/.aws/config": 0o664, "/h/.aws/credentials": 0o600}),
        "file-permissions",
        Status.FAIL,
        "chmod go-w /h/.aws/config",
    ),
    "a folder in place of a file of AWS's": (
        set_("machine", "no_files", {"/home/ann/.aws/config"}),
        "file-permissions",
        Status.FAIL,
        "mv /home/ann/.aws/config /home/ann/.aws/config.aside",
    ),
    "a missing include": (
        set_("project", "missing", ["deployments/a includes b"]),
        "includes",
        Status.FAIL,
        "git -C /project restore deployments",
    ),
    "a stale file": (
        set_("project", "states", {"account.hcl": RenderState.STALE}),
        "rendered-files",
        Status.FAIL,
        "flowops render",
    ),
    "an unsaved state": (
        set_("project", "lost", {"dev/app/web": Path("/p/errored.tfstate")}),
        "unsaved-states",
        Status.FAIL,
        "flowops recover dev",
    ),
    "a run that nobody closed": (
        set_("project", "runs", [("20260101-apply-dev", False)]),
        "open-runs",
        Status.WARN,
        "flowops runs resume 20260101-apply-dev",
    ),
    "a run at work": (
        set_("project", "runs", [("20260101-apply-dev", True)]),
        "open-runs",
        Status.WARN,
        "flowops runs tail 20260101-apply-dev",
    ),
    "no lock file in root.hcl": (
        set_("project", "by_file", False),
        "lock-support",
        Status.FAIL,
        "git -C /project restore deployments/root.hcl",
    ),
    "another template": (
        set_("accounts", "template", "Resources:\n  Other:\n    Type: AWS::IAM::Role\n"),
        "stack-template",
        Status.WARN,
        "flowops bootstrap security",
    ),
    "a stack rolled back": (
        set_("accounts", "statuses", {"flowops-environment": "UPDATE_ROLLBACK_FAILED"}),
        "stack-status",
        Status.FAIL,
        "flowops bootstrap dev",
    ),
    "no stack": (
        set_("accounts", "statuses", {"flowops-access-dev": ""}),
        "stack-status",
        Status.FAIL,
        "flowops bootstrap security",
    ),
    "facts of yesterday": (
        set_("accounts", "outputs", {"dev": {"DevOpsAdminRoleArn": "another"}}),
        "lock-file",
        Status.FAIL,
        "flowops discover",
    ),
    "versions suspended": (
        set_("accounts", "versioning", "Suspended"),
        "bucket-versioning",
        Status.FAIL,
        f"aws s3api put-bucket-versioning --bucket states --versioning-configuration Status=Enabled {REACH}",
    ),
    "public access": (
        set_("accounts", "open_blocks", {"BlockPublicAcls"}),
        "bucket-public-access",
        Status.FAIL,
        "aws s3api put-public-access-block --bucket states --public-access-block-configuration BlockPublicAcls=true,"
        f"BlockPublicPolicy=true,IgnorePublicAcls=true,RestrictPublicBuckets=true {REACH}",
    ),
    "no TLS": (
        set_("accounts", "policy", bucket_policy("DenyInsecureTransport")),
        "bucket-tls",
        Status.FAIL,
        "flowops drift",
    ),
    "an old TLS": (set_("accounts", "policy", bucket_policy("DenyOldTls")), "bucket-tls", Status.FAIL, "flowops drift"),
    "a lock that cannot be released": (
        set_("accounts", "policy", bucket_policy("ReleaseOwnLocks")),
        "lock-support",
        Status.FAIL,
        "flowops drift",
    ),
    "a damaged state": (
        set_("accounts", "damaged", {"dev/app/web": DamagedState("the state is empty")}),
        "states",
        Status.FAIL,
        "flowops recover dev app web --list",
    ),
    "a lock whose holder is gone": (
        set_("accounts", "held", [held(Life.GONE)]),
        "locks",
        Status.FAIL,
        "flowops locks release 1",
    ),
    "a lock whose holder works": (
        set_("accounts", "held", [held(Life.LIVES)]),
        "locks",
        Status.WARN,
        "flowops locks list dev",
    ),
    "a missing secret": (
        set_("accounts", "unset", {"license dev"}),
        "secrets",
        Status.FAIL,
        "flowops secrets set license dev",
    ),
    "a long session": (
        set_("accounts", "longest", 43200),
        "role-duration",
        Status.WARN,
        "aws iam update-role --role-name FlowopsPlanRole --max-session-duration 3600 --profile flw-dev",
    ),
    "a missing zone": (
        set_("offers", "available", ["eu-central-1a"]),
        "availability-zones",
        Status.FAIL,
        "aws ec2 describe-availability-zones --region eu-central-1 --profile flw-dev",
    ),
    "a node that is not offered": (
        set_("offers", "offered", {}),
        "instance-types",
        Status.FAIL,
        "aws ec2 describe-instance-type-offerings --location-type availability-zone "
        "--filters Name=instance-type,Values=m6i.large --region eu-central-1 --profile flw-dev",
    ),
    "a node that one zone lacks": (
        set_("offers", "offered", {"m6i.large": ["eu-central-1b"]}),
        "instance-types",
        Status.WARN,
        "aws ec2 describe-instance-type-offerings --location-type availability-zone "
        "--filters Name=instance-type,Values=m6i.large --region eu-central-1 --profile flw-dev",
    ),
    "a database that is not offered": (
        set_("offers", "versions", {"15.12"}),
        "database-engines",
        Status.FAIL,
        "aws rds describe-orderable-db-instance-options --engine postgres --region eu-central-1 --profile flw-dev",
    ),
    "an old Kubernetes": (
        set_("offers", "supported", {"1.36": "STANDARD_SUPPORT"}),
        "kubernetes-version",
        Status.FAIL,
        "aws eks describe-cluster-versions --region eu-central-1 --profile flw-dev",
    ),
    "an ageing Kubernetes": (
        set_("offers", "supported", {"1.34": "EXTENDED_SUPPORT"}),
        "kubernetes-version",
        Status.WARN,
        "aws eks describe-cluster-versions --region eu-central-1 --profile flw-dev",
    ),
    "no address left": (
        use("quota-addresses", 4, 0),
        "quota-addresses",
        Status.FAIL,
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 "
        "--desired-value 6 --region eu-central-1 --profile flw-dev",
    ),
    "no VPC left": (
        use("quota-vpcs", 5, 0),
        "quota-vpcs",
        Status.FAIL,
        "aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE "
        "--desired-value 6 --region eu-central-1 --profile flw-dev",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_check_with_the_command_that_mends_it(name: str) -> None:
    plant, check, status, command = FAULTS[name]
    healthy = Healthy()
    plant(healthy)
    diagnosis = examined(healthy)
    found = [it for it in diagnosis.lines if it.status is not Status.PASS]
    assert (check, status, command) in shown(found)
    assert {it.check for it in found} == {check}
    assert diagnosis.exit_code is (Exit.FAILED if status is Status.FAIL else Exit.FINE)


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
    healthy.project.git_state = GitState(("env.hcl",), "origin/main", behind=2)
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
