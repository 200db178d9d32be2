"""A small GitHub and GitLab on loopback: comments that are kept, tokens for AWS, and what else was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

LIST = re.compile(r"/repos/acme/platform/issues/7/comments|/api/v4/projects/42/merge_requests/7/notes")
ONE = re.compile(r"/repos/acme/platform/issues/comments/(\d+)|/api/v4/projects/42/merge_requests/7/notes/(\d+)")
SARIF = "/repos/acme/platform/code-scanning/sarifs"
TOKENS = "/token"


@dataclass
class Forge:
    """`comments` by their id; `uploads` are the SARIF files that came; `audiences` those that tokens were asked for."""

    token: str = "s3cret"
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    job_token: str = "a.job.token"
    url: str = ""

    def says(self, number: int, body: str, kind: str = "User") -> None:
        """Let somebody have commented."""
        self.comments[number] = {"id": number, "body": body, "user": {"type": kind}}

    def answer(self, method: str, url: str, authorized: str, content: Any) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        parts = urlsplit(url)
        self.calls.append(f"{method} {parts.path}")
        if parts.path == TOKENS:
            self.audiences += parse_qs(parts.query)["audience"]
            return (200, {"value": self.job_token}) if authorized == "Bearer ask" else (401, {})
        if authorized not in (f"Bearer {self.token}", self.token):
            return 401, {"message": "Bad credentials"}
        if method == "POST" and parts.path == SARIF:
            self.uploads.append(content)
            return 202, {"id": "1"}
        return self._comments(method, parts.path, parse_qs(parts.query), content)

    def _comments(self, method: str, path: str, query: dict[str, list[str]], content: Any) -> tuple[int, Any]:
        if LIST.fullmatch(path) and method == "GET":
            number, size = int(query["page"][0]), int(query["per_page"][0])
            return 200, list(self.comments.values())[(number - 1) * size : number * size]
        if LIST.fullmatch(path) and method == "POST":
            self.says(max(self.comments, default=0) + 1, content["body"], "Bot")
            return 201, {}
        found = ONE.fullmatch(path)
        if found and method in ("PATCH", "PUT"):
            self.comments[int(found[1] or found[2])]["body"] = content["body"]
            return 200, {}
        return 404, {}


@contextmanager
def forge() -> Iterator[Forge]:
    """Serve a forge until the block ends."""
    made = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            authorized = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
            status, body = made.answer(self.command, self.path, authorized, content)
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_PATCH = do_PUT = _respond

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
