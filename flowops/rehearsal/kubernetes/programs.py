"""The programs of a Kubernetes control plane, and how each is called."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
LOOPBACK = "127.0.0.1"

POD_NETWORK = "10.244.0.0/16"
"""Where pods get their addresses from; no packet ever goes to one."""

KEPT_FOR = "1s"
"""How long the API server believes what it was told of a token: a change of an access entry counts soon after."""

PODS = Path(__file__).parents[2] / "data" / "kubernetes" / "pods.yaml"
"""How kwok plays pods."""

SILENCE = "1h"
"""How long a node may say nothing: on a busy machine, or one that slept, kwok speaks late, and no node is ever lost."""

RESTARTS = 5
"""How often a program that ended by itself is started again."""


class Lost(Exception):
    """A program does not stay; the text says which, and where its log is."""


class Child(Protocol):
    """A program at work."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, or None while it works."""

    def stop(self) -> None:
        """End it, gently first."""


Start = Callable[[list[str], Path], Child]
"""Starts a program from argv and its log, in the log's folder; the program dies with the thread that starts it."""


@dataclass(frozen=True)
class EtcdFiles:
    """What etcd is told: its folder, two ports of the loopback interface and its certificate."""

    folder: Path
    port: int
    peer_port: int
    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class ApiFiles:
    """What an API server is told: its files and ports, where etcd is, and who its clients and its issuer are."""

    port: int
    prefix: str
    etcd: EtcdFiles
    authority: Path
    certificate: Path
    key: Path
    accounts_key: Path
    reviewer: Path
    issuer: str
    services: str


def etcd_argv(program: str, files: EtcdFiles) -> list[str]:
    """Return the command line of etcd, which lets nobody in but the API servers.

    It forgets nothing when it is killed; without fsync a crash of the whole machine may cost its data.
    """
    own, peers = f"https://{LOOPBACK}:{files.port}", f"https://{LOOPBACK}:{files.peer_port}"
    return [
        program,
        "--name=rehearsal",
        f"--data-dir={files.folder / 'data'}",
        f"--listen-client-urls={own}",
        f"--advertise-client-urls={own}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=rehearsal={peers}",
        *_tls("", files),
        *_tls("peer-", files),
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _tls(kind: str, files: EtcdFiles) -> tuple[str, ...]:
    return (
        f"--{kind}client-cert-auth",
        f"--{kind}trusted-ca-file={files.authority}",
        f"--{kind}cert-file={files.certificate}",
        f"--{kind}key-file={files.key}",
    )


def api_argv(program: str, files: ApiFiles) -> list[str]:
    """Return the command line of the API server of one cluster."""
    return [
        program,
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={files.port}",
        # Nothing routes to the service `kubernetes`, and it may not point to a loopback address.
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        f"--client-ca-file={files.authority}",
        f"--etcd-servers=https://{LOOPBACK}:{files.etcd.port}",
        f"--etcd-prefix={files.prefix}",
        f"--etcd-cafile={files.etcd.authority}",
        f"--etcd-certfile={files.etcd.certificate}",
        f"--etcd-keyfile={files.etcd.key}",
        "--authorization-mode=RBAC",
        f"--authentication-token-webhook-config-file={files.reviewer}",
        "--authentication-token-webhook-version=v1",
        f"--authentication-token-webhook-cache-ttl={KEPT_FOR}",
        f"--service-account-issuer={files.issuer}",
        f"--service-account-signing-key-file={files.accounts_key}",
        f"--service-account-key-file={files.accounts_key}",
        f"--service-cluster-ip-range={files.services}",
        "--allow-privileged=true",
        "--profiling=false",
    ]


def controller_manager_argv(program: str, kubeconfig: Path, authority: Path, accounts_key: Path) -> list[str]:
    """Return the command line of the controller manager; it serves nothing itself."""
    return [
        program,
        f"--kubeconfig={kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        f"--node-monitor-grace-period={SILENCE}",
        f"--root-ca-file={authority}",
        f"--service-account-private-key-file={accounts_key}",
        "--profiling=false",
    ]


def scheduler_argv(program: str, kubeconfig: Path) -> list[str]:
    """Return the command line of the scheduler; it serves nothing itself."""
    return [program, f"--kubeconfig={kubeconfig}", "--secure-port=0", "--leader-elect=false", "--profiling=false"]


def kwok_argv(program: str, kubeconfig: Path, stages: Path) -> list[str]:
    """Return the command line of kwok, which plays every node's kubelet; it serves nothing itself.

    `stages` is the file that says what becomes of pods. There is one kwok at a time, and it takes no leases: each start
    would wait until those of the one before, which was killed, expire, and lose what happens meanwhile.
    """
    return [
        program,
        f"--kubeconfig={kubeconfig}",
        f"--config={stages}",
        "--manage-all-nodes=true",
        "--node-port=0",
        "--node-lease-duration-seconds=0",
        f"--cidr={POD_NETWORK}",
    ]


def kill(child: Child) -> None:
    """End a program that keeps nothing itself, at once."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # each child leads a session of its own
        child.stop()
