"""One thing wrong at a time: found by the check that is for it, with the command that mends it; nothing else fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.errors import DamagedState, Exit
from flowops.model.doctor import Status
from flowops.model.doctor_facts import CacheSize, Use
from flowops.model.locks import Holding, Life, Sign
from flowops.model.rendering import RenderState
from flowops.model.toolchain import Source
from tests.fakes.doctor import GIB, Healthy, bucket_policy, tool
from tests.unit.operations.doctor.examining import REACH, Plant, examined, set_, shown


def missing(name: str) -> Plant:
    def plant(healthy: Healthy) -> None:
        healthy.machine.statuses = [
            tool(it.name, Source.MISSING) if it.name == name else it for it in healthy.machine.statuses
        ]

    return plant


def held(life: Life) -> Holding:
    return Holding(
        "dev", "lease", "id-1", "ann", "flowops apply dev", None, Sign(life, "seen"), "flowops locks release 1"
    )


def use(check: str, all_: int, own: int) -> Plant:
    return lambda healthy: healthy.offers.used.update({check: Use(all_, own)})


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
