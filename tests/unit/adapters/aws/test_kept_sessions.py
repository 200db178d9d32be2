"""Credentials kept between commands: made once for everybody, good until shortly before their end, and private."""

from __future__ import annotations

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.kept_sessions import kept_name, kept_or_made
from flowops.errors import Declined, Exit, LockHeld

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
RESERVE = timedelta(minutes=16)


class Maker:
    """Makes credentials that last an hour, and counts how often."""

    def __init__(self, now: datetime = NOW) -> None:
        self.made, self.now = 0, now

    def __call__(self) -> Credentials:
        self.made += 1
        return Credentials(f"ASIA{self.made}", "secret", "token", self.now + timedelta(hours=1))


def asked(path: Path, maker: Maker, after: timedelta = timedelta(), patience: float = 10) -> Credentials:
    return kept_or_made(path, maker, lambda: NOW + after, RESERVE, patience)


def test_they_are_made_once_and_found_until_shortly_before_their_end(tmp_path: Path) -> None:
    path, maker = tmp_path / "roles" / "kept.json", Maker()
    first = asked(path, maker)
    assert asked(path, maker, timedelta(minutes=43)) == first
    assert maker.made == 1
    assert asked(path, maker, timedelta(minutes=45)).access_key == "ASIA2"


def test_of_many_callers_at_once_one_makes_them_and_all_have_the_same(tmp_path: Path) -> None:
    path, maker, start = tmp_path / "kept.json", Maker(), Barrier(20)

    def caller(_: int) -> Credentials:
        start.wait()
        return asked(path, maker)

    with ThreadPoolExecutor(20) as pool:
        found = set(pool.map(caller, range(20)))
    assert (len(found), maker.made) == (1, 1)


def test_nobody_but_their_owner_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "kept.json"
    asked(path, Maker())
    modes = {it.name: it.stat().st_mode & 0o777 for it in (path.parent, *path.parent.iterdir())}
    assert modes == {"folder": 0o700, "kept.json": 0o600, "kept.lock": 0o600}


def test_what_others_could_read_or_have_planted_is_made_anew(tmp_path: Path) -> None:
    path, maker = tmp_path / "kept.json", Maker()
    asked(path, maker)
    path.chmod(0o640)
    asked(path, maker)
    elsewhere = path.rename(tmp_path / "elsewhere")
    path.symlink_to(elsewhere)
    asked(path, maker)
    path.write_text('{"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2030-01-01"}')
    asked(path, maker)
    assert maker.made == 4


def test_an_answer_that_does_not_come_leaves_nothing_and_lets_the_next_one_ask(tmp_path: Path) -> None:
    path, maker = tmp_path / "kept.json", Maker()

    def nobody() -> Credentials:
        raise Declined("nobody answers")

    with pytest.raises(Declined):
        kept_or_made(path, nobody, lambda: NOW, RESERVE)
    assert not path.exists()
    assert asked(path, maker).access_key == "ASIA1"


def test_whoever_waits_too_long_is_told_who_holds_it_up(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    with (tmp_path / "kept.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LockHeld, match="asking for an MFA code in another window") as busy:
            asked(path, Maker(), patience=0)
    assert busy.value.exit_code is Exit.LOCKED
    assert asked(path, Maker(), patience=0).access_key == "ASIA1"


def test_a_lock_that_somebody_planted_as_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        asked(tmp_path / "kept.json", Maker())
    assert not os.path.lexists(tmp_path / "victim")


def test_a_name_differs_with_each_of_its_parts_and_tells_none() -> None:
    names = {
        kept_name("AKIA", "device", ""),
        kept_name("AKIA", "device", "http://127.0.0.1:1"),
        kept_name("AKIB", "device", ""),
    }
    assert len(names) == 3
    assert not any("AKI" in name for name in names)
