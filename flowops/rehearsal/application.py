"""The emulator as one WSGI application: every request passes the gate, is answered fast, and is recorded."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.wrappers import Response

from flowops.rehearsal.caller import ENGINE_PRINCIPAL, caller_of, is_nested
from flowops.rehearsal.gate import Gate
from flowops.rehearsal.identity import HEALTH_PATH
from flowops.rehearsal.recognition import Operation, Signature, recognise
from flowops.rehearsal.recorder import Call, Recorder
from flowops.rehearsal.touched import touched

NOT_EMULATED = "NotImplementedException"
DEFECT = "EmulatorDefect"

WAITING = frozenset({"cloudformation", "sqs"})
"""Services whose answers wait for other requests: those of stacks that they make, or a message that somebody sends."""

# How the XML protocols wrap an error; https://smithy.io/2.0/aws/protocols/index.html
XML_ERRORS = {
    "query": "<ErrorResponse>{}<RequestId>0</RequestId></ErrorResponse>",
    "rest-xml": "<ErrorResponse>{}<RequestId>0</RequestId></ErrorResponse>",
    "ec2": "<Response><Errors>{}</Errors><RequestID>0</RequestID></Response>",
    "s3": "{}",
}

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
log = logging.getLogger(__name__)


class UnknownService(Exception):
    """moto has no backend for the service that a request was signed for."""


class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """moto's dispatcher, which says so when it does not know a service, and finds one it knows without a search."""

    def __init__(self, create_app: Callable[[Any], Any]) -> None:
        super().__init__(create_app)
        self._services: dict[str, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the service behind a host name; moto holds it against hundreds of patterns."""
        if host is None:
            return None
        if host not in self._services:
            self._services[host] = super().get_backend_for_host(host)
        return self._services[host]

    def get_application(self, environ: Environ) -> Any:
        """Return the application of the service; raise UnknownService where there is none."""
        try:
            return super().get_application(environ)
        except AttributeError as missing:  # what moto stumbles over when no backend fits
            raise UnknownService from missing


class Application:
    """Answers the health question itself, lets `pages` answer what is none of AWS, and hands everything else to moto.

    One request is answered at a time: moto's backends are plain dictionaries, and requests of all services walk through
    them. Whoever else walks there holds the same lock, `alone`.
    """

    def __init__(
        self,
        inner: Callable[[Environ, StartResponse], Iterable[bytes]],
        *,
        gate: Gate,
        recorder: Recorder,
        health: Mapping[str, Any],
        changed: Callable[[], None],
        pages: Callable[[Environ], Response | None] = lambda environ: None,
        alone: AbstractContextManager[object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._inner, self._gate, self._recorder = inner, gate, recorder
        self._health, self._changed, self._pages, self._now = health, changed, pages, now
        self._alone = alone or Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") == HEALTH_PATH:
            return _json(200, self._health)(environ, start_response)
        with self._alone:
            page = self._pages(environ)
        if page:
            return page(environ, start_response)
        signature = Signature.of(environ)
        if signature.service not in ("", "s3"):
            # moto takes every URL that is signed in its query for one of S3, such as the token of `aws eks get-token`.
            environ.setdefault("HTTP_AUTHORIZATION", signature.header)
        try:
            with self._gate.passing(nested=is_nested(environ, signature)), self._turn(signature):
                response = self._answer(environ, signature)
        except Exception as defect:
            response = _defect(environ, Operation(signature.service, "Unknown"), defect)
        return response(environ, start_response)

    def _turn(self, signature: Signature) -> AbstractContextManager[object]:
        return nullcontext() if signature.service in WAITING else self._alone

    def _answer(self, environ: Environ, signature: Signature) -> Response:
        operation = recognise(environ, signature, _body(environ, signature))
        call = self._call(environ, signature, operation)
        response = self._ask(environ, operation)
        named = {} if operation.reads_only else touched(operation, response)
        self._recorder.record(replace(call, status=response.status_code, resources=named))
        if not operation.reads_only:
            self._changed()
        return response

    def _call(self, environ: Environ, signature: Signature, operation: Operation) -> Call:
        caller = caller_of(environ, signature)
        return Call(
            time=self._now().isoformat(timespec="milliseconds"),
            account=caller.account,
            region=signature.region,
            principal=caller.principal,
            role=caller.role,
            service=operation.prefix,
            action=operation.action,
            parameters=operation.parameters,
            path=environ.get("PATH_INFO", "/"),
            method=environ.get("REQUEST_METHOD", ""),
            address=ENGINE_PRINCIPAL if is_nested(environ, signature) else environ.get("REMOTE_ADDR", ""),
            source_identity=caller.source_identity,
        )

    def _ask(self, environ: Environ, operation: Operation) -> Response:
        """Return moto's answer, or a 400 that no SDK retries where moto has none.

        SDKs repeat an HTTP 500 for minutes, and terraform seems to hang.
        """
        try:
            response = Response.from_app(self._inner, environ, buffered=True)
        except UnknownService:
            return _refusal(environ, operation, NOT_EMULATED, "the service is not emulated")
        except NotImplementedError as missing:
            return _refusal(environ, operation, NOT_EMULATED, str(missing))
        except Exception as defect:  # moto raises anything
            return _defect(environ, operation, defect)
        # S3's own 404 of an object that is not there has no type either.
        if operation.prefix != "s3" and response.status_code in (404, 405) and response.mimetype == "text/html":
            return _refusal(environ, operation, NOT_EMULATED, "the operation is not emulated")
        return response


def _body(environ: Environ, signature: Signature) -> bytes:
    """Return the body, leaving it readable; empty where it is an object of S3, which nobody records."""
    if signature.service == "s3" and environ.get("REQUEST_METHOD") != "POST":
        return b""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(status: int, document: Mapping[str, Any], **headers: str) -> Response:
    return Response(json.dumps(document), status, headers or None, content_type="application/json")


def _defect(environ: Environ, operation: Operation, defect: Exception) -> Response:
    """Log what went wrong inside the emulator, and give the caller an end."""
    log.error("%s failed", operation.action, exc_info=defect)
    return _refusal(environ, operation, DEFECT, f"{type(defect).__name__}: {defect}")


def _refusal(environ: Environ, operation: Operation, code: str, message: str) -> Response:
    """Return an HTTP 400 in the protocol of the operation."""
    message = f"flowops' emulator: {operation.action}: {message}"
    if operation.protocol not in XML_ERRORS and not _is_form(environ):
        error = {"__type": code, "message": message}
        return Response(json.dumps(error), 400, {"x-amzn-ErrorType": code}, content_type="application/json")
    wrapped = XML_ERRORS.get("s3" if operation.prefix == "s3" else operation.protocol, XML_ERRORS["query"])
    document = wrapped.format(f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>")
    return Response(document, 400, content_type="text/xml")


def _is_form(environ: Environ) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
