"""A lease in our hands: renewed, lost, out of reach, given back; every moment is a call, no thread and no waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flowops.adapters.held_lease import HeldLease, LeaseTerms
from flowops.errors import Exit, OperationFailed
from flowops.model.lease import released, taken
from tests.fakes.lease import HOLDER, START, Clock, MemoryLease

DOWN = OperationFailed("the network is down")


class Held:
    """A lease that was just taken."""

    def __init__(self) -> None:
        self.clock, self.store, self.alarms = Clock(), MemoryLease(), []  # type: tuple[Clock, MemoryLease, list[str]]
        lease = taken("mine", HOLDER, START)
        self.store.put(lease)
        self.held = HeldLease(
            self.store, lease, self.store.etag, clock=self.clock, terms=LeaseTerms(), alarm=self.alarms.append
        )

    def renew_after(self, seconds: float) -> float | None:
        self.clock.go(seconds)
        return self.held.renew()


@pytest.fixture
def made() -> Held:
    return Held()


def test_a_renewal_gives_a_whole_life_and_the_next_one_is_due_after_a_third(made: Held) -> None:
    assert made.renew_after(40) == 40
    assert made.store.lease is not None
    assert made.store.lease.expires == START + timedelta(seconds=160)
    assert made.renew_after(40) == 40
    assert made.alarms == []


def test_somebody_elses_lease_in_its_place_is_noticed_once_and_never_overwritten(made: Held) -> None:
    thief = replace(taken("theirs", replace(HOLDER, operator="arn:bob", who="bob@desk"), START))
    made.store.put(thief)
    assert made.renew_after(40) is None
    assert made.held.trouble is not None
    assert made.held.trouble.exit_code is Exit.LOCKED
    assert "arn:bob runs flowops apply dev foundation from bob@desk" in made.alarms[0]
    assert "may be clobbered" in made.alarms[0]
    assert made.held.end() == ""
    assert made.store.lease == thief
    assert len(made.alarms) == 1


@pytest.mark.parametrize(
    ("theft", "told"),
    [
        (lambda store: store.remove(), "its object was removed"),
        (lambda store: store.put(None), "overwritten with something else"),
        (lambda store: store.put(released(taken("mine", HOLDER, START), START)), "somebody released it"),
        (lambda store: store.put(released(taken("theirs", HOLDER, START), START)), "taken and given back meanwhile"),
    ],
)
def test_every_way_to_lose_it_is_told(made: Held, theft: object, told: str) -> None:
    theft(made.store)  # type: ignore[operator]
    assert made.renew_after(40) is None
    assert told in made.alarms[0]


def test_a_loss_after_the_last_renewal_is_noticed_when_it_is_given_back(made: Held) -> None:
    made.store.remove()
    assert made.held.end() == ""
    assert "its object was removed" in made.alarms[0]
    assert made.store.lease is None


def test_while_it_lasts_nobody_is_asked_about_it(made: Held) -> None:
    made.clock.go(89)
    made.held.assure()
    assert made.store.writes == [taken("mine", HOLDER, START)]


def test_a_machine_that_slept_renews_before_anything_new_starts(made: Held) -> None:
    made.clock.go(1800)
    made.held.assure()
    assert made.held.trouble is None
    assert made.store.lease is not None
    assert made.store.lease.expires == START + timedelta(seconds=1920)


def test_a_machine_that_slept_while_another_took_over_knows_before_anything_new_starts(made: Held) -> None:
    made.clock.go(1800)
    made.store.put(taken("theirs", replace(HOLDER, operator="arn:bob"), made.clock()))
    made.held.assure()
    assert made.held.trouble is not None
    assert "arn:bob runs flowops apply" in made.held.trouble.text
    assert made.store.lease is not None
    assert made.store.lease.id == "theirs"


def test_a_machine_that_slept_and_has_no_network_starts_nothing_new(made: Held) -> None:
    made.clock.go(1800)
    made.store.down = DOWN
    made.held.assure()
    assert made.held.trouble is not None
    assert "could not be renewed in time" in made.held.trouble.text


def test_what_was_renewed_under_another_etag_is_renewed_again_when_assured(made: Held) -> None:
    made.store.late = True
    made.renew_after(40)
    made.clock.go(1800)
    made.held.assure()
    assert made.held.trouble is None
    assert made.store.lease is not None
    assert made.store.lease.expires == made.clock() + timedelta(seconds=120)


def test_a_network_that_fails_is_tried_again_until_shortly_before_the_end(made: Held) -> None:
    made.store.down = DOWN
    assert made.renew_after(40) == 10
    assert made.renew_after(49) == 10
    assert made.alarms == []
    assert made.renew_after(1) == 10
    assert "could not be renewed in time, so others may take it over: the network is down" in made.alarms[0]


def test_what_still_works_keeps_its_lease_once_the_network_is_back(made: Held) -> None:
    made.store.down = DOWN
    made.renew_after(100)
    made.store.down = None
    assert made.renew_after(10) == 40
    assert made.held.trouble is not None
    assert made.held.end() == ""
    assert made.store.lease is not None
    assert made.store.lease.released


def test_a_renewal_whose_answer_got_lost_is_still_ours(made: Held) -> None:
    made.store.late = True
    assert made.renew_after(40) == 10
    assert made.renew_after(10) == 0.0
    assert made.renew_after(0) == 40
    assert made.alarms == []


def test_it_is_given_back_with_a_mark_because_nobody_may_delete_it(made: Held) -> None:
    assert made.held.end() == ""
    assert made.store.lease is not None
    assert made.store.lease.released
    assert made.store.lease.holder == HOLDER


def test_a_lease_that_cannot_be_given_back_says_when_it_ends(made: Held) -> None:
    made.store.down = DOWN
    assert made.held.end() == "the lease could not be given back and ends at 02:17:00Z: the network is down"


def test_a_renewal_that_breaks_is_no_secret(made: Held) -> None:
    made.held.broken(RuntimeError("boom"))
    assert made.alarms == ["the lease is not renewed any more: RuntimeError: boom"]
