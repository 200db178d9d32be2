"""Fetch a release from its vendor's host or from a mirror, and let nothing through that is not what it should be."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import urllib.error
import zipfile
import zlib
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urljoin

from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.pace import Pace
from flowops.adapters.web import FAILURES, Unsafe, Web, check_safe
from flowops.model.toolchain import Release, Tool, sum_of, sums_in

_CHUNK = 256 * 1024
_SUMS_LIMIT = 1024**2
_PROGRAM_LIMIT = 1024**3


def pinned_sums(machine: Machine) -> Mapping[str, str]:
    """Return the SHA-256 sums, by file name, of the releases that flowops itself knows."""
    sums = machine.data / "SHA256SUMS"
    return sums_in(sums.read_text() if sums.exists() else "")


class Downloads:
    """Fetches programs; `pinned` are the SHA-256 sums of files that no host may answer differently."""

    def __init__(self, machine: Machine, pinned: Mapping[str, str]) -> None:
        self._machine = machine
        self._pinned = pinned
        self._web = Web(machine.env, machine.clock)

    def fetch(self, tool: Tool, into: Path) -> tuple[Path, str]:
        """Return the program, written below `into`, and the URL it came from; Unavailable says why there is none."""
        release = tool.located(self._machine.platform)
        if release is None:
            raise Unavailable("nobody publishes it")
        base = release.base
        if self._machine.tool_mirror:
            base = f"{self._machine.tool_mirror}/{tool.name}/{tool.version}/"
        url = urljoin(base, release.file)
        try:
            return self._fetched(tool, release, url, into), url
        except Unsafe as error:
            raise Unavailable(str(error)) from error
        except (HTTPException, *FAILURES) as error:
            raise Unavailable(f"{url}: {_reason(error)}") from error

    def _fetched(self, tool: Tool, release: Release, url: str, into: Path) -> Path:
        check_safe(url)
        self._web.check_reachable(url)
        self._machine.progress(f"{tool.name} {tool.version}: downloading {url}")
        expected = self._expected(release, url)
        file = into / "download"
        actual = self._save(url, file, Pace(self._machine, f"{tool.name} {tool.version}"))
        if actual != expected:
            raise Unavailable(f"{url} has the SHA-256 {actual}, but {expected} was expected; it was thrown away")
        return _member(file, release.member, into / "program") if release.member else file

    def _expected(self, release: Release, url: str) -> str:
        if release.file in self._pinned:
            return self._pinned[release.file]
        sums_url = urljoin(url, release.sums)
        with self._web.open(sums_url) as answer:
            found = sum_of(release.file, answer.read(_SUMS_LIMIT).decode("utf-8", "replace"))
        if not found:
            raise Unavailable(f"{sums_url} names no SHA-256 of {release.file}")
        return found

    def _save(self, url: str, file: Path, pace: Pace) -> str:
        """Write what stands at `url` to `file` and return its SHA-256."""
        summing, size = hashlib.sha256(), 0
        with self._web.open(url) as answer, file.open("xb") as out:
            whole = answer.headers.get("Content-Length", "")
            while chunk := answer.read(_CHUNK):
                size += len(chunk)
                if size > _PROGRAM_LIMIT:
                    raise Unavailable(f"{url} is larger than {_PROGRAM_LIMIT // 1024**2} MiB")
                summing.update(chunk)
                out.write(chunk)
                pace.say(f"{size / 1024**2:.0f} MiB")
        if whole.isdigit() and size != int(whole):
            raise Unavailable(f"{url} broke off after {size} of {whole} bytes")
        return summing.hexdigest()


def _member(archive: Path, name: str, into: Path) -> Path:
    """Write the one file called `name` in an archive to `into`; no other entry is looked at, wherever it points."""
    if not zipfile.is_zipfile(archive):
        return _member_of_tar(archive, name, into)
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(name) as packed, into.open("xb") as out:
            if opened.getinfo(name).file_size > _PROGRAM_LIMIT:
                raise Unavailable(f"{name} in {archive.name} is larger than {_PROGRAM_LIMIT // 1024**2} MiB")
            shutil.copyfileobj(packed, out, _CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise Unavailable(f"the archive holds no file called {name}") from error
    return into


def _member_of_tar(archive: Path, name: str, into: Path) -> Path:
    try:
        with tarfile.open(archive, "r:gz") as opened:
            packed = opened.extractfile(name)  # None where it is a folder, or a link that leads nowhere
            if packed is None:
                raise KeyError(name)
            if opened.getmember(name).size > _PROGRAM_LIMIT:
                raise Unavailable(f"{name} in {archive.name} is larger than {_PROGRAM_LIMIT // 1024**2} MiB")
            with packed, into.open("xb") as out:
                shutil.copyfileobj(packed, out, _CHUNK)
    except (KeyError, tarfile.TarError, EOFError, zlib.error) as error:
        raise Unavailable(f"the archive holds no file called {name}") from error
    return into


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    return str(error.reason if isinstance(error, urllib.error.URLError) else error) or type(error).__name__
