"""Thirty things that go wrong between a newcomer and a green apply, each with the check that finds it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flowops.adapters.aws_files import FileAwsFiles
from flowops.model.lease import Holder, taken, to_json
from tests.e2e.aws import BUCKET, DEV
from tests.e2e.examined_project import ENVIRONMENT, World

USER = "flowable_devops_user"


def open_file(name: str, mode: int) -> Callable[[World], object]:
    return lambda world: (world.aws_files / name).chmod(mode)


def broken_line(name: str) -> Callable[[World], object]:
    def plant(world: World) -> None:
        file = world.aws_files / name
        file.write_text(f"{file.read_text()}no key\n")

    return plant


def byte_order_mark(name: str) -> Callable[[World], object]:
    def plant(world: World) -> None:
        file = world.aws_files / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    return plant


def without_profile(world: World) -> None:
    files = FileAwsFiles(world.aws_files / "config", world.aws_files / "credentials")
    files.write(files.without(["flw-dev"]))


def without_serial(world: World) -> None:
    for path in (world.aws_files / "config", world.aws_files / "credentials"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(it for it in lines if not it.startswith("mfa_serial")))


def forgotten_session(world: World) -> None:
    for file in (world.aws_files / "sessions").glob("*.json"):
        file.unlink()


def edited(path: str, old: str, new: str) -> Callable[[World], object]:
    """Return what changes a file of the checkout."""

    def plant(world: World) -> None:
        file = world.checkout / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    return plant


def edited_scratch(path: str, old: str, new: str) -> Callable[[World], object]:
    """Return what changes a file of the scratch copy that the checkout does not have."""

    def plant(world: World) -> None:
        file = world.scratch / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    return plant


def at_another_path(world: World) -> None:
    world.rehearsed.in_security("iam").update_user(UserName=USER, NewPath="/")


def out_of_the_group(world: World) -> None:
    iam = world.rehearsed.in_security("iam")
    iam.remove_user_from_group(GroupName="dev_dev_ops_admin", UserName=USER)


def longer_sessions(world: World) -> None:
    world.rehearsed.in_dev("iam").update_role(RoleName="FlowopsPlanRole", MaxSessionDuration=43200)


def trust_without_mfa(world: World) -> None:
    iam = world.rehearsed.in_dev("iam")
    trust = iam.get_role(RoleName="DevOpsAdminRole")["Role"]["AssumeRolePolicyDocument"]
    for statement in trust["Statement"]:
        for condition in ("Bool", "NumericLessThan"):
            statement["Condition"].pop(condition, None)
    iam.update_assume_role_policy(RoleName="DevOpsAdminRole", PolicyDocument=json.dumps(trust))


def no_stack(world: World) -> None:
    stacks = world.rehearsed.in_dev("cloudformation")
    stacks.update_termination_protection(StackName="flowops-environment", EnableTerminationProtection=False)
    stacks.delete_stack(StackName="flowops-environment")
    stacks.get_waiter("stack_delete_complete").wait(
        StackName="flowops-environment", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


def on_bucket(operation: str, **more: Any) -> Callable[[World], object]:
    return lambda world: getattr(world.rehearsed.in_security("s3"), operation)(Bucket=BUCKET, **more)


def policy_without(sid: str) -> Callable[[World], object]:
    def plant(world: World) -> None:
        s3 = world.rehearsed.in_security("s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        policy["Statement"] = [it for it in policy["Statement"] if it["Sid"] != sid]
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    return plant


def leaving_secret(world: World) -> None:
    world.rehearsed.in_security("secretsmanager").delete_secret(SecretId="/flowable/dev/license")


def stale_lease(world: World) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    holder = Holder("a-run", "arn:aws:iam::1:user/bob", "bob@laptop", 1, 1, "laptop", "apply", "dev", "1")
    body = to_json(taken("lease-of-bob", holder, long_ago))
    world.rehearsed.in_security("s3").put_object(Bucket=BUCKET, Key=f"{DEV}/dev/flowops.lease", Body=body)


def unsaved_state(world: World) -> None:
    cache = world.scratch / ENVIRONMENT / "foundation/vpc/.terragrunt-cache/a/b"
    cache.mkdir(parents=True)
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "a-lineage", "outputs": {}}
    (cache / "errored.tfstate").write_text(json.dumps(state | {"resources": [], "check_results": None}))


def used_up_vpcs(world: World) -> None:
    ec2 = world.rehearsed.in_dev("ec2")
    for number in range(4 + 1 - len(ec2.describe_vpcs()["Vpcs"])):
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")


def used_up_addresses(world: World) -> None:
    ec2 = world.rehearsed.in_dev("ec2")
    for _ in range(5):
        ec2.allocate_address(Domain="vpc")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and how doctor says so; `also` are checks that cannot be told because of it."""

    plant: Callable[[World], object]
    check: str
    status: str = "fail"
    also: frozenset[str] = frozenset()


