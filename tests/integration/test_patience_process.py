"""Calls to an endpoint that drops connections, or takes them and never answers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from botocore.credentials import Credentials as Keys

from flowops.adapters.aws.client import AwsSession, Wire, session_of
from flowops.errors import OperationFailed

ANSWER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::222222222222:user/x</Arn><UserId>x</UserId><Account>222222222222</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@contextmanager
def endpoint(drops: int) -> Iterator[tuple[str, Callable[[], int]]]:
    """Serve STS on the loopback interface after dropping so many connections; the second value counts them all."""
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    taken.append(1)
                    with connection:
                        connection.recv(65536)
                        if len(taken) > drops:
                            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\nConnection: close\r\n\r\n"
                            connection.sendall((head + ANSWER).encode())

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", lambda: len(taken)
        server.shutdown(socket.SHUT_RDWR)


def session(url: str, monotonic: Callable[[], float]) -> AwsSession:
    return session_of(Keys("AKIAAAAAAAAAAAAAAAAA", "secret"), Wire("eu-central-1", url, monotonic=monotonic), "test")


def test_dropped_connections_are_tried_again() -> None:
    with endpoint(drops=2) as (url, taken):
        assert session(url, lambda: 0.0).call("sts", "GetCallerIdentity")["Account"] == "222222222222"
        assert taken() == 3


@pytest.mark.fault(47)
def test_patience_ends_when_the_time_is_over_not_after_eight_attempts() -> None:
    clock = iter([0.0, 13.0])
    with endpoint(drops=99) as (url, taken):
        with pytest.raises(OperationFailed, match=r"127\.0\.0\.1:\d+ does not answer sts GetCallerIdentity"):
            session(url, lambda: next(clock)).call("sts", "GetCallerIdentity")
        assert taken() == 2
