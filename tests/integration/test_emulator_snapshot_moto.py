"""The snapshot file: what may be loaded, and what of moto can be kept."""

from __future__ import annotations

import gzip
import io
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moto.ecr.models import ecr_backends
from moto.sqs.models import sqs_backends

from flowops import atomic_file
from flowops.errors import OperationFailed
from flowops.rehearsal import snapshot

DEV = "222222222222"
LINE = snapshot.FORMAT.encode() + b"\n"


class OfParticularMaking(defaultdict[str, list[str]]):
    """A container whose constructor pickle cannot guess, as moto has them."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(list)
        self.account, self.region = account, region


def copied(thing: Any) -> Any:
    stream, _ = snapshot._pickled(thing, {})
    return pickle.loads(stream)


@pytest.mark.parametrize(
    "content",
    [LINE + gzip.compress(b"\x80\x05half of a pickle"), LINE + gzip.compress(b"x" * 99)[:40], LINE],
    ids=["half a pickle", "half a file", "nothing but the first line"],
)
def test_a_damaged_snapshot_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "snapshot.pickle.gz"
    atomic_file.write(path, content)
    with pytest.raises(OperationFailed, match="is damaged") as refused:
        snapshot.restore(path)
    assert "flowops rehearse down --forget" in refused.value.next_step
    assert "\n" not in refused.value.happened


def test_a_snapshot_that_others_could_write_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.pickle.gz"
    atomic_file.write(path, LINE + gzip.compress(pickle.dumps({"parts": {}})))
    path.chmod(0o622)
    with pytest.raises(OperationFailed, match="can be written by others"):
        snapshot.restore(path)


def test_parts_come_back_as_they_were_given(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.pickle.gz"
    saved = snapshot.save(path, {"cloudformation": ["stack", 1]})
    assert snapshot.restore(path)["cloudformation"] == ["stack", 1]
    assert path.stat().st_size == saved.size + len(LINE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_container_with_a_constructor_of_its_own_survives() -> None:
    kept = OfParticularMaking("222222222222", "eu-central-1")
    kept["a"].append("b")
    again = copied(kept)
    assert (dict(again), again.account, again["new"]) == ({"a": ["b"]}, "222222222222", [])


@pytest.mark.parametrize("kind", [threading.Lock, threading.RLock])
def test_a_lock_comes_back_open(kind: Callable[[], Any]) -> None:
    held = kind()
    with held:
        again = copied(held)
    assert type(again) is type(held)
    assert again.acquire(blocking=False)


def test_a_backend_that_another_one_knows_is_the_living_one() -> None:
    backend = ecr_backends[DEV]["eu-central-1"]
    address = ("moto.ecr.models", "ecr", DEV, "eu-central-1")
    stream, lost = snapshot._pickled({"first": backend, "again": [backend]}, {id(backend): address})
    again = pickle.loads(stream)
    assert again["first"] is again["again"][0] is backend
    assert lost == set()


def test_all_backends_of_a_service_are_nobodys_state() -> None:
    stream, lost = snapshot._pickled({"registry": ecr_backends, "account": ecr_backends[DEV]}, {})
    assert pickle.loads(stream) == {"registry": None, "account": None}
    assert lost == {"BackendDict", "AccountSpecificBackend"}


def test_what_cannot_be_kept_is_named_and_becomes_nothing() -> None:
    stream, lost = snapshot._pickled({"worker": threading.Thread(), "rule": lambda: 1}, {})
    assert pickle.loads(stream) == {"worker": None, "rule": None}
    assert {each.split()[0] for each in lost} == {"Thread", "function"}


def test_one_service_that_cannot_be_pickled_does_not_cost_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "snapshot.pickle.gz"
    ecr_backends[DEV]["eu-central-1"].note = "kept"
    monkeypatch.setattr(sqs_backends[DEV]["eu-central-1"], "socket", io.TextIOWrapper(io.BytesIO()), False)
    saved = snapshot.save(path, {})
    assert [name for name in saved.lost if name.startswith("all of")] == [
        "all of moto.sqs.models/sqs/222222222222/eu-central-1"
    ]
    ecr_backends[DEV]["eu-central-1"].note = "changed"
    snapshot.restore(path)
    assert ecr_backends[DEV]["eu-central-1"].note == "kept"
