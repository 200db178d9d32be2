"""One HTTP connection to the emulator, open for as many requests as the client likes."""

from __future__ import annotations

import io
import logging
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.test import run_wsgi_app

log = logging.getLogger(__name__)


class Connection(MotoRequestHandler):  # type: ignore[misc]
    """Answers the requests of a connection one after the other.

    werkzeug closes the connection after each answer, because it cannot know whether the application has read the body
    to its end. Here the body is read before the application sees the request: moto wants all of it anyway, and a new
    connection with a new thread costs a quarter of what a request does.
    """

    protocol_version = "HTTP/1.1"
    # An answer goes out as it is ready: on a connection that stays open its second packet would else wait 40 ms,
    # until the client confirms the first. The buffer makes one packet of most.
    disable_nagle_algorithm = True
    wbufsize = -1

    def parse_request(self) -> bool:
        """Read the head of a request, and end the connection once the port is closed.

        The last snapshot would lack what a later request changes.
        """
        if self.server.socket.fileno() < 0:
            self.close_connection = True
            return False
        return bool(super().parse_request())

    def handle_expect_100(self) -> bool:
        """Let the client send its body now."""
        agreed = bool(super().handle_expect_100())
        self.wfile.flush()
        return agreed

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(_body(environ))
        except (ValueError, OSError):  # no number where its length should be, or no chunk where one should begin
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        try:
            content, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Exception:  # the application answers for itself; this is the last resort
            log.exception("no answer to %s %s", self.command, environ["PATH_INFO"])
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        code, _, reason = status.partition(" ")
        self._send(int(code), reason, headers, b"".join(content))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no access log: the recorder has every call, and a presigned URL holds a signature."""

    def _send(self, code: int, reason: str, headers: Any, content: bytes) -> None:
        self.send_response(code, reason)
        for name, value in headers:
            self.send_header(name, value)
        has_end = self.command == "HEAD" or code in (204, 304) or headers.get("Content-Length") == str(len(content))
        if self.close_connection or not has_end or self.request_version < self.protocol_version:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _body(environ: dict[str, Any]) -> bytes:
    """Read the whole body; raises ValueError or OSError where the request does not say how long it is."""
    if environ.get("wsgi.input_terminated"):  # it comes in chunks
        return bytes(environ["wsgi.input"].read())
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length < 0:
        raise ValueError(length)
    return bytes(environ["wsgi.input"].read(length))
