"""People of the security account who come to a cluster: user, group, MFA, role, token of the aws command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from flowops.model import totp
from tests.e2e.aws import DEV, PROD, REGION, Rehearsed
from tests.e2e.command import Flowops

ACCOUNTS = {"dev": DEV, "prod": PROD}
ROLES = {
    "DevOpsAdminRole": "dev_ops_admin",
    "FlowableAdminRole": "flowable_admin",
    "FlowableUserRole": "flowable_user",
    "FlowopsPlanRole": "dev_ops_admin",
}
"""Each role that people may have in an environment's account, with the group that admits them to it."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl for one cluster, with the credentials that its token is made of."""

    program: Path
    config: Path
    environment: Mapping[str, str]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [str(self.program), "--kubeconfig", str(self.config), *words]
        return subprocess.run(
            argv,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def may(self, verb: str, what: str, namespace: str = "flowable") -> bool:
        """Ask the API server itself, as the person."""
        said = self("auth", "can-i", verb, what, f"--namespace={namespace}").stdout.strip()
        assert said in ("yes", "no"), said
        return said == "yes"


class People:
    """Members of groups, made when somebody first asks for one; their files are kept in `folder`."""

    def __init__(self, flowops: Flowops, folder: Path) -> None:
        self._flowops, self._folder = flowops, folder
        self._members: dict[str, dict[str, Any]] = {}

    def kubectl(self, rehearsed: Rehearsed, group: str, role: str) -> Kubectl:
        """Return kubectl at the cluster of a group's environment, as a member of the group in a role there."""
        environment = group.partition("_")[0]
        if group not in self._members:
            self._members[group] = member(rehearsed, group)
        credentials = in_role(rehearsed, self._members[group], ACCOUNTS[environment], role)
        config = self._folder / f"kubeconfig-{environment}-{role}"
        return kubectl(self._flowops, rehearsed, credentials, config, f"flowable-{environment}")


def member(rehearsed: Rehearsed, group: str) -> dict[str, Any]:
    """Return the credentials, made with MFA, of a new user who is in a group."""
    iam, name = rehearsed.in_security("iam"), f"member-of-{group.replace('_', '-')}"
    iam.create_user(UserName=name, Path="/flowable/")
    iam.add_user_to_group(UserName=name, GroupName=group)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    device = iam.create_virtual_mfa_device(Path="/flowable/", VirtualMFADeviceName=name)["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    first, second = totp.two_codes_at(seed, time.time() - totp.STEP_SECONDS)
    iam.enable_mfa_device(
        UserName=name, SerialNumber=device["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second
    )
    sts = client(rehearsed, "sts", key["AccessKeyId"], key["SecretAccessKey"])
    given = sts.get_session_token(SerialNumber=device["SerialNumber"], TokenCode=totp.code_at(seed, time.time()))
    found: dict[str, Any] = given["Credentials"]
    return found


def in_role(rehearsed: Rehearsed, person: Mapping[str, Any], account: str, role: str) -> dict[str, Any]:
    """Return the credentials of a person in a role of an account."""
    sts = client(rehearsed, "sts", person["AccessKeyId"], person["SecretAccessKey"], person["SessionToken"])
    arn = f"arn:aws:iam::{account}:role/flowable/{role}"
    found: dict[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="somebody")["Credentials"]
    return found


def client(rehearsed: Rehearsed, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=rehearsed.endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def kubectl(
    flowops: Flowops, rehearsed: Rehearsed, credentials: Mapping[str, Any], config: Path, cluster: str
) -> Kubectl:
    """Return kubectl as who has these credentials, led to a cluster by the aws command line."""
    scripts = str(Path(sys.executable).parent)
    environment = {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "HOME": str(config.parent),
        "AWS_ENDPOINT_URL": rehearsed.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        "NO_PROXY": "127.0.0.1",
    }
    argv = [f"{scripts}/aws", "eks", "update-kubeconfig", "--name", cluster, "--kubeconfig", str(config)]
    subprocess.run(argv, env=environment, capture_output=True, timeout=300, check=True)
    program = flowops("toolchain", "path", "kubectl").out.strip()
    return Kubectl(Path(program), config, environment)
