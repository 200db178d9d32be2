"""What Helm reads of chart repositories, written for one run: where they stand, who we are there, what they have.

Charts come by alias (`eks/aws-load-balancer-controller`): so no address and no password is an argument of a resource,
where it would end in the state. Helm reads both from HELM_REPOSITORY_CONFIG and takes the index of each alias from
HELM_REPOSITORY_CACHE, https://helm.sh/docs/helm/helm/.
"""

from __future__ import annotations

import base64
import json
import urllib.error
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.unit_file import modules_in, text_of
from flowops.adapters.web import FAILURES, Unsafe, Web
from flowops.errors import FlowopsError, OperationFailed
from flowops.model.charts import FLOWABLE, Repository, aliases_in
from flowops.model.deployment import Unit
from flowops.model.secrets import RepositoryCredentials

_KNOWN = "repositories.yaml"
_LIMIT = 64 * 1024**2
_REFUSED = (401, 403)


@dataclass(frozen=True)
class ChartFolders:
    """Where units and modules stand; what a unit reads of charts is found there."""

    deployments: Path
    modules: Path

    def aliases(self, units: Iterable[Unit], known: Iterable[str]) -> frozenset[str]:
        """Return the known repositories that the units take charts from."""
        texts = (text for unit in units for text in self.texts(unit))
        return frozenset(alias for text in texts for alias in aliases_in(text, known))

    def texts(self, unit: Unit) -> Iterable[str]:
        """Yield what a unit's folder and its module say in HCL; a module that is not ours says nothing."""
        own = text_of(self.deployments, unit)
        yield own
        for name in modules_in(own):
            for file in sorted((self.modules / name).glob("*.tf")):
                yield file.read_text(encoding="utf-8", errors="replace")


class ChartRepositories:
    """The chart repositories of a project; `addresses` are by alias.

    `credentials` is asked for those of an environment, for Flowable's repository alone.
    """

    def __init__(
        self,
        folders: ChartFolders,
        addresses: Mapping[str, str],
        web: Web,
        credentials: Callable[[str], RepositoryCredentials],
    ) -> None:
        self._folders, self._addresses, self._web, self._credentials = folders, addresses, web, credentials

    def install_flowable(self, units: Iterable[Unit]) -> bool:
        """Say whether one of the units installs Flowable itself, which needs its secrets."""
        return bool(self._folders.aliases(units, (FLOWABLE,)))

    def prepare(self, environment: str, units: Iterable[Unit], folder: Path) -> Mapping[str, str]:
        """Write what Helm needs for `units` into `folder`; return the variables that lead it there and nowhere else.

        The folder holds a password and is the run's own. OperationFailed where a repository does not answer, or does
        not let us in.
        """
        found = [
            self._repository(environment, alias) for alias in sorted(self._folders.aliases(units, self._addresses))
        ]
        cache = atomic_file.private_folder(folder / "cache")
        config = folder / _KNOWN
        atomic_file.write(config, repositories_yaml(found))
        with ThreadPoolExecutor(max_workers=8) as pool:
            for repository, index in zip(found, pool.map(self._index, found), strict=True):
                atomic_file.write(cache / f"{repository.alias}-index.yaml", index)
        return {
            "HELM_DEBUG": "true",  # else Helm says of every chart that it cannot have only that it cannot have it
            "HELM_PLUGINS": str(folder / "plugins"),
            "HELM_REGISTRY_CONFIG": str(folder / "registry.json"),
            "HELM_REPOSITORY_CACHE": str(cache),
            "HELM_REPOSITORY_CONFIG": str(config),
        }

    def _repository(self, environment: str, alias: str) -> Repository:
        credentials = self._credentials(environment) if alias == FLOWABLE else None
        return Repository(alias, self._addresses[alias].rstrip("/"), credentials)

    def _index(self, repository: Repository) -> bytes:
        url = f"{repository.url}/index.yaml"
        try:
            self._web.check_reachable(url)
            with self._web.open(url, _authorization(repository.credentials)) as answer:
                index = answer.read(_LIMIT + 1)
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(repository, error.code) from error
        except (Unsafe, HTTPException, *FAILURES) as error:
            raise _silent(repository, f"does not answer: {error}") from error
        if b"entries:" not in index or len(index) > _LIMIT:
            raise _silent(repository, "answers with what is no index of charts")
        return index


def forget_passwords(folder: Path) -> None:
    """Delete what `prepare` wrote into a folder that says who we are; what the repositories have stays."""
    (folder / _KNOWN).unlink(missing_ok=True)


def repositories_yaml(repositories: Iterable[Repository]) -> bytes:
    """Return Helm's own file of repositories, https://helm.sh/docs/helm/helm_repo_add/; JSON, which is YAML, too."""
    entries = [
        {"name": it.alias, "url": it.url}
        | ({"username": it.credentials.username, "password": it.credentials.password} if it.credentials else {})
        for it in repositories
    ]
    return json.dumps({"apiVersion": "", "repositories": entries}, indent=2).encode()


def _authorization(credentials: RepositoryCredentials | None) -> Mapping[str, str]:
    if credentials is None:
        return {}
    pair = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _refused(repository: Repository, code: int) -> FlowopsError:
    if code not in _REFUSED or repository.credentials is None:
        return _silent(repository, f"answers with {code}")
    return OperationFailed(
        f"{repository.url} does not let us in ({code}): user or password is wrong.",
        not_done="No unit was started.",
        next_step="flowops secrets set repository",
    )


def _silent(repository: Repository, what: str) -> FlowopsError:
    return OperationFailed(
        f"The chart repository {repository.alias} at {repository.url} {what}.",
        not_done="No unit was started.",
        next_step=f"another place for it in flowops.yaml, helm.repositories.{repository.alias}; then the same command",
    )
