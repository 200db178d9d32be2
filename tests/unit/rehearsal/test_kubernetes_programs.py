"""How the programs of a control plane are called: on the loopback interface, and not without certificates."""

from __future__ import annotations

from pathlib import Path

from flowops.rehearsal.kubernetes.programs import (
    ApiFiles,
    EtcdFiles,
    api_argv,
    controller_manager_argv,
    etcd_argv,
    kwok_argv,
    scheduler_argv,
)

ETCD = EtcdFiles(Path("/k/etcd"), 2379, 2380, Path("/k/etcd/a.crt"), Path("/k/etcd/e.crt"), Path("/k/etcd/e.key"))


def test_etcd_lets_only_the_holders_of_its_certificates_in() -> None:
    assert etcd_argv("/bin/etcd", ETCD) == [
        "/bin/etcd",
        "--name=rehearsal",
        "--data-dir=/k/etcd/data",
        "--listen-client-urls=https://127.0.0.1:2379",
        "--advertise-client-urls=https://127.0.0.1:2379",
        "--listen-peer-urls=https://127.0.0.1:2380",
        "--initial-advertise-peer-urls=https://127.0.0.1:2380",
        "--initial-cluster=rehearsal=https://127.0.0.1:2380",
        "--client-cert-auth",
        "--trusted-ca-file=/k/etcd/a.crt",
        "--cert-file=/k/etcd/e.crt",
        "--key-file=/k/etcd/e.key",
        "--peer-client-cert-auth",
        "--peer-trusted-ca-file=/k/etcd/a.crt",
        "--peer-cert-file=/k/etcd/e.crt",
        "--peer-key-file=/k/etcd/e.key",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def test_an_api_server_keeps_to_its_prefix_and_asks_the_emulator_who_holds_a_token() -> None:
    files = ApiFiles(
        port=6443,
        prefix="/abc",
        etcd=ETCD,
        authority=Path("/k/a.crt"),
        certificate=Path("/k/s.crt"),
        key=Path("/k/s.key"),
        accounts_key=Path("/k/sa.key"),
        reviewer=Path("/k/reviewer"),
        issuer="https://oidc.example/id/ABC",
        services="172.20.0.0/16",
    )
    assert api_argv("/bin/kube-apiserver", files) == [
        "/bin/kube-apiserver",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--secure-port=6443",
        "--endpoint-reconciler-type=none",
        "--tls-cert-file=/k/s.crt",
        "--tls-private-key-file=/k/s.key",
        "--client-ca-file=/k/a.crt",
        "--etcd-servers=https://127.0.0.1:2379",
        "--etcd-prefix=/abc",
        "--etcd-cafile=/k/etcd/a.crt",
        "--etcd-certfile=/k/etcd/e.crt",
        "--etcd-keyfile=/k/etcd/e.key",
        "--authorization-mode=RBAC",
        "--authentication-token-webhook-config-file=/k/reviewer",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=1s",
        "--service-account-issuer=https://oidc.example/id/ABC",
        "--service-account-signing-key-file=/k/sa.key",
        "--service-account-key-file=/k/sa.key",
        "--service-cluster-ip-range=172.20.0.0/16",
        "--allow-privileged=true",
        "--profiling=false",
    ]


def test_the_others_serve_nothing() -> None:
    kubeconfig = Path("/k/x.kubeconfig")
    manager = controller_manager_argv("/bin/m", kubeconfig, Path("/k/a.crt"), Path("/k/sa.key"))
    assert "--secure-port=0" in manager
    assert "--secure-port=0" in scheduler_argv("/bin/s", kubeconfig)
    assert kwok_argv("/bin/kwok", kubeconfig, Path("/data/pods.yaml")) == [
        "/bin/kwok",
        "--kubeconfig=/k/x.kubeconfig",
        "--config=/data/pods.yaml",
        "--manage-all-nodes=true",
        "--node-port=0",
        "--node-lease-duration-seconds=0",
        "--cidr=10.244.0.0/16",
    ]
