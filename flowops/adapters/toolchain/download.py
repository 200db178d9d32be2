"""Fetch a release from its vendor's host or from a mirror, and let nothing through that is not what it should be."""

from __future__ import annotations

import hashlib
import shutil
import socket
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urljoin, urlsplit

from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.pace import Pace
from flowops.model.toolchain import Release, Tool, sums_in

_CONNECT = 5.0
_READ = 15.0
_CHUNK = 256 * 1024
_SUMS_LIMIT = 1024**2
_PROGRAM_LIMIT = 1024**3
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Downloads:
    """Fetches programs; `pinned` are the SHA-256 sums of files that no host may answer differently."""

    def __init__(self, machine: Machine, pinned: Mapping[str, str]) -> None:
        self._machine = machine
        self._pinned = pinned
        self._proxies = _proxies(machine.env)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler(self._proxies), _SafeRedirects())

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
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"{url}: {_reason(error)}") from error

    def _fetched(self, tool: Tool, release: Release, url: str, into: Path) -> Path:
        _check_safe(url)
        self._check_reachable(url)
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
        with self._open(sums_url) as answer:
            sums = sums_in(answer.read(_SUMS_LIMIT).decode("utf-8", "replace"))
        if release.file not in sums:
            raise Unavailable(f"{sums_url} names no SHA-256 of {release.file}")
        return sums[release.file]

    def _save(self, url: str, file: Path, pace: Pace) -> str:
        """Write what stands at `url` to `file` and return its SHA-256."""
        summing, size = hashlib.sha256(), 0
        with self._open(url) as answer, file.open("xb") as out:
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

    def _open(self, url: str) -> HTTPResponse:
        _check_safe(url)
        return cast(HTTPResponse, self._opener.open(url, timeout=_READ))

    def _check_reachable(self, url: str) -> None:
        """Fail within seconds where packets just vanish; urllib would try each of a host's addresses for as long."""
        parts = urlsplit(url)
        if parts.scheme in self._proxies or not parts.hostname:
            return
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
        deadline = self._machine.clock() + _CONNECT
        failed: OSError = TimeoutError("no address")
        for family, _, _, _, address in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
            try:
                _connect(family, address, deadline - self._machine.clock())
            except OSError as error:
                failed = error
            else:
                return
        raise failed


def _connect(family: int, address: Any, seconds: float) -> None:
    if seconds <= 0:
        raise TimeoutError(f"no answer within {_CONNECT:g} s")
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(seconds)
        attempt.connect(address)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects (release hosts send them), but never out of https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the new place, or raise Unavailable."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise Unavailable(f"{req.full_url} redirects to {newurl}, which is not https")
        _check_safe(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_safe(url: str) -> None:
    """Refuse what others on the way could change: everything but https, and http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise Unavailable(f"{url} is not https")


def _proxies(env: Mapping[str, str]) -> dict[str, str]:
    found = {scheme: env.get(f"{scheme}_proxy") or env.get(f"{scheme.upper()}_PROXY") for scheme in ("http", "https")}
    return {scheme: url for scheme, url in found.items() if url}


def _member(archive: Path, name: str, into: Path) -> Path:
    """Write the one file called `name` in a zip to `into`; no other entry is looked at, wherever it points."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(name) as packed, into.open("xb") as out:
            if opened.getinfo(name).file_size > _PROGRAM_LIMIT:
                raise Unavailable(f"{name} in {archive.name} is larger than {_PROGRAM_LIMIT // 1024**2} MiB")
            shutil.copyfileobj(packed, out, _CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise Unavailable(f"the archive holds no file called {name}") from error
    return into


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    return str(error.reason if isinstance(error, urllib.error.URLError) else error) or type(error).__name__
