"""Credentials that outlive a run's patience, and those that do not; every look is a call, no thread and no waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.kept_credentials import KeptCredentials
from flowops.errors import CredentialsError, Exit
from tests.fakes.lease import Clock


class Kept:
    """Credentials of an hour, and a source of newer ones."""

    def __init__(self, lifetime: float | None = 3600) -> None:
        self.clock = Clock()
        self.written: list[Credentials] = []
        self.alarms: list[str] = []
        self.asked: list[datetime] = []
        self.source: list[Credentials | CredentialsError] = []
        self.first = self.fresh(lifetime)
        self.kept = KeptCredentials(
            self.first,
            renew=self.renew,
            write=self.written.append,
            profile="sso",
            role="arn:deploy",
            clock=self.clock,
            alarm=self.alarms.append,
        )

    def fresh(self, seconds: float | None = 3600) -> Credentials:
        expires = None if seconds is None else self.clock() + timedelta(seconds=seconds)
        return Credentials(f"KEY{self.clock()}", "secret", "token", expires)

    def renew(self, than: datetime) -> Credentials:
        self.asked.append(than)
        found = self.source[0] if len(self.source) == 1 else self.source.pop(0)
        if isinstance(found, CredentialsError):
            raise found
        return found

    def look_after(self, seconds: float) -> float | None:
        self.clock.go(seconds)
        return self.kept.look()


@pytest.fixture
def made() -> Kept:
    return Kept()


def test_newer_ones_are_written_long_before_the_end_and_again_for_as_long_as_it_takes(made: Kept) -> None:
    for _ in range(5):
        made.clock.go(2400)
        made.source = [made.fresh()]
        assert made.kept.look() == 2400
    ends = [it.expires for it in made.written]
    assert made.asked == [made.first.expires, *ends[:-1]], "each longer than the one before"
    assert len(made.written) == 5
    assert made.alarms == []


def test_a_source_that_has_none_yet_is_asked_again(made: Kept) -> None:
    made.source = [made.fresh()]
    assert made.look_after(2400) == 60
    made.clock.go(60)
    made.source = [made.fresh()]
    assert made.kept.look() == 2400
    assert made.alarms == []


def test_a_refresh_that_fails_lets_nothing_new_start_shortly_before_the_end(made: Kept) -> None:
    made.source = [CredentialsError("the sign-in has ended")]
    assert made.look_after(2400) == 60
    assert made.alarms == []
    made.look_after(900)
    assert made.kept.trouble is not None
    assert made.kept.trouble.exit_code is Exit.CREDENTIALS
    assert made.alarms == [
        "the credentials of profile sso for arn:deploy end at 2026-11-23T03:15:00Z and could not be renewed "
        "(the sign-in has ended); the states of all units stay where they are"
    ]
    made.look_after(60)
    assert len(made.alarms) == 1


def test_a_machine_that_slept_looks_for_newer_ones_before_anything_new_starts(made: Kept) -> None:
    made.clock.go(3000)
    made.kept.assure()
    assert made.asked == [], "there is time enough"
    made.clock.go(4000)
    made.source = [made.fresh()]
    made.kept.assure()
    assert (len(made.written), made.kept.trouble) == (1, None)
    made.clock.go(4000)
    made.source = [CredentialsError("the sign-in has ended")]
    made.kept.assure()
    assert made.kept.trouble is not None
    assert made.kept.trouble.exit_code is Exit.CREDENTIALS


def test_a_file_that_cannot_be_written_is_no_secret(made: Kept) -> None:
    made.kept.broken(OSError("no space left"))
    assert made.alarms == ["the credentials for arn:deploy are not renewed any more: OSError: no space left"]


def test_keys_without_an_end_are_not_renewed() -> None:
    made = Kept(lifetime=None)
    made.clock.go(1e6)
    made.kept.assure()
    assert made.kept.look() is None
    assert made.kept.keep().end() == ""


def test_newer_ones_that_do_not_end_are_the_last(made: Kept) -> None:
    made.source = [made.fresh(None)]
    made.look_after(2400)
    assert made.kept.look() is None
    assert len(made.written) == 1
