"""Accidents and the way back, with real terraform and terragrunt: unsaved, damaged, forgotten, tainted."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.shim import read_calls
from flowops.adapters.toolchain import Toolchain
from flowops.app.recovering import Recoveries
from flowops.errors import Exit, Refused
from flowops.model.changes import Action
from flowops.model.deployment import Unit
from flowops.model.recovery import Recovered, RecoverRequest
from flowops.model.run import Outcome, Run, RunRequest, Verb
from flowops.model.state_health import KeptVersion
from flowops.model.terraform_call import TerraformCall
from tests.fakes.console import FakeConsole
from tests.integration.child_processes import await_true, meanwhile
from tests.integration.organization import DEV
from tests.integration.team import Team, parameter, team

_NAME = "a-topic-whose-arn-is-far-longer-than-what-terraform-shortens-elsewhere-in-its-lines"
TOPIC = f'\nresource "aws_sns_topic" "this" {{\n  name = "{_NAME}"\n}}\n'
ROLE = """
resource "aws_iam_role" "this" {
  name               = "recovered"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"""
HELD = """
resource "terraform_data" "held" {
  depends_on = [aws_ssm_parameter.one, aws_sns_topic.this, aws_iam_role_policy_attachment.this, terraform_data.this]

  provisioner "local-exec" {
    command = "touch ../../reached; until [ -e '%s' ]; do sleep 0.05; done"
  }
}
"""


@pytest.fixture(scope="module")
def company(own_toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    own_toolchain.install()
    with team(tmp_path_factory.mktemp("company"), own_toolchain) as company:
        company.call("PutBucketVersioning", VersioningConfiguration={"Status": "Enabled"})
        yield company


@pytest.fixture
def ours(company: Team, tmp_path: Path) -> Iterator[Team]:
    """The team with an empty tree; what it applied does not get into the way of the next one."""
    made = company.with_tree(tmp_path)
    yield made
    for key in made.keys():  # noqa: SIM118
        made.call("DeleteObject", Key=key)


def recovery(ours: Team, console: FakeConsole | None = None) -> Recoveries:
    return Recoveries(ours.operator(console), ours.tree.root)


def request(unit: Unit | None = None, **more: Any) -> RecoverRequest:
    flags = {name: more.pop(name) for name in ("yes", "confirm") if name in more}
    words = {"layer": unit.layer, "unit": unit.name} if unit else {}
    return RecoverRequest(RunRequest(Verb.RECOVER, "dev", **words, **{"yes": True, **flags}), **more)


def recover(ours: Team, unit: Unit | None = None, **more: Any) -> Recovered:
    return recovery(ours).recover(request(unit, **more))


def versions(ours: Team, unit: Unit) -> tuple[KeptVersion, ...]:
    return recovery(ours).versions(request(unit))


def stands(ours: Team, unit: Unit) -> dict[str, Any]:
    answer = ours.call("GetObject", Key=unit.state_key(DEV))
    found: dict[str, Any] = json.loads(answer["Body"].read())
    return found


def names(state: dict[str, Any]) -> list[str]:
    return sorted(f"{it['type']}.{it['name']}" for it in state["resources"])


def outcome(run: Run | None) -> tuple[Outcome, str]:
    assert run is not None
    (one,) = run.units
    return one.outcome, one.reason


def unsaved(ours: Team, unit: Unit) -> list[Path]:
    return sorted((ours.tree.root / ".flowops" / "unsaved" / unit.environment / unit.layer / unit.name).glob("*"))


def events(ours: Team, run: Run, kind: str) -> list[dict[str, Any]]:
    lines = (ours.tree.root / ".flowops" / "runs" / run.id / "events.jsonl").read_text().splitlines()
    return [it for it in map(json.loads, lines) if it["event"] == kind]


@pytest.mark.fault(17)
def test_a_state_that_could_not_be_saved_blocks_its_unit_until_recover_has_pushed_it(ours: Team) -> None:
    unit = ours.tree.aws_unit("foundation/lost", parameter("lost"))
    with ours.denied("s3:PutObject", "*.tfstate"):
        assert outcome(ours.apply())[0] is Outcome.STATE_UNSAVED
    (kept,) = unsaved(ours, unit)
    assert kept.stat().st_mode & 0o777 == 0o600
    original = next((ours.tree.deployments / unit.path).rglob("errored.tfstate"))
    assert original.stat().st_mode & 0o777 == 0o600
    for verb in (Verb.PLAN, Verb.APPLY, Verb.DESTROY):
        with pytest.raises(Refused, match="was never saved") as refused:
            ours.operator().run(RunRequest(verb, "dev", yes=True, confirm="dev"))
        assert refused.value.next_step == "flowops recover dev foundation lost"
    done = recover(ours)
    assert done.exit_code is Exit.FINE
    assert outcome(done.run)[0] is Outcome.RECOVERED
    assert names(stands(ours, unit)) == ["aws_ssm_parameter.lost", "terraform_data.this"]
    assert unsaved(ours, unit) == []
    assert not original.exists()
    (saved,) = events(ours, done.run, "saved") if done.run else ()
    assert (saved["serial"], saved["lineage"]) == (stands(ours, unit)["serial"], stands(ours, unit)["lineage"])
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE
    assert recover(ours).run is None


def test_an_unsaved_state_of_many_tries_is_saved_where_none_stood_although_terraform_numbers_it_anew(
    ours: Team,
) -> None:
    unit = ours.tree.aws_unit("foundation/tried", parameter("tried"))
    with ours.denied("s3:PutObject", "*.tfstate"):
        assert outcome(ours.apply())[0] is Outcome.STATE_UNSAVED
    original = next((ours.tree.deployments / unit.path).rglob("errored.tfstate"))
    (kept,) = unsaved(ours, unit)
    kept.unlink()
    # As after an outage in which terraform tried again every twenty seconds.
    original.write_text(json.dumps({**json.loads(original.read_text()), "serial": 3}))
    assert outcome(recover(ours).run)[0] is Outcome.RECOVERED
    assert names(stands(ours, unit)) == ["aws_ssm_parameter.tried", "terraform_data.this"]
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE


@pytest.mark.fault(17)
def test_an_unsaved_state_follows_on_the_one_that_stands_with_serial_and_lineage(ours: Team) -> None:
    unit = ours.tree.aws_unit("foundation/grown", parameter("grown"))
    assert ours.apply().exit_code is Exit.FINE
    before = stands(ours, unit)
    (ours.tree.deployments / unit.path / "more.tf").write_text(parameter("more"))
    with ours.denied("s3:PutObject", "*.tfstate"):
        assert outcome(ours.apply())[0] is Outcome.STATE_UNSAVED
    done = recover(ours, unit)
    after = stands(ours, unit)
    assert outcome(done.run)[0] is Outcome.RECOVERED
    assert (after["lineage"], after["serial"] > before["serial"]) == (before["lineage"], True)
    assert names(after) == ["aws_ssm_parameter.grown", "aws_ssm_parameter.more", "terraform_data.this"]
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE
    # Somebody brings an old state back by hand, past flowops.
    ours.put(unit.state_key(DEV), json.dumps(before).encode())
    with pytest.raises(Refused, match=f"went back to serial {before['serial']}") as refused:
        ours.operator().run(RunRequest(Verb.PLAN, "dev"))
    assert refused.value.next_step.startswith("flowops recover dev foundation grown --version ")
    good = refused.value.next_step.split()[6].rstrip(";")
    assert outcome(recover(ours, unit, version=good).run)[0] is Outcome.RECOVERED
    assert stands(ours, unit) == after
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE


def damage(state: dict[str, Any]) -> dict[str, bytes | None]:
    whole = json.dumps(state).encode()
    return {
        "is empty": b"",
        "is cut off": whole[: len(whole) // 2],
        "is cut off or no state": b"<html>gateway timeout</html>",
        "has format 5": json.dumps({**state, "version": 5}).encode(),
        "was written by terraform 1.99.0": json.dumps({**state, "terraform_version": "1.99.0"}).encode(),
        "has another lineage": json.dumps({**state, "lineage": "other", "serial": 900}).encode(),
        "is gone, though it had": None,
    }


@pytest.mark.fault(28, 29, 30)
def test_every_kind_of_damage_is_refused_before_a_plan_and_one_command_brings_the_last_good_state_back(
    ours: Team,
) -> None:
    unit = ours.tree.unit("foundation/hurt")
    assert ours.apply().exit_code is Exit.FINE
    good = stands(ours, unit)
    ours.operator().run(RunRequest(Verb.PLAN, "dev"))
    for told, content in damage(good).items():
        if content is None:
            ours.call("DeleteObject", Key=unit.state_key(DEV))
        else:
            ours.put(unit.state_key(DEV), content)
        with pytest.raises(Refused, match=told):
            ours.operator().run(RunRequest(Verb.APPLY, "dev", yes=True))
        last = next(it for it in versions(ours, unit) if it.document and json.loads(it.raw or b"") == good)
        assert outcome(recover(ours, unit, version=last.version.id).run)[0] is Outcome.RECOVERED
        assert stands(ours, unit) == good
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE


def held_unit(ours: Team, path: str, resources: str) -> Unit:
    """Write a unit whose apply is held once its resources are there."""
    return ours.tree.aws_unit(path, resources + HELD % ours.tree.gate)


def applied_and_struck(ours: Team, unit: Unit, number: int) -> tuple[Run, FakeConsole]:
    """Apply, and send terraform a signal when it is held."""

    def strike() -> None:
        await_true(lambda: ours.tree.reached(unit), "terraform is held")
        os.kill(working(ours).pid, number)
        ours.tree.release()

    console = FakeConsole()
    with meanwhile(strike, otherwise=ours.tree.release):
        run = ours.apply(console)
    return run, console


def working(ours: Team) -> TerraformCall:
    folders = (ours.tree.root / ".flowops" / "runs").glob("*/*/calls")
    return next(it for folder in folders for it in read_calls(folder) if it.command == "apply" and it.alive)


@pytest.mark.fault(8)
def test_what_a_killed_terraform_had_created_is_imported_and_nothing_is_created_twice(ours: Team) -> None:
    unit = held_unit(ours, "foundation/killed", parameter("one") + TOPIC + ROLE)
    run, _ = applied_and_struck(ours, unit, signal.SIGKILL)
    assert run.exit_code is Exit.PARTLY_DONE
    assert any("flowops recover dev foundation killed --imports" in it for it in run.notes)
    locked = "dev/foundation/killed is still locked by its killed terraform: flowops locks release "
    assert any(it.startswith(locked) for it in run.notes)
    assert f"once its locks are gone: flowops runs resume {run.id}" in run.notes
    ours.call("DeleteObject", Key=ours.lock_key(unit))
    ((lost, text, path),) = recovery(ours).imports(request(unit), write=True).values()
    made = {it.address: it.id for it in lost.complete}
    assert made["aws_ssm_parameter.one"] == "/one"
    assert made["aws_iam_role.this"] == "recovered"
    assert made["aws_sns_topic.this"].endswith(f":{DEV}:{_NAME}")
    assert [it.address for it in lost.in_flight] == ["terraform_data.held"]
    file = Path(path)
    filled = text.replace("<role name>/<policy ARN>", "recovered/arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert filled != text
    file.write_text(filled)
    console = FakeConsole()
    planned = ours.operator(console).run(RunRequest(Verb.PLAN, "dev"))
    assert any("created" in it for it in console.notes)
    (one,) = planned.units
    assert one.plan is not None
    actions = {it.address: it.action for it in one.plan.resource_changes}
    assert {actions[it.address] for it in lost.complete} <= {Action.IMPORT, Action.UPDATE}
    assert actions["terraform_data.held"] is Action.CREATE
    assert not {Action.DELETE, Action.REPLACE} & set(actions.values())
    assert ours.apply().exit_code is Exit.FINE
    file.unlink()
    assert recovery(ours).imports(request(unit), write=False) == {}
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE


SLOW = """
resource "terraform_data" "slow" {
  depends_on = [aws_ssm_parameter.half]

  provisioner "local-exec" {
    command = "touch ../../reached; until [ -e '%s' ]; do sleep 0.05; done; exit 1"
  }
}
"""


@pytest.mark.fault(3)
def test_what_an_interruption_left_tainted_is_kept_once_the_operator_says_that_it_is_whole(ours: Team) -> None:
    unit = ours.tree.aws_unit("foundation/half", parameter("half") + SLOW % ours.tree.gate)
    run, _ = applied_and_struck(ours, unit, signal.SIGINT)
    assert run.exit_code is Exit.PARTLY_DONE
    found = recover(ours)
    assert found.exit_code is Exit.CHANGES
    (tainted,) = found.findings
    assert tainted.command == "flowops recover dev foundation half --untaint foundation/half//terraform_data.slow"
    planned = ours.operator().run(RunRequest(Verb.PLAN, "dev")).units[0].plan
    assert planned is not None
    assert [it.action for it in planned.resource_changes] == [Action.REPLACE]
    before = stands(ours, unit)["serial"]
    done = recover(ours, unit, untaint="foundation/half//terraform_data.slow")
    assert outcome(done.run)[0] is Outcome.RECOVERED
    assert stands(ours, unit)["serial"] > before
    assert done.run is not None
    assert [it["address"] for it in events(ours, done.run, "untainted")] == ["terraform_data.slow"]
    assert ours.operator().run(RunRequest(Verb.PLAN, "dev")).exit_code is Exit.FINE
