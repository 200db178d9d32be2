"""The pipelines that the package carries, written for one project; and what stands in a project where they go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from flowops import __version__
from flowops.adapters import text_file
from flowops.adapters.new_files import NewFiles
from flowops.model.ci import DEPLOY_ROLE, PLAN_ROLE, role_arn
from flowops.model.config import SECURITY, CiConfig, Config
from flowops.model.profiles import section_of
from flowops.model.stacks import account_id

_PLACE = re.compile(r"<<([a-z_]+)>>")
_FOLDERS = {"github": PurePosixPath(".github"), "gitlab": PurePosixPath(".gitlab")}
_ENTRY = PurePosixPath(".gitlab-ci.yml")


class PackagedPipelines:
    """`data` holds ci/, with a folder for each provider and the pinned requirements of flowops."""

    def __init__(self, data: Path) -> None:
        self._ci = data / "ci"

    def files(self, ci: CiConfig, config: Config) -> Mapping[PurePosixPath, bytes]:
        """Return the files of a project's pipelines."""
        home, values = _FOLDERS[ci.provider], _values(ci, config)
        files = {home / it.relative_to(self._ci / ci.provider): _filled(it, values) for it in self._below(ci.provider)}
        files[home / "flowops" / "requirements.txt"] = (self._ci / "requirements.txt").read_bytes()
        if ci.provider == "gitlab":
            files[_ENTRY] = _filled(self._ci / "gitlab-ci.yml", values)
        return files

    def _below(self, provider: str) -> Iterator[Path]:
        return (it for it in sorted((self._ci / provider).rglob("*")) if it.is_file())


def _values(ci: CiConfig, config: Config) -> Mapping[str, str]:
    security = account_id(config, SECURITY)
    return {
        "branch": ci.branch,
        "deploy_role": role_arn(security, DEPLOY_ROLE),
        "environments": json.dumps(list(config.environments)),
        "plan_role": role_arn(security, PLAN_ROLE),
        "region": config.region,
        "section": section_of(config.operator.profile),
        "version": __version__,
    }


def _filled(path: Path, values: Mapping[str, str]) -> bytes:
    return _PLACE.sub(lambda found: values[found[1]], path.read_text(encoding="utf-8")).encode()


class ProjectFiles(NewFiles):
    """The folder of a project, whose files can be read as well."""

    def contents(self, paths: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, bytes]:
        """Return what stands at these of `paths`; UsageError where something there cannot be read."""
        asked = tuple(paths)
        there = self.existing(asked)
        return {it: text_file.content(self._root / it) for it in asked if it in there}
