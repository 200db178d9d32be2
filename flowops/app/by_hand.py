"""Plain tools at work in an environment, as its operator would use them by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from flowops.adapters.process import Completed
from flowops.app.plain_profiles import add_role_profiles
from flowops.app.workbench import Workbench
from flowops.errors import OperationFailed
from flowops.model.access import Access
from flowops.model.tags import ENVIRONMENT_TAG

_PATIENCE = 120.0
_LOOPBACK = "127.0.0.1"


class ByHand:
    """The `aws` command line and kubectl, as the role that deploys in one environment.

    `folder` is private; it holds their configuration, and stands for their home: they keep sessions and caches below
    it.
    """

    def __init__(self, bench: Callable[[], Workbench], environment: str, folder: Path) -> None:
        self._open, self._environment, self._folder = bench, environment, folder
        self._kubeconfigs: dict[str, Path] = {}

    @property
    def _bench(self) -> Workbench:
        return self._open()

    def aws(self, *words: str) -> Mapping[str, Any]:
        """Return what `aws` answers as JSON; OperationFailed says why it does not."""
        done = self._run("aws", "--profile", self._profile, "--output", "json", *words)
        answer: Mapping[str, Any] = json.loads(done.stdout or "{}")
        return answer

    def kubectl(self, cluster: str, *words: str) -> Mapping[str, Any]:
        """Return what kubectl answers of a cluster as JSON; OperationFailed says why it does not."""
        config = self._kubeconfig(cluster)
        done = self._run("kubectl", "--kubeconfig", str(config), "--output", "json", *words)
        answer: Mapping[str, Any] = json.loads(done.stdout)
        return answer

    def clusters(self) -> list[str]:
        """Return the names of the environment's own clusters, as their tags say."""
        names = self.aws("eks", "list-clusters")["clusters"]
        return [name for name in names if self._is_ours(name)]

    def _is_ours(self, cluster: str) -> bool:
        tags = self.aws("eks", "describe-cluster", "--name", cluster)["cluster"].get("tags", {})
        return bool(tags.get(ENVIRONMENT_TAG) == self._environment)

    def _kubeconfig(self, cluster: str) -> Path:
        if cluster not in self._kubeconfigs:
            path = self._folder / f"kubeconfig-{cluster}"
            argv = ("eks", "update-kubeconfig", "--name", cluster, "--kubeconfig", str(path))
            self._run("aws", "--profile", self._profile, *argv)
            self._kubeconfigs[cluster] = path
        return self._kubeconfigs[cluster]

    @property
    def _profile(self) -> str:
        return f"{self._bench.site.config.operator.profile}-{self._environment}"

    def _run(self, tool: str, *words: str) -> Completed:
        argv = [str(self._bench.tools.require(tool)), *words]
        done = self._bench.processes.run(argv, env=self._env, cwd=self._bench.site.project, timeout=_PATIENCE)
        if not done.succeeded:
            raise OperationFailed(f"{tool} {' '.join(words)} failed: {done.stderr.strip()}", not_done="")
        return done

    @cached_property
    def _env(self) -> Mapping[str, str]:
        """Return the environment of a shell that was led there: nothing else of the user's shell is in it."""
        environment = self._bench.deployment.environment(self._environment)
        acting = self._bench.cloud.act(environment, Access.WRITE, self._folder)
        role, external_id = acting.env["FLOWOPS_ASSUME_ROLE_ARN"], acting.env.get("FLOWOPS_ASSUME_ROLE_EXTERNAL_ID", "")
        add_role_profiles(acting.env, self._bench.site, {self._environment: role}, external_id)
        # A company's proxy knows nothing of this machine's loopback.
        direct = {"NO_PROXY": _LOOPBACK} if self._bench.site.sessions.wire.endpoint_url else {}
        return {**self._bench.environment(), **acting.env, **direct, "HOME": str(self._folder)}
