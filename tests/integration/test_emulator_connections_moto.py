"""A connection to the emulator: open from one request to the next, whatever the request before it was."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, RemoteDisconnected
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from flowops.rehearsal.connection import Connection

LONG = b"x" * 300_000


@Request.application
def echo(request: Request) -> Response:
    """Answer with what came, except where the path asks for something else."""
    match request.path:
        case "/refused":
            return Response("no", 403)  # without a look at the body
        case "/endless":
            return Response(iter([b"a", b"b"]))
        case "/nothing":
            return Response(status=204)
        case "/long":
            return Response(LONG)
        case "/broken":
            raise RuntimeError("on purpose")
    return Response(request.get_data())


@pytest.fixture
def server() -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", 0, echo, threaded=True, request_handler=Connection)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server: BaseWSGIServer) -> Iterator[HTTPConnection]:
    client = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    client.connect()
    yield client
    client.close()


def asked(client: HTTPConnection, method: str, path: str = "/", **given: Any) -> tuple[int, bytes]:
    client.request(method, path, **given)
    answer = client.getresponse()
    return answer.status, answer.read()


def raw(server: BaseWSGIServer, sent: bytes) -> bytes:
    """Send bytes and return all that comes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as plain:
        plain.sendall(sent)
        return b"".join(iter(lambda: plain.recv(65536), b""))


def stays_open(client: HTTPConnection, first: socket.socket) -> bool:
    return client.sock is first and asked(client, "POST", body=b"next") == (200, b"next") and client.sock is first


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("POST", "/", b"hello", (200, b"hello")),
        ("PUT", "/refused", LONG, (403, b"no")),
        ("GET", "/long", None, (200, LONG)),
        ("HEAD", "/long", None, (200, b"")),
        ("DELETE", "/nothing", None, (204, b"")),
        ("PUT", "/", iter([b"in ", b"chunks"]), (200, b"in chunks")),
    ],
    ids=["a body", "a body nobody read", "a long answer", "only the head", "no content", "chunks"],
)
def test_the_next_request_needs_no_new_connection(
    client: HTTPConnection, method: str, path: str, body: Any, answer: tuple[int, bytes]
) -> None:
    first = client.sock
    assert asked(client, method, path, body=body) == answer
    assert stays_open(client, first)


def test_an_answer_without_a_length_ends_with_the_connection(client: HTTPConnection) -> None:
    client.request("GET", "/endless")
    answer = client.getresponse()
    assert (answer.getheader("Connection"), answer.read()) == ("close", b"ab")


@pytest.mark.parametrize(
    "head", [b"GET /long HTTP/1.1\r\nConnection: close", b"GET /long HTTP/1.0\r\nConnection: keep-alive"]
)
def test_who_wants_an_end_or_speaks_an_older_http_gets_one(server: BaseWSGIServer, head: bytes) -> None:
    answered, _, content = raw(server, head + b"\r\nHost: here\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Connection: close" in answered
    assert content == LONG


def test_a_client_that_asks_first_may_send_its_body(server: BaseWSGIServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=60) as plain:
        plain.sendall(b"PUT / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert plain.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        plain.sendall(b"body")
        assert plain.recv(65536).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "head", [b"Content-Length: -5", b"Content-Length: many", b"Transfer-Encoding: chunked\r\n\r\nmany\r\n"]
)
def test_a_body_without_a_length_is_refused(server: BaseWSGIServer, head: bytes) -> None:
    answered = raw(server, b"PUT / HTTP/1.1\r\nHost: here\r\n" + head + b"\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in answered


def test_a_defect_of_the_application_is_an_answer_too(client: HTTPConnection) -> None:
    assert asked(client, "GET", "/broken")[0] == 500
    assert asked(client, "POST", body=b"next") == (200, b"next")


def test_an_open_connection_ends_with_the_port(server: BaseWSGIServer, client: HTTPConnection) -> None:
    assert asked(client, "POST", body=b"before") == (200, b"before")
    server.shutdown()
    server.server_close()
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        asked(client, "POST", body=b"after the last snapshot")
