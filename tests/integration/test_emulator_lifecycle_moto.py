"""The emulated AWS as a process: found, restarted, replaced, and never lost."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from flowops import atomic_file
from flowops.adapters.process import Processes
from flowops.errors import OperationFailed
from flowops.rehearsal.emulator import Emulator, server_argv
from flowops.rehearsal.identity import Identity
from flowops.rehearsal.kubernetes.etcd import free_port
from flowops.rehearsal.snapshot import FORMAT
from tests.integration.child_processes import await_text, await_true, watched
from tests.integration.emulated_aws import DEV, MANAGEMENT, REGION, Cloud, emulator_in, running, settings_in


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Run an emulator for the tests that leave it as it is."""
    with running(tmp_path_factory.mktemp("shared")) as cloud:
        yield cloud


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    emulator = emulator_in(tmp_path)
    yield emulator
    emulator.stop()


def saved_since(snapshot: Path, moment: int) -> bool:
    return snapshot.exists() and snapshot.stat().st_mtime_ns > moment


def test_a_running_emulator_is_found_again_by_everybody(shared: Cloud) -> None:
    other = emulator_in(shared.state_dir)
    assert other.status() == shared.endpoint
    assert other.start(settings_in(shared.state_dir)) == shared.endpoint


def test_two_callers_at_once_get_one_emulator(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = {it.url for it in pool.map(lambda _: emulator_in(tmp_path).start(settings_in(tmp_path)), range(2))}
    emulator_in(tmp_path).stop()
    assert len(found) == 1


def test_its_address_file_says_who_it_is(shared: Cloud) -> None:
    identity = Identity.read(shared.state_dir)
    assert identity is not None
    assert (identity.pid, identity.port) == (shared.endpoint.pid, shared.endpoint.port)
    assert identity.moto_version in FORMAT
    assert len(identity.start_token) >= 16


def test_it_listens_on_the_loopback_interface_only(shared: Cloud) -> None:
    port = f"{shared.endpoint.port:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port}")}
    assert listening == {f"0100007F:{port}"}


def test_state_survives_a_stop_whatever_the_operators_environment_says(tmp_path: Path) -> None:
    hostile = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_CA_BUNDLE": "/nowhere/ca.pem",
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "MOTO_ACCOUNT_ID": "123456789012",
    }
    emulator = Emulator(tmp_path, Processes().spawn_detached, environ=hostile)
    first = Cloud(emulator, emulator.start(settings_in(tmp_path)), tmp_path)
    make_one_of_each(first)
    assert emulator.stop()
    assert emulator.status() is None

    again = Cloud(emulator, emulator.start(settings_in(tmp_path)), tmp_path, first.administrators)
    assert again.endpoint.url == first.endpoint.url
    assert again.endpoint.pid != first.endpoint.pid
    check_one_of_each(again)
    assert emulator.stop()


def make_one_of_each(cloud: Cloud) -> None:
    """Create what is hard to keep: keys, buckets of another account, objects with locks, stacks, tags."""
    s3, ec2 = cloud.client("s3"), cloud.client("ec2")
    s3.create_bucket(Bucket="flowable-state", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="flowable-state", Key="vpc.tfstate", Body=b"x" * 7_000_000)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    eks = cloud.client("eks")
    eks.create_cluster(name="kept", roleArn=f"arn:aws:iam::{DEV}:role/eks", resourcesVpcConfig={"subnetIds": [subnet]})
    eks.create_addon(clusterName="kept", addonName="vpc-cni")
    cloud.client("acm").request_certificate(DomainName="dev.example.com", ValidationMethod="DNS")
    cloud.client("ssm").get_parameter(Name="/aws/service/eks/optimized-ami/1.32/amazon-linux-2/recommended/image_id")
    cloud.client("ssm").put_parameter(Name="/flowable/dev", Value="kept", Type="String")
    cloud.client("kms").create_key(Description="kept")
    cloud.client("secretsmanager").create_secret(Name="/flowable/dev/license", SecretString="kept-license")
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "kept"}}}}
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="kept", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="kept", WaiterConfig={"Delay": 1})


