"""Sessions of the emulated STS outlive the emulator's process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from flowops.rehearsal.kubernetes.etcd import free_port
from flowops.rehearsal.server import main
from flowops.rehearsal.settings import Settings
from tests.integration.emulated_identity import ACCOUNTS, DEV, MANAGEMENT, REGION, Cloud, wait_for


@contextmanager
def served(state_dir: Path, port: int) -> Iterator[Cloud]:
    """Run the emulator of a state directory; at the end it is told to stop and leaves its snapshot."""
    argv = ["--state-dir", str(state_dir), "--port", str(port)]
    process = multiprocessing.get_context("spawn").Process(target=main, args=(argv,), daemon=True)
    process.start()
    try:
        wait_for(port)
        yield Cloud(f"http://127.0.0.1:{port}", SimpleNamespace(value=0.0))
    finally:
        process.terminate()
        process.join(30)
    assert process.exitcode == 0


def test_keys_and_sessions_survive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    Settings(port, tmp_path, ACCOUNTS, REGION).save()
    with served(tmp_path, port) as cloud:
        admin = cloud.administrator(MANAGEMENT)
        organizations = cloud.client("organizations", admin)
        organizations.create_organization(FeatureSet="ALL")
        organizations.create_account(AccountName="dev", Email="dev@example.com")
        session = cloud.assume(admin, f"arn:aws:iam::{DEV}:role/OrganizationAccountAccessRole")
    with served(tmp_path, port) as cloud:
        assert cloud.whoami(admin) == f"arn:aws:iam::{MANAGEMENT}:user/admin"
        assert cloud.whoami(session) == f"arn:aws:sts::{DEV}:assumed-role/OrganizationAccountAccessRole/test"
        assert cloud.assume(admin, f"arn:aws:iam::{DEV}:role/OrganizationAccountAccessRole").token
        attached = cloud.client("iam", admin).list_attached_user_policies(UserName="admin")["AttachedPolicies"]
        assert [policy["PolicyName"] for policy in attached] == ["AdministratorAccess"]
