"""The secrets of one site: who bootstraps hands them in, and the operator finds out whether they are there."""

from __future__ import annotations

from collections.abc import Mapping

from flowops.adapters.bootstrap_files import SecretFolder
from flowops.app.workbench import Workbench
from flowops.model.secrets import SecretCheck, SecretRow, SetRequest, SetResult, needed_by
from flowops.operations.ports.secrets import SecretTerminal
from flowops.operations.secret_values import Sources
from flowops.operations.secrets import check_secrets, list_secrets
from flowops.operations.secrets_set import set_secret


class Secrets:
    """Credentials of Flowable's repository, and the license of each environment."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def set(
        self,
        request: SetRequest,
        *,
        files: SecretFolder | None = None,
        terminal: SecretTerminal | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> SetResult:
        """Hand in one secret; it comes from the site's files, from the operator or the shell."""
        bench = self._bench
        sources = Sources(
            terminal or bench.console,
            files or SecretFolder(bench.site.project),
            bench.ambient if environment is None else environment,
        )
        return set_secret(request, bench.site.config, cloud=bench.management, sources=sources)

    def list(self) -> tuple[SecretRow, ...]:
        """Return how every secret stands, as who bootstraps."""
        return list_secrets(self._bench.site.config, cloud=self._bench.management)

    def check(self, environment: str | None) -> SecretCheck:
        """Return whether an environment, or every one, has the secrets it needs, as the operator."""
        config = self._bench.site.config
        environments = [environment] if environment else list(config.environments)
        for name in environments:
            needed_by(config, name)
        return check_secrets(environments, secrets=self._bench.cloud.secrets())
