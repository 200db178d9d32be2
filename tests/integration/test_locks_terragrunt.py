"""Locks and the lease with real terraform and terragrunt: what stays behind, what says nothing, and what is stolen."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from flowops.adapters.held_lease import LeaseTerms
from flowops.adapters.toolchain import Toolchain
from flowops.app.locks import Locks
from flowops.errors import Exit, LockHeld
from flowops.model.locks import Holding, Life
from flowops.model.run import Outcome, Run
from flowops.operations.locks import Wanted
from tests.fakes.console import FakeConsole
from tests.integration.child_processes import await_true, meanwhile
from tests.integration.organization import DEV
from tests.integration.team import DEPLOY, Team, team

WRITES = ("PutObject", "DeleteObject", "CopyObject")
LEASE = f"{DEV}/dev/flowops.lease"
OLD = {
    "ID": "6fa1c0de-0000-4000-8000-000000000001",
    "Operation": "OperationTypeApply",
    "Who": "ann@laptop",
    "Version": "1.11.4",
    "Created": "2020-01-01T00:00:00.123456789Z",
}


@pytest.fixture(scope="module")
def company(own_toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    own_toolchain.install()
    with team(tmp_path_factory.mktemp("company"), own_toolchain) as company:
        yield company


@pytest.fixture
def ours(company: Team, tmp_path: Path) -> Team:
    return company.with_tree(tmp_path)


def said(run: Run) -> dict[str, tuple[Outcome, str]]:
    return {it.unit.name: (it.outcome, it.reason) for it in run.units}


def only(held: tuple[Holding, ...]) -> Holding:
    (one,) = held
    return one


@dataclass
class Meddler(FakeConsole):
    """An operator in whose moment of thought somebody does something."""

    meddle: Callable[[], object] = lambda: None
    interactive: bool = True
    answers: list[str] = field(default_factory=lambda: ["y"])

    def ask(self, question: str) -> str:
        self.meddle()
        return super().ask(question)


@pytest.mark.fault(18)
def test_a_lock_that_cannot_be_given_back_leaves_an_applied_unit_and_the_command_for_it(ours: Team) -> None:
    unit = ours.tree.unit("foundation/stuck")
    with ours.denied("s3:DeleteObject", "*.tflock"):
        run = ours.apply()
    assert said(run) == {"stuck": (Outcome.APPLIED, "done and saved, but its lock could not be given back")}
    assert run.exit_code is Exit.LOCKED
    held = only(Locks(ours.operator()).list("dev"))
    assert (held.what, held.sign.life) == (unit.id, Life.GONE)
    assert f"of run {run.id}, has ended" in held.sign.because
    assert run.notes == (
        f"{unit.id} is done and saved, but its lock could not be given back: flowops locks release {held.id}",
    )
    Locks(ours.operator()).release(Wanted(held.id))
    assert Locks(ours.operator()).list("dev") == ()
    assert ours.apply().exit_code is Exit.FINE


@pytest.mark.fault(19)
def test_a_lock_that_may_not_be_written_names_the_permission_in_one_line(ours: Team) -> None:
    ours.tree.unit("foundation/denied")
    with ours.denied("s3:PutObject", "*.tflock"):
        run = ours.apply()
    outcome, reason = said(run)["denied"]
    assert outcome is Outcome.FAILED
    assert (
        reason == "the role lacks s3:PutObject on *.tflock in the state bucket, so terraform could not lock the state"
    )
    assert run.exit_code is Exit.FAILED


@pytest.mark.fault(24)
def test_a_stale_lock_is_shown_with_its_age_and_goes_by_its_whole_id_only(ours: Team) -> None:
    unit = ours.tree.unit("foundation/stale")
    ours.put(ours.lock_key(unit), json.dumps(OLD).encode())
    with pytest.raises(LockHeld, match="foundation/stale is locked by ann@laptop since 2020-01-01"):
        ours.apply()
    held = only(Locks(ours.operator()).list("dev"))
    assert (held.id, held.who, held.sign.because) == (OLD["ID"], "ann@laptop", "another host")
    assert held.since is not None
    assert held.since.year == 2020
    assert held.release == f"flowops locks release {OLD['ID']}"
    Locks(ours.operator()).release(Wanted(OLD["ID"]))
    assert ours.apply().exit_code is Exit.FINE


@pytest.mark.parametrize("body", [b"", b'{"ID": "half'])
@pytest.mark.fault(25)
def test_an_empty_or_damaged_lock_is_explained_and_released_by_name(ours: Team, body: bytes) -> None:
    unit = ours.tree.unit("foundation/silent")
    ours.put(ours.lock_key(unit), body)
    with pytest.raises(LockHeld, match="The lock on dev/foundation/silent is empty or damaged") as held:
        ours.apply()
    assert "flowops locks release --unreadable dev/foundation/silent" in held.value.next_step
    Locks(ours.operator()).release(Wanted(unreadable=unit.id))
    assert Locks(ours.operator()).list("dev") == ()
    assert ours.apply().exit_code is Exit.FINE


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps(OLD).encode(), f"locked by ann@laptop since 2020-01-01 .* lock {OLD['ID']}"),
        (b"", "its lock is empty or damaged"),
    ],
)
def test_a_lock_that_appears_after_the_preview_is_told_by_what_terraform_found(
    ours: Team, body: bytes, told: str
) -> None:
    unit = ours.tree.unit(f"foundation/late{len(body)}")
    key = ours.lock_key(unit)
    run = ours.apply(Meddler(meddle=lambda: ours.put(key, body)), yes=False)
    outcome, reason = said(run)[unit.name]
    assert outcome is Outcome.FAILED
    assert re.search(told, reason), reason
    ours.call("DeleteObject", Key=key)


def test_the_lease_of_a_run_names_the_operator_and_one_of_another_checkout_changes_nothing(
    ours: Team, tmp_path: Path
) -> None:
    elsewhere = ours.with_tree(tmp_path / "another-checkout")
    for team_of_one in (ours, elsewhere):
        team_of_one.tree.unit("foundation/alone")
    refused: list[LockHeld] = []
    seen: list[tuple[Counter[str], str]] = []

    def look() -> None:
        """Note how often each object was written, and whose the lease is, which the first one renews meanwhile."""
        keys = Counter(it["parameters"].get("Key", "") for name in WRITES for it in ours.calls(name))
        seen.append((keys, json.loads(ours.call("GetObject", Key=LEASE)["Body"].read())["id"]))

    def second_operator() -> None:
        look()
        with pytest.raises(LockHeld) as held:
            elsewhere.apply()
        refused.append(held.value)
        look()

    assert ours.apply(Meddler(meddle=second_operator), yes=False).exit_code is Exit.FINE
    assert ":user/flowable/operator runs flowops apply dev from " in refused[0].happened
    (before, holder), (after, holder_then) = seen
    assert set(after - before) <= {LEASE}
    assert holder == holder_then
    lease = json.loads(ours.call("GetObject", Key=LEASE)["Body"].read())
    assert lease["released"] is True
    writers = {it["role"] for it in ours.calls("PutObject") if it["parameters"].get("Key") == LEASE and it["role"]}
    assert writers == {DEPLOY}


@pytest.mark.parametrize("theft", ["removed", "taken"])
@pytest.mark.fault(27)
def test_a_lease_that_is_stolen_in_the_middle_drains_the_run(ours: Team, theft: str) -> None:
    ours.terms = LeaseTerms(timedelta(seconds=9), timedelta(seconds=3))
    first = ours.tree.held_unit(f"foundation/first-{theft}")
    second = ours.tree.unit(f"foundation/second-{theft}", depends=f"foundation/first-{theft}")

    def steal() -> None:
        await_true(lambda: ours.tree.reached(first), "terraform works in the first unit")
        if theft == "removed":
            ours.call("DeleteObject", Key=LEASE)
        else:
            lease = json.loads(ours.call("GetObject", Key=LEASE)["Body"].read())
            ours.put(LEASE, json.dumps({**lease, "id": "another"}).encode())
        await_true(lambda: any(ours.tree.root.glob(".flowops/runs/*/drain")), "the run drains")
        ours.tree.release()

    with meanwhile(steal, otherwise=ours.tree.release):
        run = ours.apply()
    assert said(run)[first.name][0] is Outcome.APPLIED
    assert said(run)[second.name][0] is Outcome.DRAINED
    assert run.exit_code is Exit.PARTLY_DONE
    assert "so their states may be clobbered" in run.notes[0]
    ours.call("DeleteObject", Key=LEASE)