ROLES = frozenset({"role-trust", "role-duration"})
FAULTS: dict[str, Fault] = {
    "a config file with a broken line": Fault(broken_line("config"), "profiles"),
    "credentials that begin with a byte order mark": Fault(byte_order_mark("credentials"), "profiles"),
    "credentials that others read": Fault(open_file("credentials", 0o644), "file-permissions"),
    "a config file that others write": Fault(open_file("config", 0o622), "file-permissions"),
    "a folder of sessions that others enter": Fault(open_file("sessions", 0o755), "folder-permissions"),
    "no profile of dev": Fault(without_profile, "profiles", "warn"),
    "no mfa_serial": Fault(without_serial, "mfa-serial"),
    "no kept session": Fault(forgotten_session, "operator-session", "warn"),
    "an operator at another path": Fault(at_another_path, "operator"),
    "an operator outside the group": Fault(out_of_the_group, "operator-roles"),
    "a role with long sessions": Fault(longer_sessions, "role-duration", "warn"),
    "a role that wants no MFA": Fault(trust_without_mfa, "role-trust"),
    "something that is not committed": Fault(
        lambda world: (world.checkout / "notes.txt").write_text("later"), "working-copy", "warn"
    ),
    "no region.hcl": Fault(
        lambda world: (world.checkout / "deployments/aws/non-prod/eu-central-1/region.hcl").unlink(),
        "includes",
        also=frozenset({"working-copy", "availability-zones", "instance-types"}),
    ),
    "no environment in the tree": Fault(
        lambda world: shutil.rmtree(world.checkout / ENVIRONMENT), "tree", also=frozenset({"working-copy"})
    ),
    "no flowops.lock": Fault(lambda world: (world.scratch / "flowops.lock").unlink(), "lock-file"),
    "another ARN in flowops.lock": Fault(
        edited_scratch("flowops.lock", "role/flowable/FlowopsPlanRole", "role/flowable/Other"),
        "lock-file",
        also=frozenset({"operator-roles", "rendered-files"}),
    ),
    "a rendered file that somebody edited": Fault(
        edited_scratch("deployments/aws/non-prod/account.hcl", DEV, "999999999999"), "rendered-files"
    ),
    "a rendered file that is gone": Fault(
        lambda world: (world.scratch / ENVIRONMENT / "app/app.hcl").unlink(), "rendered-files"
    ),
    "a template that was never deployed": Fault(
        edited("bootstrap/environment-account.yaml", "Description: Plans, applies", "Description: Shows, applies"),
        "stack-template",
        "warn",
        also=frozenset({"working-copy"}),
    ),
    "no stack in dev": Fault(no_stack, "stack-status", also=ROLES),
    "versions of states suspended": Fault(
        on_bucket("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}), "bucket-versioning"
    ),
    "no public access block": Fault(on_bucket("delete_public_access_block"), "bucket-public-access"),
    "another encryption of states": Fault(
        on_bucket(
            "put_bucket_encryption",
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        ),
        "bucket-encryption",
    ),
    "a bucket that takes requests without TLS": Fault(policy_without("DenyInsecureTransport"), "bucket-tls"),
    "a bucket in which no lock is released": Fault(policy_without("ReleaseOwnLocks"), "lock-support"),
    "a license about to be deleted": Fault(leaving_secret, "secrets"),
    "a lease whose holder is gone": Fault(stale_lease, "locks"),
    "no VPC left": Fault(used_up_vpcs, "quota-vpcs"),
    "no address left": Fault(used_up_addresses, "quota-addresses"),
    "a state that was not saved": Fault(unsaved_state, "unsaved-states"),
}
