"""locks list and locks release, told with fakes: what is listed, what is refused, and what exactly is released."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from flowops.adapters.aws.lease import FoundLease
from flowops.errors import CredentialsError, Declined, LockHeld, Refused, UnknownTarget
from flowops.model.deployment import Environment, Unit
from flowops.model.lease import Lease, released, taken
from flowops.model.locks import Holding, Life, Sign
from flowops.model.state import Lock
from flowops.operations.locks import LockPorts, Wanted, list_locks, release
from tests.fakes import tree
from tests.fakes.lease import HOLDER, START

DEV, PROD = (tree.deployment().environment(name) for name in ("dev", "prod"))
VPC = tree.unit("foundation/vpc")
LOCK = Lock("222222222222/vpc.tflock", "77aa", "ann@laptop", "OperationTypeApply", "2026-11-23T02:15:00Z")
LEASE = taken("1ea5e", HOLDER, START)
GONE = Sign(Life.GONE, "terraform has ended")


@dataclass
class Held:
    """What is held in two environments; a `moved` one is another by the time it is released."""

    locks: dict[str, tuple[Lock, ...]] = field(default_factory=dict)
    leases: dict[str, FoundLease] = field(default_factory=dict)
    sign: Sign = GONE
    moved: bool = False
    denied: set[str] = field(default_factory=set)
    freed: list[object] = field(default_factory=list)

    def all_locks(self, environment: Environment) -> tuple[Lock, ...]:
        return self.locks.get(environment.name, ())

    def locked_unit(self, environment: Environment, lock: Lock) -> Unit | None:
        return VPC if "vpc" in lock.key else None

    def unlock(self, environment: Environment, lock: Lock) -> bool:
        self.freed.append((environment.name, lock))
        return not self.moved

    def look(self, environment: Environment) -> FoundLease:
        if environment.name in self.denied:
            raise CredentialsError("AccessDenied")
        return self.leases.get(environment.name, FoundLease(None, ""))

    def free(self, environment: Environment, lease: Lease | None) -> bool:
        self.freed.append((environment.name, lease))
        return not self.moved

    @property
    def ports(self) -> LockPorts:
        return LockPorts((DEV, PROD), self, _Leases(self), _Holders(self))


@dataclass
class _Leases:
    held: Held

    def look(self, environment: Environment) -> FoundLease:
        return self.held.look(environment)

    def sign(self, lease: Lease) -> Sign:
        return self.held.sign

    def free(self, environment: Environment, lease: Lease | None) -> bool:
        return self.held.free(environment, lease)


@dataclass
class _Holders:
    held: Held

    def sign(self, unit: Unit | None, lock: Lock) -> Sign:
        return self.held.sign


def holding(**held: object) -> Held:
    return Held(**held)  # type: ignore[arg-type]


def lines(found: tuple[Holding, ...]) -> list[tuple[str, str, str, str]]:
    return [(it.environment, it.what, it.id, it.release) for it in found]


def test_everything_is_listed_with_the_one_command_that_releases_it() -> None:
    silent = replace(LOCK, key="222222222222/vpc2.tflock", id="", who="unknown")
    stray = replace(LOCK, key="222222222222/gone.tflock", id="88bb")
    made = holding(
        locks={"dev": (LOCK, silent, stray), "prod": (replace(LOCK, id="99cc"),)},
        leases={"dev": FoundLease(LEASE, "e"), "prod": FoundLease(None, "e")},
    )
    assert lines(list_locks(made.ports)) == [
        ("dev", "lease", "1ea5e", "flowops locks release 1ea5e"),
        ("dev", "dev/foundation/vpc", "77aa", "flowops locks release 77aa"),
        ("dev", "dev/foundation/vpc", "", "flowops locks release --unreadable dev/foundation/vpc"),
        ("dev", "222222222222/gone.tflock", "88bb", "flowops locks release 88bb"),
        ("prod", "lease", "", "flowops locks release --unreadable prod --confirm prod"),
        ("prod", "dev/foundation/vpc", "99cc", "flowops locks release 99cc --confirm prod"),
    ]


def test_a_lease_that_was_given_back_is_no_lease() -> None:
    assert list_locks(holding(leases={"dev": FoundLease(released(LEASE, START), "e")}).ports) == ()


def test_exactly_the_one_with_this_id_is_released() -> None:
    other = replace(LOCK, id="77ab", key="222222222222/efs.tflock")
    made = holding(locks={"dev": (other, LOCK)}, leases={"dev": FoundLease(LEASE, "e")})
    assert release(Wanted("77aa"), made.ports).what == "dev/foundation/vpc"
    assert release(Wanted("1ea5e"), made.ports).what == "lease"
    assert made.freed == [("dev", LOCK), ("dev", LEASE)]


@pytest.mark.parametrize("id_", ["77a", "77aa ", "77*", "*", "dev", "77AA", "dev/foundation/vpc"])
def test_a_part_of_an_id_or_a_pattern_releases_nothing(id_: str) -> None:
    made = holding(locks={"dev": (LOCK,)})
    with pytest.raises(UnknownTarget, match="There is no lock or lease"):
        release(Wanted(id_), made.ports)
    assert made.freed == []


def test_one_whose_holder_is_known_to_work_is_not_released() -> None:
    made = holding(locks={"dev": (LOCK,)}, sign=Sign(Life.LIVES, "terraform apply, process 12"))
    with pytest.raises(Refused, match=r"ann@laptop\) is at work: terraform apply, process 12"):
        release(Wanted("77aa"), made.ports)
    assert made.freed == []


def test_one_whose_holder_nobody_knows_is_released_by_its_id() -> None:
    made = holding(locks={"dev": (LOCK,)}, sign=Sign(Life.UNKNOWN, "another host"))
    release(Wanted("77aa"), made.ports)
    assert made.freed == [("dev", LOCK)]


def test_a_protected_environment_wants_its_name() -> None:
    made = holding(locks={"prod": (LOCK,)})
    with pytest.raises(Refused) as refused:
        release(Wanted("77aa"), made.ports)
    assert refused.value.next_step == "flowops locks release 77aa --confirm prod"
    with pytest.raises(Declined):
        release(Wanted("77aa", confirm="dev"), made.ports)
    assert made.freed == []
    release(Wanted("77aa", confirm="prod"), made.ports)
    assert made.freed == [("prod", LOCK)]


def test_only_what_says_nothing_is_released_by_its_name() -> None:
    silent = replace(LOCK, id="")
    made = holding(locks={"dev": (silent,)}, leases={"dev": FoundLease(None, "e")})
    release(Wanted(unreadable="dev/foundation/vpc"), made.ports)
    release(Wanted(unreadable="dev"), made.ports)
    assert made.freed == [("dev", silent), ("dev", None)]
    made = holding(locks={"dev": (LOCK,)}, leases={"dev": FoundLease(LEASE, "e")})
    for name in ("dev/foundation/vpc", "dev", ""):
        with pytest.raises(UnknownTarget):
            release(Wanted(unreadable=name), made.ports)


def test_one_that_became_another_in_the_last_moment_is_not_called_released() -> None:
    made = holding(locks={"dev": (LOCK,)}, moved=True)
    with pytest.raises(LockHeld, match="no longer the one that was listed"):
        release(Wanted("77aa"), made.ports)


def test_an_environment_that_the_operator_may_not_see_is_no_hindrance_in_another_one() -> None:
    made = holding(locks={"dev": (LOCK,)}, denied={"prod"})
    assert release(Wanted("77aa"), made.ports).environment == "dev"
    with pytest.raises(CredentialsError):
        release(Wanted("77aa"), holding(denied={"dev", "prod"}).ports)
