"""A way to the emulated AWS that stops the calls a test names, so that it strikes exactly while AWS is at work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.integration.child_processes import PATIENCE, await_true

_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "transfer-encoding"})


class Gate:
    """Passes calls on; those of an action that is `held` wait until `release()`.

    `arrived` has one entry for each call of such an action, also of one that came after the release; `passed` has it
    once it went on, which it does after a while in any case.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.held: frozenset[str] = frozenset()
        self.arrived: list[str] = []
        self.passed: list[str] = []
        self._open = threading.Event()

    def hold(self, *actions: str) -> None:
        """Let calls of these actions wait from now on."""
        self.held = frozenset(actions)

    def release(self) -> None:
        """Let all calls go on, also those that come later."""
        self._open.set()

    def await_calls(self, count: int) -> None:
        """Return once so many calls have arrived."""
        await_true(lambda: len(self.arrived) >= count, f"the arrival of {count} calls at the gate")

    def pass_through(self, action: str) -> None:
        """Return when a call of this action may go on."""
        if action in self.held:
            self.arrived.append(action)
            self._open.wait(PATIENCE)
            self.passed.append(action)


@contextmanager
def gate_before(port: int) -> Iterator[Gate]:
    """Serve a gate before the emulated AWS of this port."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            gate.pass_through(self._action(body))
            with suppress(OSError):  # who asked may have been killed; AWS does what it was asked all the same
                self._answer(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

        def _action(self, body: bytes) -> str:
            """Return the name of an action, as JSON services have it in a header and query services in the body."""
            if target := self.headers.get("X-Amz-Target"):
                return target.rpartition(".")[2]
            words = body.decode("utf-8", "replace").split("&")
            return next((word.removeprefix("Action=") for word in words if word.startswith("Action=")), "")

        def _answer(self, body: bytes) -> None:
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_ONE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gate = Gate(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gate
        finally:
            gate.release()
            server.shutdown()
            thread.join()
