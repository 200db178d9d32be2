"""The control plane of one cluster: its API server, controller manager, scheduler, and kwok for the nodes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from flowops import atomic_file
from flowops.rehearsal.kubernetes import access, nodes
from flowops.rehearsal.kubernetes.api import Api
from flowops.rehearsal.kubernetes.certificates import Authority, ensure_key
from flowops.rehearsal.kubernetes.etcd import free_port
from flowops.rehearsal.kubernetes.programs import (
    LOOPBACK,
    PODS,
    RESTARTS,
    ApiFiles,
    Child,
    EtcdFiles,
    Lost,
    Start,
    api_argv,
    controller_manager_argv,
    kill,
    kwok_argv,
    scheduler_argv,
)
from flowops.rehearsal.kubernetes.wanted import Wanted

API_SERVER, MANAGER, SCHEDULER, KWOK = "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"
MASTERS = "system:masters"

log = logging.getLogger(__name__)


class Plane:
    """The programs of one cluster; `review_url` is where its API server asks who holds a token.

    Authority, key of the service accounts and port are kept in the cluster's folder: its endpoint and its kubeconfigs
    stay good when the emulator is started again.
    """

    def __init__(self, folder: Path, programs: Mapping[str, str], start: Start, review_url: str) -> None:
        self._folder, self._programs, self._start = folder, programs, start
        self._review_url = review_url
        self._authority = Authority(folder, f"cluster {folder.name}")
        self._children: dict[str, Child] = {}
        self._argv: dict[str, list[str]] = {}
        self._restarts = 0
        self._port = 0
        self._api: Api | None = None
        self._etcd: EtcdFiles | None = None
        self._done: tuple[Wanted, frozenset[str]] | None = None
        self.ready = False

    @property
    def endpoint(self) -> str:
        """Return the URL of the API server."""
        return f"https://{LOOPBACK}:{self._port}"

    @property
    def way_in(self) -> Api | None:
        """Return the administrator's way in, good for any thread; None while the API is not ready."""
        return self._api if self.ready else None

    @property
    def certificate_authority(self) -> str:
        """Return what clients verify the API server with, as PEM."""
        return self._authority.certificate

    def tend(self, wanted: Wanted, etcd: EtcdFiles) -> None:
        """Do what can be done now to bring the cluster to what it is to be; call it again until it is `ready`.

        Raises ApiError and OSError where the API server is not up to it yet, Lost where a program does not stay.
        """
        if self._api is None or etcd != self._etcd:
            self.end()
            self._api, self._etcd = self._prepare(wanted, etcd), etcd
        self._keep_running(API_SERVER)
        if not self.ready and not self._api.answers("/readyz"):
            return
        for name in (MANAGER, SCHEDULER, KWOK):
            self._keep_running(name)
        if not self.ready and not access.has_rules(self._api):
            return
        if not self.ready:
            access.bind_cluster(self._api)
        self._bring_in_line(self._api, wanted)
        self.ready = True

    def end(self) -> None:
        """End all programs; none of them keeps anything itself."""
        for child in reversed(self._children.values()):
            kill(child)
        self._children.clear()
        if self._api:
            self._api.close()
        self.ready = False

    def _bring_in_line(self, api: Api, wanted: Wanted) -> None:
        """Do nothing where nothing changed: this is asked every other second."""
        spaces = access.namespaces_of(api) if wanted.grants else frozenset()
        if (wanted, spaces) == self._done:
            return
        access.bind_namespaces(api, wanted.grants, spaces)
        nodes.bring_in_line(api, wanted.nodes)
        self._done = wanted, spaces

    def _keep_running(self, name: str) -> None:
        """Start a program that does not run; give up on one that ends again and again."""
        child = self._children.get(name)
        code = child.poll() if child else None
        if child and code is None:
            return
        if child:
            self._restarts += 1
            log.warning("%s of cluster %s ended with %s", name, self._folder.name, code)
        if self._restarts > RESTARTS:
            raise Lost(f"{name} ended with {code}, not for the first time; see {self._folder / name}.log")
        self._children[name] = self._start(self._argv[name], self._folder / f"{name}.log")

    def _prepare(self, wanted: Wanted, etcd: EtcdFiles) -> Api:
        """Write the files that the programs read, and return the administrator's way in."""
        folder = atomic_file.private_folder(self._folder)
        self._authority.ensure()
        accounts, authority = folder / "service-accounts.key", self._authority.pair.certificate
        ensure_key(accounts)
        self._port = _kept_port(folder / "port")
        manager, scheduler = self._kubeconfig("kube-controller-manager"), self._kubeconfig("kube-scheduler")
        kwok = self._kubeconfig("kwok", MASTERS)
        program = self._programs
        self._argv = {
            API_SERVER: api_argv(program[API_SERVER], self._api_files(wanted, etcd, accounts)),
            MANAGER: controller_manager_argv(program[MANAGER], manager, authority, accounts),
            SCHEDULER: scheduler_argv(program[SCHEDULER], scheduler),
            KWOK: kwok_argv(program[KWOK], kwok, PODS),
        }
        administrator = self._authority.client("administrator", "administrator", MASTERS)
        return Api(self._port, authority, administrator, lasting=True)

    def _api_files(self, wanted: Wanted, etcd: EtcdFiles, accounts: Path) -> ApiFiles:
        own = self._authority.server(API_SERVER)
        return ApiFiles(
            port=self._port,
            prefix=prefix_of(wanted.id),
            etcd=etcd,
            authority=self._authority.pair.certificate,
            certificate=own.certificate,
            key=own.key,
            accounts_key=accounts,
            reviewer=_written(self._folder / "reviewer.kubeconfig", {"server": f"{self._review_url}/{wanted.id}"}, {}),
            issuer=wanted.issuer,
            services=wanted.services,
        )

    def _kubeconfig(self, name: str, group: str = "") -> Path:
        """Return the file that leads one of our programs to the API server, under its name in Kubernetes."""
        pair = self._authority.client(name, f"system:{name}", group)
        cluster = {"server": self.endpoint, "certificate-authority": str(self._authority.pair.certificate)}
        user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
        return _written(self._folder / f"{name}.kubeconfig", cluster, user)


def prefix_of(cluster_id: str) -> str:
    """Return below what etcd has the objects of a cluster."""
    return f"/{cluster_id}"


def _kept_port(file: Path) -> int:
    """Return the port that the cluster had before, or where that is taken or there was none, any free one."""
    port = free_port(int(file.read_text()) if file.exists() else 0)
    atomic_file.write(file, str(port).encode())
    return port


def _written(file: Path, cluster: Mapping[str, str], user: Mapping[str, str]) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": dict(cluster)}],
        "users": [{"name": "it", "user": dict(user)}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    atomic_file.write(file, json.dumps(document, indent=2).encode())
    return file