def check_one_of_each(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    assert s3.head_object(Bucket="flowable-state", Key="vpc.tfstate")["ContentLength"] == 7_000_000
    assert cloud.client("s3", MANAGEMENT).list_buckets()["Buckets"] == []
    assert cloud.client("eks").describe_addon(clusterName="kept", addonName="vpc-cni")["addon"]["status"] == "ACTIVE"
    assert cloud.client("acm").list_certificates()["CertificateSummaryList"][0]["DomainName"] == "dev.example.com"
    assert cloud.client("ssm").get_parameter(Name="/flowable/dev")["Parameter"]["Value"] == "kept"
    assert cloud.client("kms").list_keys()["Keys"]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId="/flowable/dev/license")
    assert secret["SecretString"] == "kept-license"
    stacks = cloud.client("cloudformation").describe_stacks(StackName="kept")["Stacks"]
    assert stacks[0]["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.client("sns").list_topics()["Topics"][0]["TopicArn"].endswith(":kept")


def test_a_killed_emulator_loses_seconds_at_most(emulator: Emulator, tmp_path: Path) -> None:
    cloud = Cloud(emulator, emulator.start(settings_in(tmp_path)), tmp_path)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/kept")
    written = (tmp_path / "calls.jsonl").stat().st_mtime_ns
    await_true(lambda: saved_since(tmp_path / "snapshot.pickle.gz", written), "a snapshot by itself")
    with watched(cloud.endpoint.pid) as await_end:
        os.kill(cloud.endpoint.pid, signal.SIGKILL)
        await_end()
    assert emulator.status() is None

    again = Cloud(emulator, emulator.start(settings_in(tmp_path)), tmp_path, cloud.administrators)
    assert [it["logGroupName"] for it in again.client("logs").describe_log_groups()["logGroups"]] == ["/kept"]
    names = {call.action for call in emulator.calls()}
    assert {"logs:CreateLogGroup", "logs:DescribeLogGroups"} <= names


def test_a_snapshot_of_what_changed_can_be_read_by_its_owner_alone(shared: Cloud) -> None:
    snapshot = shared.state_dir / "snapshot.pickle.gz"
    before = snapshot.stat().st_mtime_ns if snapshot.exists() else 0
    shared.client("sns").create_topic(Name="kept")
    await_true(lambda: saved_since(snapshot, before), "the snapshot")
    assert snapshot.stat().st_mode & 0o777 == 0o600


def test_a_leftover_that_does_not_answer_is_replaced(emulator: Emulator, tmp_path: Path) -> None:
    left = emulator.start(settings_in(tmp_path))
    os.kill(left.pid, signal.SIGSTOP)
    with watched(left.pid) as await_end:
        os.kill(left.pid, signal.SIGTERM)  # it hears it once it goes on, which is when it is killed
        impatient = Emulator(tmp_path, Processes().spawn_detached, silence=0.5, grace=0.5)
        fresh = impatient.start(settings_in(tmp_path))
        await_end()
    assert fresh.pid != left.pid
    assert impatient.status() == fresh


def test_a_process_that_is_not_ours_is_never_ended(emulator: Emulator, tmp_path: Path) -> None:
    waiting = [sys.executable, "-c", "import signal; signal.pause()"]
    stranger = Processes().spawn_detached(waiting, dict(os.environ), tmp_path / "stranger")
    Identity(stranger, 1, "2026-01-01T00:00:00+00:00", "0", "token").write(tmp_path)
    with watched(stranger) as await_end:
        wanted = free_port()
        assert emulator.start(settings_in(tmp_path, wanted)).url == f"http://127.0.0.1:{wanted}"
        os.kill(stranger, 0)
        os.kill(stranger, signal.SIGKILL)
        await_end()


def test_new_accounts_of_the_configuration_reach_the_running_emulator(emulator: Emulator, tmp_path: Path) -> None:
    first = Cloud(emulator, emulator.start(settings_in(tmp_path)), tmp_path)
    first.client("ecr").create_repository(repositoryName="kept")
    more = replace(settings_in(tmp_path), accounts=(*settings_in(tmp_path).accounts, ("prod", "333333333333")))
    again = emulator.start(more)
    assert (again.url, again.pid != first.endpoint.pid) == (first.endpoint.url, True)
    assert emulator.start(more) == again
    kept = Cloud(emulator, again, tmp_path, first.administrators).client("ecr").describe_repositories()
    assert [it["repositoryName"] for it in kept["repositories"]] == ["kept"]


def test_a_lock_held_by_a_stranger_is_said(tmp_path: Path) -> None:
    (tmp_path / "server.lock").write_text(str(os.getpid()))
    with (tmp_path / "server.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OperationFailed, match="is held by a process that is no emulated AWS"):
            emulator_in(tmp_path).stop()


def test_a_taken_port_leaves_a_running_emulator_as_it_is(emulator: Emulator, tmp_path: Path) -> None:
    running = emulator.start(settings_in(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OperationFailed, match="is taken"):
            emulator.start(settings_in(tmp_path, taken.getsockname()[1]))
    assert emulator.status() == running


def test_a_taken_port_is_said_before_anything_starts(emulator: Emulator, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OperationFailed, match=f"Port {port} of 127.0.0.1 is taken") as refused:
            emulator.start(settings_in(tmp_path, port))
    assert "--port 0" in refused.value.next_step
    assert not (tmp_path / "server.log").exists()


def test_a_snapshot_of_another_moto_is_one_clear_line_and_stays_as_it_is(emulator: Emulator, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot.pickle.gz"
    content = b"flowops-1 moto-4.0.0\n" + gzip.compress(b"anything")
    atomic_file.write(snapshot, content)
    with pytest.raises(OperationFailed) as refused:
        emulator.start(settings_in(tmp_path))
    assert f"The saved rehearsal {snapshot} was written by 'flowops-1 moto-4.0.0'" in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert snapshot.read_bytes() == content


def test_a_second_server_of_the_same_state_gives_way(shared: Cloud, tmp_path: Path) -> None:
    log = tmp_path / "second.log"
    argv = server_argv(shared.state_dir, 0)
    with suppress(ProcessLookupError), watched(Processes().spawn_detached(argv, dict(os.environ), log)) as await_end:
        await_end()
    assert "Another process serves" in await_text(log)
    assert emulator_in(shared.state_dir).status() == shared.endpoint


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    assert not emulator_in(tmp_path).stop()
