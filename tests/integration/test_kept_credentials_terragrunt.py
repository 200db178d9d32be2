"""An apply that outlives its credentials many times over, with real terraform, provider and S3 backend.

The sessions of this emulated AWS end after seconds, and it refuses every request of one that has ended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from flowops.adapters.toolchain import Toolchain
from flowops.errors import Exit
from flowops.model.access import Access
from flowops.model.deployment import Unit
from flowops.model.run import Outcome, Run
from tests.fakes.console import FakeConsole
from tests.integration.child_processes import await_true, meanwhile
from tests.integration.organization import DEV
from tests.integration.team import CHAIN, DEPLOY, Team, parameter, team

SECONDS = 14
EXPIRIES = 4
_HELD = """
resource "terraform_data" "held" {
  depends_on = [aws_ssm_parameter.%s]

  provisioner "local-exec" {
    command = "touch ../../reached; until [ -e '%s' ]; do sleep 0.05; done"
  }
}
"""


@pytest.fixture(scope="module")
def company(own_toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    own_toolchain.install()
    with team(tmp_path_factory.mktemp("company"), own_toolchain, session_seconds=SECONDS) as company:
        yield company


@pytest.fixture
def ours(company: Team, tmp_path: Path) -> Team:
    return company.with_tree(tmp_path).by_role()


def held(ours: Team, name: str) -> Unit:
    """Write a unit that calls AWS before and after it waits."""
    text = parameter(f"{name}-before") + _HELD % (f"{name}-before", ours.tree.gate)
    return ours.tree.aws_unit(f"foundation/{name}", text + parameter(f"{name}-after", after="terraform_data.held"))


def applied_while(ours: Team, unit: Unit, happens: Callable[[], None], console: FakeConsole) -> Run:
    """Apply, and let something happen while terraform waits inside a unit."""

    def strike() -> None:
        await_true(lambda: ours.tree.reached(unit), "terraform works in the unit")
        happens()
        ours.tree.release()

    with meanwhile(strike, otherwise=ours.tree.release):
        return ours.apply(console)


def expiration(ours: Team) -> str:
    """Return when the credentials end that a child would be given now."""
    (file,) = ours.tree.root.glob(".flowops/runs/*/write/aws-keys.json")
    return str(json.loads(file.read_text())["Expiration"])


def parameters(ours: Team) -> set[str]:
    return {it["Name"] for it in ours.home.into(DEV).call("ssm", "DescribeParameters")["Parameters"]}


def test_a_session_that_only_a_code_renews_is_made_anew_before_a_run_and_never_asked_for_within(
    company: Team, tmp_path: Path
) -> None:
    ours = company.with_tree(tmp_path).by_keys()
    ours.tree.unit("foundation/any")
    bench, other, told = ours.operator(), ours.operator(), Event()
    said: list[str] = []

    def alarm(text: str) -> None:
        said.append(text)
        told.set()

    assert not bench.cloud.runway(timedelta(hours=2)).renewing
    assert len(ours.codes) == 1
    bench.cloud.runway(timedelta(hours=2))
    assert len(ours.codes) == 2, "a session that is too short was taken"
    kept = bench.cloud.keep(bench.deployment.environment("dev"), Access.WRITE, tmp_path, alarm)
    # What another command was given a code for is found by the one that works.
    renewed = other.cloud.runway(timedelta(hours=2))
    await_true((tmp_path / "aws-keys.json").exists, "the newer session is handed to the children")
    assert json.loads((tmp_path / "aws-keys.json").read_text())["Expiration"] == str(renewed.expires).replace(" ", "T")
    assert told.wait(60)
    kept.end()
    assert f"only a new code of {ours.device.serial} renews them" in said[0]
    assert len(ours.codes) == 3


def test_a_session_that_another_step_made_is_handed_to_the_children_and_raises_no_alarm(
    company: Team, tmp_path: Path
) -> None:
    ours = company.with_tree(tmp_path).by_keys()
    ours.tree.unit("foundation/any")
    bench, said = ours.operator(), list[str]()
    bench.cloud.runway(timedelta(hours=2))
    kept = bench.cloud.keep(bench.deployment.environment("dev"), Access.WRITE, tmp_path, said.append)
    renewed = bench.cloud.runway(timedelta(hours=2))
    await_true((tmp_path / "aws-keys.json").exists, "the newer session is handed to the children")
    kept.end()
    assert json.loads((tmp_path / "aws-keys.json").read_text())["Expiration"] == str(renewed.expires).replace(" ", "T")
    assert said == []


@pytest.mark.fault(20)
def test_provider_and_backend_go_on_over_four_ends_of_their_credentials(ours: Team) -> None:
    unit = held(ours, "long")
    below = ours.tree.aws_unit("foundation/below", parameter("below"), depends="foundation/long")
    ends: list[str] = []

    def until_they_ended_often() -> None:
        ends.append(expiration(ours))
        while len(ends) <= EXPIRIES:
            await_true(lambda: expiration(ours) != ends[-1], "the credentials were renewed")
            ends.append(expiration(ours))
        # What terraform had in hand when it began to wait has ended by then.
        last = datetime.fromisoformat(ends[EXPIRIES - 1])
        await_true(lambda: datetime.now(last.tzinfo) > last, "the fourth ones ended")

    console = FakeConsole()
    run = applied_while(ours, unit, until_they_ended_often, console)
    assert {it.unit.id: (it.outcome, it.reason) for it in run.units} == dict.fromkeys(
        (unit.id, below.id), (Outcome.APPLIED, "")
    )
    assert run.exit_code is Exit.FINE
    assert len(set(ends)) == EXPIRIES + 1
    assert {"/long-before", "/long-after", "/below"} <= parameters(ours)
    assert len([it for it in ours.calls("AssumeRole") if it["parameters"]["RoleArn"] == DEPLOY]) > EXPIRIES
    assert ours.codes == []
    assert console.notes[0].startswith("credentials of profile flowable-devops-admin are renewed during the run")


@pytest.mark.fault(21)
def test_a_refresh_that_fails_starts_nothing_new_and_names_role_end_and_state(ours: Team) -> None:
    unit = held(ours, "broken")
    below = ours.tree.aws_unit("foundation/never", parameter("never"), depends="foundation/broken")

    def until_it_drains() -> None:
        ours.by_role(f"{CHAIN}-that-was-deleted")
        await_true(lambda: any(ours.tree.root.glob(".flowops/runs/*/drain")), "the run drains")
        # A role that was assumed with the last ones lasts as long again.
        last = datetime.fromisoformat(expiration(ours)) + timedelta(seconds=SECONDS)
        await_true(lambda: datetime.now(last.tzinfo) > last, "the last ones ended", 120)

    run = applied_while(ours, unit, until_it_drains, FakeConsole())
    said = {it.unit.id: (it.outcome, it.reason) for it in run.units}
    assert said[unit.id][0] is Outcome.STATE_UNSAVED
    assert said[unit.id][1].endswith("save it: flowops recover dev foundation broken")
    assert said[below.id][0] in (Outcome.DRAINED, Outcome.BLOCKED)
    assert run.exit_code is Exit.CREDENTIALS
    ending = next(it for it in run.notes if "could not be renewed (" in it)
    assert f"for {DEPLOY} end at 20" in ending
    assert "that-was-deleted" in ending
    assert "/never" not in parameters(ours)
