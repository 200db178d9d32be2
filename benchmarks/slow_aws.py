"""An emulated AWS in which creations take a while, so that something is under way when a benchmark strikes.

What was asked is done even if nobody waits for the answer any more, as AWS does it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from own_rehearsal import Unfit

from flowops.rehearsal.identity import LOOPBACK, Identity

_CREATE = frozenset({"PutParameter", "CreateTopic", "CreateRole"})
_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "expect", "transfer-encoding"})
# Not alike, so that one is just done and another half done whenever something strikes.
_SECONDS = (1.0, 0.6, 1.4, 0.8, 1.2)
_PATIENCE = 60.0


class SlowAws:
    """What goes on: `arrived` and `under_way` are how many creations came, and how many of them are not done yet."""

    def __init__(self) -> None:
        self.arrived = self.under_way = 0
        self._lock = threading.Lock()

    @contextmanager
    def creation(self) -> Iterator[None]:
        """Let one creation take its time."""
        with self._lock:
            seconds = _SECONDS[self.arrived % len(_SECONDS)]
            self.arrived, self.under_way = self.arrived + 1, self.under_way + 1
        try:
            time.sleep(seconds)
            yield
        finally:
            with self._lock:
                self.under_way -= 1


@contextmanager
def slow_aws(emulator: Path) -> Iterator[SlowAws]:
    """Stand before the emulated AWS of this folder, in whose place flowops finds us.

    `endpoints` of the provider would lead here, too, but with them it takes ten seconds of CPU to configure.
    """
    identity = Identity.read(emulator)
    if identity is None:
        raise Unfit("the emulated AWS does not say where it answers")
    aws = SlowAws()
    with ThreadingHTTPServer((LOOPBACK, 0), _handler(identity.port, aws)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        replace(identity, port=server.server_port).write(emulator)
        try:
            yield aws
        finally:
            identity.write(emulator)
            server.shutdown()


def _handler(port: int, aws: SlowAws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # Clients that send "Expect: 100-continue" wait for a second where nobody answers that.
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with aws.creation() if self._action(body) in _CREATE else nullcontext():
                status, headers, content = self._asked(body)
            with suppress(OSError):  # a provider that was interrupted does not listen any more
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

        def _action(self, body: bytes) -> str:
            """Return the name of an action, as JSON services have it in a header and query services in the body."""
            if target := self.headers.get("X-Amz-Target"):
                return target.rpartition(".")[2]
            words = body.decode("utf-8", "replace").split("&")
            return next((it.removeprefix("Action=") for it in words if it.startswith("Action=")), "")

        def _asked(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            sent = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
            with closing(HTTPConnection(LOOPBACK, port, timeout=_PATIENCE)) as connection:
                connection.request(self.command, self.path, body or None, sent)
                answer = connection.getresponse()
                content = answer.read()
            headers = [it for it in answer.getheaders() if it[0].lower() not in _OF_ONE_CONNECTION]
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
            return answer.status, [*headers, ("Content-Length", length or str(len(content)))], content

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler
