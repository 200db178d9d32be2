"""Requests to the emulated AWS take turns, but for those that wait for others."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest

from flowops.rehearsal.application import Application
from flowops.rehearsal.gate import Gate
from flowops.rehearsal.recorder import Recorder

Inner = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PATIENCE = 120.0


class Meeting:
    """A backend in which two requests try to meet; `met` says for each whether it was there together with the other."""

    def __init__(self, patience: float) -> None:
        self._barrier, self._patience = Barrier(2), patience
        self.met: list[bool] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            self._barrier.wait(self._patience)
            self.met.append(True)
        except BrokenBarrierError:
            self.met.append(False)
        start_response("200 OK", [])
        return [b""]


def request(service: str) -> dict[str, Any]:
    scope = f"AKIAIOSFODNN7EXAMPLE/20260101/eu-central-1/{service}/aws4_request"
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "wsgi.input": io.BytesIO(),
    }


def both(services: tuple[str, str], inner: Inner, state_dir: Path) -> None:
    application = Application(inner, gate=Gate(), recorder=Recorder(state_dir), health={}, changed=lambda: None)
    threads = [Thread(target=application, args=(request(it), lambda *_: None), daemon=True) for it in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)


@pytest.mark.parametrize("services", [("iam", "iam"), ("iam", "sts"), ("rds", "secretsmanager")])
def test_two_requests_never_walk_through_the_same_backends(services: tuple[str, str], tmp_path: Path) -> None:
    meeting = Meeting(patience=0.05)
    both(services, meeting, tmp_path)
    assert meeting.met == [False, False]


@pytest.mark.parametrize("service", ["cloudformation", "sqs"])
def test_what_waits_for_another_request_holds_none_up(service: str, tmp_path: Path) -> None:
    meeting = Meeting(PATIENCE)
    both((service, "iam"), meeting, tmp_path)
    assert meeting.met == [True, True]
