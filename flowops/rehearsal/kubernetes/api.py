"""JSON over HTTPS with a server of our own on the loopback interface: who it is is verified, and so are we."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowops.rehearsal.kubernetes.certificates import Pair

PATIENCE = 10.0
CONFLICT, MISSING = 409, 404


class ApiError(Exception):
    """The server refused; `status` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    """One server, as the client that a certificate names; any thread may ask.

    With `lasting` connections stay open from one question to the next, until `close`.
    """

    def __init__(self, port: int, authority: Path, client: Pair, *, lasting: bool = False) -> None:
        self._port, self._lasting = port, lasting
        self._context = ssl.create_default_context(cafile=str(authority))
        self._context.load_cert_chain(client.certificate, client.key)
        self._idle: list[http.client.HTTPSConnection] = []

    def get(self, path: str) -> Any:
        """Return a document."""
        return self._ask("GET", path)

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """Create something, or ask a question that has a body."""
        return self._ask("POST", path, document)

    def create(self, path: str, document: Mapping[str, Any]) -> None:
        """Create something; one of that name that is there stays as it is."""
        try:
            self.post(path, document)
        except ApiError as refused:
            if refused.status != CONFLICT:
                raise

    def replace(self, path: str, document: Mapping[str, Any]) -> Any:
        """Put something in the place of what is there."""
        return self._ask("PUT", path, document)

    def merge(self, path: str, document: Mapping[str, Any]) -> Any:
        """Change something by a merge patch."""
        return self._ask("PATCH", path, document, "application/merge-patch+json")

    def merge_lists(self, path: str, document: Mapping[str, Any]) -> Any:
        """Change something by a strategic merge patch, which merges lists by the names of what is in them."""
        return self._ask("PATCH", path, document, "application/strategic-merge-patch+json")

    def delete(self, path: str) -> None:
        """Delete something, if it is there."""
        try:
            self._ask("DELETE", path)
        except ApiError as refused:
            if refused.status != MISSING:
                raise

    def answers(self, path: str) -> bool:
        """Say whether the server is there and says 200 at a path."""
        try:
            self.get(path)
        except (OSError, http.client.HTTPException, ApiError):
            return False
        return True

    def close(self) -> None:
        """Close the connections that nobody uses now; a later question opens another one."""
        while self._idle:
            self._idle.pop().close()

    def _ask(
        self, method: str, path: str, document: Mapping[str, Any] | None = None, kind: str = "application/json"
    ) -> Any:
        body = None if document is None else json.dumps(document)
        status, text = self._exchange(method, path, body, {"Content-Type": kind, "Accept": "application/json"})
        if status >= 300:
            raise ApiError(status, text.decode(errors="replace")[:500])
        return _parsed(text)

    def _exchange(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Ask over the connection that the last question left open, or a new one.

        The server may have closed that one meanwhile, which shows only now: then, and only then, it is asked again.
        """
        connection = self._idle.pop() if self._idle else None
        if connection:
            try:
                return self._exchange_over(connection, method, path, body, headers)
            except (ConnectionError, http.client.BadStatusLine, ssl.SSLError):
                pass
        fresh = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=PATIENCE, context=self._context)
        return self._exchange_over(fresh, method, path, body, headers)

    def _exchange_over(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: str | None,
        headers: Mapping[str, str],
    ) -> tuple[int, bytes]:
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except BaseException:
            connection.close()
            raise
        if answer.will_close or not self._lasting:
            connection.close()
        else:
            self._idle.append(connection)
        return answer.status, text


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # health answers are plain words
        return text.decode(errors="replace")
