"""Charts as Helm repositories have them: archives, and an index that names them with their digests.

The same folder always makes the same bytes, so an index that somebody fetched earlier stays true.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

INDEX = "index.yaml"
MADE = "2020-01-01T00:00:00Z"
"""When all charts were made, as their index says: a true time would make each index another one."""


@dataclass(frozen=True)
class Chart:
    """One packaged chart: what its Chart.yaml says, and its archive."""

    about: Mapping[str, Any]
    archive: bytes

    @property
    def file_name(self) -> str:
        """Return the name of the archive."""
        return f"{self.about['name']}-{self.about['version']}.tgz"


def repository(folder: Path) -> Mapping[str, bytes]:
    """Return the files of the repository that consists of the charts in a folder, by name."""
    charts = tuple(packaged(file.parent) for file in sorted(folder.glob("*/Chart.yaml")))
    return {INDEX: index_of(charts), **{chart.file_name: chart.archive for chart in charts}}


def packaged(folder: Path) -> Chart:
    """Return the chart in a folder."""
    about = yaml.safe_load((folder / "Chart.yaml").read_text())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Chart(about, archive_of(str(about["name"]), files))


def archive_of(name: str, files: Mapping[str, bytes]) -> bytes:
    """Return a .tgz with the files of a chart below its name; Helm wants Chart.yaml there, in whatever order."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def index_of(charts: Iterable[Chart]) -> bytes:
    """Return the index of a repository; its URLs are relative, wherever it is."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for chart in charts:
        digest = hashlib.sha256(chart.archive).hexdigest()
        entry = {**chart.about, "created": MADE, "digest": digest, "urls": [chart.file_name]}
        entries.setdefault(str(chart.about["name"]), []).append(entry)
    return yaml.safe_dump({"apiVersion": "v1", "entries": entries, "generated": MADE}).encode()
