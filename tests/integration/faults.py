"""A layer in front of the emulated AWS that makes some of its answers fail, by rules a test adds while it runs.

Faults come of what is asked for, never of time: a rule counts the requests that fit it.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}
_FOREVER = 1_000_000


@dataclass(frozen=True)
class Request:
    """What a client asks: `action` is the operation's name, or the path where the protocol has none."""

    service: str
    action: str
    method: str


@dataclass
class Rule:
    """What happens to requests that fit: `status`, `reset`, or `hang` until the layer ends.

    `action` is a glob. The first `skip` requests pass, the next `times` fail; `met` counts all of them.
    """

    do: str
    service: str
    action: str = "*"
    method: str = "*"
    skip: int = 0
    times: int = _FOREVER
    status: int = 503
    code: str = "ServiceUnavailable"
    met: int = 0

    def fits(self, request: Request) -> bool:
        return (
            self.service == request.service
            and fnmatchcase(request.action, self.action)
            and fnmatchcase(request.method, self.method)
        )

    @property
    def failed(self) -> int:
        """Return how many requests have failed by this rule so far."""
        return min(max(0, self.met - self.skip), self.times)


@dataclass
class Faults:
    """The rules in force, and the URL that leads through them."""

    upstream: str
    url: str = ""
    rules: list[Rule] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def add(self, do: str, service: str, **more: Any) -> Rule:
        """Put a rule in force."""
        rule = Rule(do, service, **more)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Let everything pass from now on."""
        with self._lock:
            self.rules.clear()

    def chosen(self, request: Request) -> Rule | None:
        """Return the rule that this request fails by, None where it passes."""
        with self._lock:
            self.seen.append(request)
            for rule in self.rules:
                if rule.fits(request):
                    rule.met += 1
                    return rule if rule.skip < rule.met <= rule.skip + rule.times else None
        return None


@contextmanager
def faults_before(upstream: str) -> Iterator[Faults]:
    """Run the layer in front of `upstream` until the block ends; hanging requests end then, too."""
    faults = Faults(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"faults": faults}))
    faults.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        faults.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Fails a request, or hands it on."""

    faults: Faults
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self) -> None:
        body = self._body()
        request = _request(self.command, self.path, self.headers, body)
        rule = self.faults.chosen(request)
        if rule is None:
            self._forward(body)
        else:
            self._fail(rule, request)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = answer

    def _fail(self, rule: Rule, request: Request) -> None:
        if rule.do == "status":
            self._send(
                rule.status, {"Content-Type": "text/xml", "Date": self.date_time_string()}, _error(rule, request)
            )
        elif rule.do == "reset":
            _reset(self.connection)
            self.close_connection = True
        else:
            self.faults.over.wait()
            self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _forward(self, body: bytes) -> None:
        connection = HTTPConnection(urlsplit(self.faults.upstream).netloc, timeout=300)
        try:
            headers = {name: it for name, it in self.headers.items() if name.lower() not in _HOP}
            connection.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
            answer = connection.getresponse()
            passed = {name: it for name, it in answer.getheaders() if name.lower() not in _HOP}
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self._send(answer.status, passed, answer.read(), length)
        finally:
            connection.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes, length: str | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True  # the client left, or was reset

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return

    def log_message(self, *_: Any) -> None:
        return


def _request(method: str, path: str, headers: Any, body: bytes) -> Request:
    signed = _SERVICE.search(headers.get("Authorization", ""))
    named = _ACTION.search(body)
    action = headers.get("X-Amz-Target", "").rpartition(".")[2] or (named[1].decode() if named else path)
    return Request(signed[1] if signed else "", action, method)


def _error(rule: Rule, request: Request) -> bytes:
    """Return the error as a client of that service reads it."""
    if request.service in ("ssm", "dynamodb", "organizations"):
        return f'{{"__type": "{rule.code}", "message": "injected"}}'.encode()
    inner = f"<Error><Type>Sender</Type><Code>{rule.code}</Code><Message>injected</Message></Error>"
    return (inner if request.service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>").encode()


def _reset(connection: socket.socket) -> None:
    """Close with a RST instead of a FIN: the descriptor itself, because the handler's files hold the socket open."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
