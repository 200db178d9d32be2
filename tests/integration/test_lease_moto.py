"""The lease in the emulated S3: its conditions hold there as they do in AWS, and no race has two winners."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.lease import LeaseStore
from flowops.adapters.aws.state import StateStore
from flowops.adapters.held_lease import HeldLease, LeaseTerms
from flowops.model.lease import Standing, released, renewed, standing, taken
from flowops.model.state import Lock
from tests.fakes.lease import HOLDER, START, Clock
from tests.integration.lease_racer import BUCKET, leases, try_once
from tests.integration.organization import REGION, SECURITY, Home, organization

ROOT = Path(__file__).parents[2]
THREADS, PROCESSES = 6, 4
ROUNDS_OF_THREADS, ROUNDS_OF_PROCESSES = 60, 40
LEASE = taken("mine", HOLDER, START)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        security, location = home.into(SECURITY), {"LocationConstraint": REGION}
        security.call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration=location)
        versioning = {"Status": "Enabled"}
        security.call("s3", "PutBucketVersioning", Bucket=BUCKET, VersioningConfiguration=versioning)
        yield home


@pytest.fixture(scope="module")
def session(home: Home) -> AwsSession:
    return home.into(SECURITY)


def test_a_lease_is_created_only_where_none_is_and_replaced_only_by_who_saw_it(session: AwsSession) -> None:
    store = LeaseStore(session, BUCKET, "one/flowops.lease")
    assert store.read().etag == ""
    first = store.write(LEASE, "")
    assert first is not None
    assert store.write(taken("theirs", HOLDER, START), "") is None
    second = store.write(renewed(LEASE, START + timedelta(seconds=40)), first)
    assert second not in (None, first)
    assert store.write(taken("theirs", HOLDER, START), first) is None
    assert store.read().lease == renewed(LEASE, START + timedelta(seconds=40))


def test_a_lease_whose_object_has_vanished_is_not_made_anew_by_a_renewal(session: AwsSession) -> None:
    store = LeaseStore(session, BUCKET, "vanished/flowops.lease")
    etag = store.write(LEASE, "")
    assert etag is not None
    session.call("s3", "DeleteObject", Bucket=BUCKET, Key="vanished/flowops.lease")
    assert store.write(LEASE, etag) is None
    assert store.read().etag == ""
    assert store.write(LEASE, "") is not None


def test_a_write_that_the_sdk_repeats_is_recognised_as_our_own(session: AwsSession) -> None:
    store = LeaseStore(session, BUCKET, "twice/flowops.lease")
    first = store.write(LEASE, "")
    assert store.write(LEASE, "") == first


@pytest.mark.parametrize("body", [b"", b"rubbish", b"{}"])
def test_an_object_that_says_nothing_is_seen_as_such(session: AwsSession, body: bytes) -> None:
    session.call("s3", "PutObject", Bucket=BUCKET, Key="silent/flowops.lease", Body=body)
    assert LeaseStore(session, BUCKET, "silent/flowops.lease").read().unreadable


def test_a_bucket_that_is_not_there_is_an_error_and_no_free_lease(session: AwsSession) -> None:
    with pytest.raises(AwsFailed, match="NoSuchBucket"):
        LeaseStore(session, "no-such-bucket", "flowops.lease").read()


def test_a_lock_goes_only_while_it_is_the_one_that_was_seen(session: AwsSession) -> None:
    store, key = StateStore(session, BUCKET), "222222222222/vpc/terraform.tfstate.tflock"
    session.call("s3", "PutObject", Bucket=BUCKET, Key=key, Body=b"")
    (seen,) = store.locks("222222222222/")
    session.call("s3", "PutObject", Bucket=BUCKET, Key=key, Body=b"another one")
    assert not store.unlock(seen)
    (seen,) = store.locks("222222222222/")
    assert store.unlock(seen)
    assert store.locks("222222222222/") == ()
    assert not store.unlock(seen)
    assert seen == Lock(key, "", "unknown", "unknown", "")


def test_a_thread_renews_the_lease_until_somebody_takes_it(session: AwsSession) -> None:
    store, clock, told, said = LeaseStore(session, BUCKET, "kept/flowops.lease"), Clock(), Event(), list[str]()

    def alarm(text: str) -> None:
        said.append(text)
        told.set()

    etag = store.write(LEASE, "")
    assert etag is not None
    # A third of it is the pause between two renewals: a dozen a second.
    terms = LeaseTerms(timedelta(seconds=0.25), timedelta(seconds=0.05))
    held = HeldLease(store, LEASE, etag, clock=clock, terms=terms, alarm=alarm).keep()
    clock.go(3600)
    renewals = iter(lambda: store.read().lease, None)
    assert next(it for it in renewals if it.renewed > START).renewed == START + timedelta(hours=1)
    session.call("s3", "PutObject", Bucket=BUCKET, Key="kept/flowops.lease", Body=b"stolen")
    assert told.wait(30)
    held.end()
    assert said[0].startswith("the lease was lost while this run worked (its object was overwritten")
    assert store.read().unreadable


def test_a_kept_lease_is_given_back(session: AwsSession) -> None:
    store, clock = LeaseStore(session, BUCKET, "back/flowops.lease"), Clock()
    etag = store.write(LEASE, "")
    assert etag is not None
    held = HeldLease(store, LEASE, etag, clock=clock, terms=LeaseTerms(), alarm=pytest.fail).keep()
    assert held.end() == ""
    assert store.read().lease == released(LEASE, START)
    assert standing(store.read().lease, START) is Standing.FREE


@pytest.mark.fault(26)
def test_sixty_races_of_threads_have_one_winner_each(session: AwsSession, tmp_path: Path) -> None:
    barrier = Barrier(THREADS)

    def race(number: int) -> HeldLease | None:
        racer = leases(session, f"threads/{number}/flowops.lease", tmp_path)
        barrier.wait(60)
        return try_once(racer)

    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(ROUNDS_OF_THREADS):
            winners = [won for won in pool.map(race, [number] * THREADS) if won]
            assert len(winners) == 1, f"round {number}"
            assert winners[0].end() == ""


@pytest.mark.fault(26)
def test_forty_races_of_processes_have_one_winner_each(home: Home) -> None:
    argv = [sys.executable, "-m", "tests.integration.lease_racer", home.endpoint, str(home.folder), "processes"]
    pipe = subprocess.PIPE
    racers = [
        subprocess.Popen([*argv, str(ROUNDS_OF_PROCESSES)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        for _ in range(PROCESSES)
    ]
    try:
        assert [_line(it) for it in racers] == ["ready"] * PROCESSES
        for number in range(ROUNDS_OF_PROCESSES):
            _go(racers)
            assert sorted(_line(it) for it in racers) == ["lost"] * (PROCESSES - 1) + ["won"], f"round {number}"
            _go(racers)
    finally:
        for racer in racers:
            racer.communicate(timeout=300)


def _go(racers: Iterable[subprocess.Popen[str]]) -> None:
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()


def _line(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()
