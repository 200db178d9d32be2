"""Thirty things that go wrong between a newcomer and a green apply, one after another in one standing rehearsal.

Each is planted; doctor finds it, and nothing else; the command that it prints is typed as it stands; doctor is green.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.aws_files import FileAwsFiles
from flowops.cli import execute
from flowops.model.lease import Holder, taken, to_json
from tests.e2e.aws import BUCKET, DEV, Rehearsed
from tests.e2e.command import USUAL_UMASK, Ended, Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk

USER = "flowable_devops_user"
ENVIRONMENT = "deployments/aws/non-prod/eu-central-1/dev"
KEPT = ("foundation/vpc", "foundation/eks", "app/rds-postgres")
GIT = ("git", "-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
ANSWERS = {
    # What commands ask is answered beforehand, as a person would; git's editor gets a message.
    "GIT_EDITOR": "sh -c 'echo planted > \"$1\"' -",
    "GIT_AUTHOR_NAME": "ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


@dataclass
class World:
    """A small project of one environment in a standing rehearsal, and the shell that its operator types in."""

    flowops: Flowops
    rehearsed: Rehearsed

    @property
    def checkout(self) -> Path:
        return self.flowops.project

    @property
    def scratch(self) -> Path:
        return self.rehearsed.root / "project"

    @property
    def aws_files(self) -> Path:
        return self.rehearsed.root / "aws"

    def lines(self, **variables: str) -> list[dict[str, str]]:
        """Return the lines that are not fine, as a child says them."""
        ended = self.flowops(*self.words, env=variables)
        return not_fine(ended.code, ended.out)

    def looked(self) -> list[dict[str, str]]:
        """Return the same without another process, which takes half as long."""
        out = io.StringIO()
        with redirect_stdout(out):
            code = execute(["--project-dir", str(self.checkout), *self.words])
        return not_fine(code, out.getvalue())

    words = ("--rehearsal", "doctor", "dev", "-o", "json")

    def editor(self) -> str:
        """Return an editor that, called as `EDITOR +LINE FILE`, takes that line away."""
        program = self.flowops.state / "editor"
        program.write_text('#!/bin/sh\nexec sed -i "${1#+}d" "$2"\n')
        program.chmod(0o755)
        return str(program)

    def typed(self, *commands: str, **variables: str) -> Ended:
        """Type commands into one shell; it stops at the first that fails."""
        done = subprocess.run(
            ["bash", "-euc", "\n".join(commands)],
            cwd=self.checkout,
            env=self.flowops.env(FLOWOPS_PROJECT_DIR=str(self.checkout), EDITOR=self.editor(), **ANSWERS, **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            umask=USUAL_UMASK,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


def not_fine(code: int, out: str) -> list[dict[str, str]]:
    found = [it for it in json.loads(out)["data"] if it["status"] != "pass"]
    assert code == int(any(it["status"] == "fail" for it in found))
    return found


def small_project(folder: Path) -> Path:
    """Return a project in git with one environment of three units."""
    project = copy_project(folder)
    config = (project / "flowops.yaml").read_text()
    lines = [it for it in config.splitlines() if not it.startswith("  prod:")]
    guard = "guard: {safeguards: {git_clean: always, git_up_to_date: never}}"
    (project / "flowops.yaml").write_text("\n".join([*lines, guard, ""]))
    shutil.rmtree(project / "deployments/aws/prod")
    for unit in (project / ENVIRONMENT).glob("*/*/"):
        if f"{unit.parent.name}/{unit.name}" not in KEPT:
            shutil.rmtree(unit)
    (project / ".gitignore").write_text(".flowops/\n.terragrunt-cache/\n")
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "begun")):
        subprocess.run([*GIT, *words], cwd=project, check=True, timeout=60)
    return project


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doctor")
    flowops = Flowops(small_project(folder / "project"), folder / "state")
    try:
        started = flowops("rehearse", "up")
        assert started.code == 0, started.err
        for words in (("bootstrap", "--yes"), ("profiles", "write", "--yes"), ("auth", "whoami", "dev")):
            done = flowops("--rehearsal", *words)
            assert done.code == 0, done.err
        yield World(flowops, Rehearsed.of(flowops))
    finally:
        flowops("rehearse", "down", "--forget")


@pytest.fixture(autouse=True)
def _state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(world.flowops.state))


# -- faults ------------------------------------------------------------------------------------------------------------


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


def test_of_a_project_that_was_just_bootstrapped_everything_is_fine(world: World) -> None:
    assert world.lines() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_what_doctor_prints_mends_it(name: str, world: World) -> None:
    fault = FAULTS[name]
    fault.plant(world)
    found = world.looked()
    ours = [it for it in found if it["id"] == fault.check]
    assert {it["status"] for it in ours} == {fault.status}, found
    others = {it["id"] for it in found if it["status"] != "not looked at"} - {fault.check}
    assert others <= fault.also, found
    for command in dict.fromkeys(it["next"] for it in ours):
        mended = world.typed(command, FLOWOPS_YES="1")
        assert mended.code == 0, f"{command}\n{mended.err}{mended.out}"
    left = world.looked()
    if "working-copy" in fault.also:
        # What mended it may be a change that wants to be committed.
        for command in dict.fromkeys(it["next"] for it in left if it["id"] == "working-copy"):
            committed = world.typed(command)
            assert committed.code == 0, f"{command}\n{committed.err}{committed.out}"
        left = world.looked()
    assert left == []


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("TF_CLI_ARGS", "-lock=false", "shell-variables"),
        ("AWS_PROFILE", "somebody", "shell-variables"),
        ("FLOWOPS_YES", "1", "standing-consent"),
        ("FLOWOPS_ALLOW_OWN_USER", "1", "standing-consent"),
        ("FLOWOPS_PROVIDER_MIRROR", "/nowhere", "provider-mirror"),
    ],
)
def test_a_variable_that_was_left_over_is_found_and_unset(variable: str, value: str, check: str, world: World) -> None:
    found = world.lines(**{variable: value})
    assert {it["id"] for it in found} == {check}
    again = f"{shlex.quote(sys.executable)} -m flowops --rehearsal doctor dev -o json"
    done = world.typed(f"export {variable}={value}", found[0]["next"], again)
    assert done.code == 0, done.err
    assert {it["status"] for it in done.envelope["data"]} == {"pass"}


def test_caches_that_are_too_large_are_found_and_cleaned(world: World) -> None:
    cache = world.scratch / ENVIRONMENT / "foundation/vpc/.terragrunt-cache/old"
    cache.mkdir(parents=True)
    (cache / "module").write_bytes(b"x" * 300_000)
    for path in (cache / "module", cache, cache.parent):
        os.utime(path, (0, 0))
    (found,) = world.lines(FLOWOPS_CACHE_LIMIT="0.0001")
    assert (found["id"], found["status"]) == ("cache-size", "warn")
    mended = world.typed(found["next"], FLOWOPS_YES="1")
    assert mended.code == 0, mended.err
    assert world.lines(FLOWOPS_CACHE_LIMIT="0.0001") == []


def test_the_page_runs(world: World) -> None:
    ended = Walk(world.flowops).read_page("doctor.md")
    assert ended.code == 0, ended.err
    assert ended.out.count("aws-answers: AWS answers") == 1


def test_an_unknown_environment_is_answered_with_the_nearest(world: World) -> None:
    ended = world.flowops("--rehearsal", "doctor", "deb")
    assert ended.code == 64
    assert "did you mean 'dev'?" in ended.err


def test_a_broken_configuration_is_told_line_by_line_and_the_machine_is_looked_at(world: World) -> None:
    file = world.checkout / "flowops.yaml"
    before = file.read_text()
    file.write_text(before.replace("layers:", "layer:"))
    try:
        found = world.lines()
    finally:
        file.write_text(before)
    assert {it["id"] for it in found} == {"configuration"}
    assert any(it["text"].startswith(f"{file}:") and "unknown key 'layer'" in it["text"] for it in found)
    assert world.lines() == []


def test_without_a_project_and_without_a_rehearsal_doctor_says_how_to_get_one(world: World, tmp_path: Path) -> None:
    nowhere = Flowops(tmp_path, tmp_path / "state")
    ended = nowhere("doctor", "-o", "json")
    assert ended.code == 1
    (failed,) = [it for it in ended.envelope["data"] if it["status"] == "fail"]
    assert (failed["id"], failed["next"]) == ("configuration", f"flowops init {tmp_path}")
    elsewhere = Flowops(world.checkout, tmp_path / "state")
    ended = elsewhere("--rehearsal", "doctor", "dev", "-o", "json")
    failed = next(it for it in ended.envelope["data"] if it["status"] == "fail")
    assert (failed["id"], failed["next"]) == ("aws-answers", "flowops rehearse up")
