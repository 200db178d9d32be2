"""The project's HCL: rendered files, the templates beside them, and modules, each read once and only when needed."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath

from flowops.adapters.hcl import read_hcl
from flowops.adapters.hcl_json import read_json
from flowops.adapters.template_hcl import read_template
from flowops.adapters.text_file import wrong
from flowops.errors import InvalidConfig
from flowops.model.deployment import UNIT_FILE, Unit
from flowops.model.hcl import File
from flowops.model.rendering import SUFFIX

_TERRAFORM = (".tf", ".tf.json")


class HclTree:
    """The files below one project's folder; what lies outside is not there."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._file, self._template = cache(self._read_file), cache(self._read_template)

    @property
    def root(self) -> PurePosixPath:
        """Return the project's folder."""
        return PurePosixPath(self._project)

    def has(self, path: PurePosixPath) -> bool:
        """Return whether there is such a file, or a template of it."""
        return self._inside(path) and (_exists(Path(path)) or _exists(Path(f"{path}{SUFFIX}")))

    def hcl(self, path: PurePosixPath) -> File | None:
        """Return a file, or its template where it is not rendered yet; InvalidConfig names file and line."""
        if not self._inside(path):
            return None
        return self._file(path) if _exists(Path(path)) else self._template(path)

    def template(self, path: PurePosixPath) -> File | None:
        """Return the template of the file at `path`; InvalidConfig names file and line."""
        return self._template(PurePosixPath(str(path).removesuffix(SUFFIX))) if self._inside(path) else None

    def has_inputs(self, unit: Unit) -> bool:
        """Return whether the unit's own terragrunt.hcl sets inputs; one that cannot be read may."""
        with suppress(InvalidConfig):
            file = self.hcl(self.root / "deployments" / unit.path / UNIT_FILE)
            return file is not None and file.body.attribute("inputs") is not None
        return True

    def terraform_files(self, folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """Return the files of a folder that terraform reads, none where the folder cannot be read."""
        try:
            found = sorted(Path(folder).iterdir()) if self._inside(folder) else []
        except OSError:
            return ()
        return tuple(PurePosixPath(it) for it in found if it.name.endswith(_TERRAFORM) and it.name[0] != ".")

    def _inside(self, path: PurePosixPath) -> bool:
        return PurePosixPath(posixpath.normpath(path)).is_relative_to(self.root)

    def _read_file(self, path: PurePosixPath) -> File:
        return File(path, read_json(Path(path)) if path.suffix == ".json" else read_hcl(Path(path)))

    def _read_template(self, path: PurePosixPath) -> File | None:
        template = Path(f"{path}{SUFFIX}")
        return File(PurePosixPath(template), *read_template(template)) if _exists(template) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise wrong(path, 1, f"cannot be read: {error.strerror}") from error
