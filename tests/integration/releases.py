"""Charts from the emulator's repositories, installed by terraform's real Helm provider as our modules do it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowops.adapters.process import Completed, Processes
from flowops.model.charts import FLOWABLE
from flowops.rehearsal.charts.names import ALIASES, repository_url
from tests.integration.emulated_kubernetes import Kube
from tests.integration.tools import Tools

Login = tuple[str, str]


@dataclass
class Releases:
    """A folder of terraform with some releases, applied by somebody in a role."""

    kube: Kube
    tools: Tools
    folder: Path
    role: str
    blocks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, chart: str, namespace: str, values: Mapping[str, Any], **more: Any) -> None:
        """Add or change a release; what comes later is installed later."""
        earlier = [f"helm_release.{it}" for it in self.blocks if it != name]
        self.blocks[name] = {
            "name": name,
            "chart": chart,
            "namespace": namespace,
            "create_namespace": True,
            "wait": True,
            "timeout": 300,
            "values": [json.dumps(values)],
            "depends_on": earlier,
            **more,
        }

    def know_repositories(self, login: Login, *, index_login: Login | None = None) -> None:
        """Write what `helm repo add` and `helm repo update` leave; `index_login` is who fetched the indexes."""
        endpoint = self.kube.cloud.endpoint.url
        known = [
            {"name": it, "url": repository_url(endpoint, it), **_credentials(login if it == FLOWABLE else ("", ""))}
            for it in ALIASES
        ]
        (self.folder / "cache").mkdir(parents=True, exist_ok=True)
        (self.folder / "repositories.yaml").write_text(json.dumps({"apiVersion": "v1", "repositories": known}))
        for alias in ALIASES:
            index = _fetched(f"{repository_url(endpoint, alias)}index.yaml", index_login or login)
            (self.folder / "cache" / f"{alias}-index.yaml").write_bytes(index)

    def write_chart(self, name: str, templates: Iterable[Mapping[str, Any]]) -> str:
        """Write a chart of our own and return where it is."""
        folder = self.folder / name
        (folder / "templates").mkdir(parents=True, exist_ok=True)
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
        text = "\n---\n".join(json.dumps(it) for it in templates)
        # What is written here is for the operator, not for Helm.
        (folder / "templates" / "all.yaml").write_text(text.replace("{{", "{{`{{`}}"))
        return str(folder)

    def apply(self) -> Completed:
        """Run terraform apply with the releases as they are now."""
        self._prepare()
        return self._terraform("apply", "-auto-approve", "-input=false")

    def planned(self) -> dict[str, Any]:
        """Return what terraform would do, as JSON."""
        self._prepare()
        done = self._terraform("plan", "-out=planned", "-input=false")
        assert done.succeeded, done.stderr
        document: dict[str, Any] = json.loads(self._terraform("show", "-json", "planned").stdout)
        return document

    def plan(self) -> Completed:
        """Run terraform plan; its exit code says whether there is something to do."""
        return self._terraform("plan", "-detailed-exitcode", "-input=false")

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "main.tf.json").write_text(json.dumps(self._document()))
        if not (self.folder / ".terraform").exists():
            done = self._terraform("init")
            assert done.succeeded, done.stderr

    def _terraform(self, *argv: str) -> Completed:
        environment = {
            **self.tools.environment,
            **self.kube.session(self.role).environment,
            "KUBE_LOAD_CONFIG_FILE": "false",
            "HELM_REPOSITORY_CONFIG": str(self.folder / "repositories.yaml"),
            "HELM_REPOSITORY_CACHE": str(self.folder / "cache"),
        }
        argv = (str(self.tools.terraform), *argv, "-no-color")
        return Processes().run(list(argv), env=environment, cwd=self.folder, timeout=1800)

    def _document(self) -> dict[str, Any]:
        described = self.kube.described()
        login = {
            "api_version": "client.authentication.k8s.io/v1beta1",
            "command": str(self.kube.programs.aws),
            "args": ["eks", "get-token", "--cluster-name", self.kube.name],
        }
        kubernetes = {
            "host": described["endpoint"],
            "cluster_ca_certificate": f'${{base64decode("{described["certificateAuthority"]["data"]}")}}',
            "exec": login,
        }
        return {
            "terraform": {"required_providers": {"helm": {"source": "hashicorp/helm", "version": ">= 1.3.2, < 3.0"}}},
            "provider": {"helm": {"kubernetes": kubernetes}},
            "resource": {"helm_release": self.blocks},
        }


def _credentials(login: Login) -> dict[str, str]:
    return {"username": login[0], "password": login[1]}


def _fetched(url: str, login: Login) -> bytes:
    request = urllib.request.Request(url)
    request.add_header("Authorization", f"Basic {base64.b64encode(':'.join(login).encode()).decode()}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())
