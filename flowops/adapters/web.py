"""Documents and programs from other hosts: by https, or from this very machine; silence is noticed within seconds."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPMessage, HTTPResponse
from typing import IO, Any, cast
from urllib.parse import urlsplit

_CONNECT = 5.0
_READ = 15.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

FAILURES = (OSError, ValueError)
"""What `open` raises, beside Unsafe and http.client.HTTPException, where a host gives no answer or a bad one."""


class Unsafe(Exception):
    """An address that others on the way could change the answer of; it was not asked."""


class Web:
    """Asks other hosts; `env` names the proxies, `clock` gives seconds."""

    def __init__(self, env: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._proxies, self._clock = _proxies(env), clock
        handlers = (_SafeRedirects(), _proxy_handler(self._proxies))
        self._opener = urllib.request.build_opener(*handlers)
        self._direct = urllib.request.build_opener(_SafeRedirects(), _proxy_handler({}))

    def open(
        self, url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", content: bytes | None = None
    ) -> HTTPResponse:
        """Return the open answer; Unsafe, an OSError or an HTTPException where there is none.

        `headers` go to the host of `url` and to no other that it may redirect to.
        """
        check_safe(url)
        # A company's proxy knows nothing of this machine's loopback.
        opener = self._direct if urlsplit(url).hostname in _LOOPBACK else self._opener
        request = urllib.request.Request(url, content, dict(headers or {}), method=method)
        return cast(HTTPResponse, opener.open(request, timeout=_READ))

    def check_reachable(self, url: str) -> None:
        """Fail within seconds where packets just vanish; urllib would try each of a host's addresses for as long."""
        parts = urlsplit(url)
        if parts.scheme in self._proxies or not parts.hostname:
            return
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
        deadline = self._clock() + _CONNECT
        failed: OSError = TimeoutError("no address")
        for family, _, _, _, address in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
            try:
                _connect(family, address, deadline - self._clock())
            except OSError as error:
                failed = error
            else:
                return
        raise failed


def check_safe(url: str) -> None:
    """Refuse what others on the way could change: everything but https, and http to this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise Unsafe(f"{url} is not https")


def _connect(family: int, address: Any, seconds: float) -> None:
    if seconds <= 0:
        raise TimeoutError(f"no answer within {_CONNECT:g} s")
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(seconds)
        attempt.connect(address)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects (release hosts send them), but never out of https, and takes no password along to another."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the new place, or raise Unsafe."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise Unsafe(f"{req.full_url} redirects to {newurl}, which is not https")
        check_safe(newurl)
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


def _proxy_handler(proxies: Mapping[str, str]) -> urllib.request.ProxyHandler:
    return urllib.request.ProxyHandler(dict(proxies))


def _proxies(env: Mapping[str, str]) -> dict[str, str]:
    found = {scheme: env.get(f"{scheme}_proxy") or env.get(f"{scheme.upper()}_PROXY") for scheme in ("http", "https")}
    return {scheme: url for scheme, url in found.items() if url}
