"""The project that the package carries: what `flowops init` writes, in another region and under another name too."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from flowops.adapters import text_file, yaml_edit
from flowops.adapters.project import CONFIG_NAME, load_config
from flowops.adapters.rendering import TemplateTree
from flowops.adapters.unit_file import modules_in
from flowops.model.config import Config
from flowops.model.deployment import LOCK_FILE, UNIT_FILE
from flowops.model.rendering import SUFFIX
from flowops.model.scaffold import SIZES, NewEnvironment, ProjectRequest, packaged_sizes, subnets, zones

Files = Mapping[PurePosixPath, bytes]

DEPLOYMENTS = PurePosixPath("deployments")
_COMMON = ("bootstrap", "terraform-modules")
_OFFERED = {"README.md": "README.md", "Makefile": "Makefile", "gitignore": ".gitignore"}
_SHOWN_BY_DOT = (LOCK_FILE,)


class QuickStart:
    """`data` holds project/, the packaged project, and scaffold/, the files that only a new project has."""

    def __init__(self, data: Path) -> None:
        self._project, self._scaffold = data / "project", data / "scaffold"
        self._templates = TemplateTree(self._scaffold)

    def config(self) -> Config:
        """Return the packaged flowops.yaml."""
        return load_config(self._project)

    def config_text(self, request: ProjectRequest, environments: Iterable[NewEnvironment]) -> str:
        """Return the packaged flowops.yaml with the request's values and the environments' folders."""
        text = text_file.read(self._project / CONFIG_NAME)
        text = yaml_edit.with_value(text, ("project",), request.project)
        text = yaml_edit.with_value(text, ("region",), request.region)
        if request.external_domain is not None:
            text = yaml_edit.with_value(text, ("flowable", "external_domain"), request.external_domain)
        for it in environments:
            text = yaml_edit.with_value(text, ("environments", it.name, "path"), str(it.place))
        return text

    def common(self) -> Files:
        """Return templates, modules and the root of the tree."""
        found = {path: content for part in _COMMON for path, content in self._below(PurePosixPath(part))}
        root = self._project / DEPLOYMENTS
        return {**found, **{DEPLOYMENTS / it.name: it.read_bytes() for it in sorted(root.iterdir()) if it.is_file()}}

    def offered(self) -> Files:
        """Return the files that a folder may have already in a form of its own."""
        return {PurePosixPath(name): (self._scaffold / it).read_bytes() for it, name in _OFFERED.items()}

    def layers(self, environment: NewEnvironment) -> tuple[str, ...]:
        """Return the layers that an environment of these sizes has."""
        folder = self._project / DEPLOYMENTS / self._model(environment)
        return tuple(it for it in self.config().layers if (folder / it).is_dir())

    def modules(self, environment: NewEnvironment, layers: Iterable[str]) -> Mapping[str, str]:
        """Return the module of each unit, written LAYER/UNIT, of these layers."""
        model = DEPLOYMENTS / self._model(environment)
        units = ((path, text.decode()) for it in layers for path, text in self._below(model / it))
        return {
            str(path.parent.relative_to(model)): module
            for path, text in units
            if path.name == UNIT_FILE
            for module in modules_in(text)
        }

    def environment(self, environment: NewEnvironment, project: str, layers: Iterable[str]) -> Files:
        """Return the files of an environment with these layers, its account's and its region's folder among them."""
        place, model = DEPLOYMENTS / environment.place, DEPLOYMENTS / self._model(environment)
        copied = {
            place / path.relative_to(model): content for it in layers for path, content in self._below(model / it)
        }
        template = f"account.hcl{SUFFIX}"
        return {
            place.parents[1] / template: (self._project / model.parents[1] / template).read_bytes(),
            place.parents[0] / "region.hcl": self._region(environment.region),
            place / "env.hcl": self._env(environment, project),
            **copied,
        }

    def _model(self, environment: NewEnvironment) -> PurePosixPath:
        """Return the folder of the packaged environment that has the same sizes."""
        models = self.config().environments.values()
        return next(PurePosixPath(it.path) for it in models if packaged_sizes(it) is environment.sizes)

    def _region(self, region: str) -> bytes:
        return self._rendered("region.hcl", {"region": region, "availability_zones": zones(region)})

    def _env(self, environment: NewEnvironment, project: str) -> bytes:
        return self._rendered(
            "env.hcl",
            {
                "environment": environment.name,
                "network": subnets(environment.network),
                "sizes": SIZES[environment.sizes],
                "cluster_name": f"{project}-{environment.name}",
            },
        )

    def _rendered(self, name: str, context: Mapping[str, object]) -> bytes:
        return self._templates.render(PurePosixPath(name + SUFFIX), context).encode()

    def _below(self, folder: PurePosixPath) -> Iterator[tuple[PurePosixPath, bytes]]:
        """Yield the files below a folder of the packaged project, without caches and without what is rendered."""
        for current, folders, files in os.walk(self._project / folder):
            folders[:] = sorted(it for it in folders if not it.startswith("."))
            for name in sorted(files):
                rendered = f"{name}{SUFFIX}" in files
                if not rendered and (not name.startswith(".") or name in _SHOWN_BY_DOT):
                    path = Path(current) / name
                    yield PurePosixPath(path.relative_to(self._project).as_posix()), path.read_bytes()
