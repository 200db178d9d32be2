"""A third Ctrl-C on a real terminal asks for a word, and only that word kills a terraform that heeds nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowops.adapters.progress import Unshown
from flowops.adapters.run_folders import RUNS, RunFolders
from flowops.errors import Exit
from flowops.model.job import Step
from flowops.model.record import RecordedRun
from tests.integration.bench import Bench
from tests.integration.tools import Tools
from tests.integration.watched import Watched
from tests.sandbox import Sandbox

BOARD: dict[str, str] = {}
LINES = {"TERM": "dumb"}
DEAF = """#!/bin/sh
trap : INT
setpriv --pdeathsig KILL {terraform} "$@" &
until wait $!; do :; done
"""
"""A terraform that goes on after an interrupt, as one does that waits for AWS, and dies when it is killed."""


@pytest.fixture
def watch(tmp_path: Path, tools: Tools) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []
    deaf = tmp_path / "terraform"
    deaf.write_text(DEAF.format(terraform=tools.terraform))
    deaf.chmod(0o700)

    def start(env: dict[str, str]) -> Watched:
        program = "tests.integration.terminal_bench"
        made.append(Watched(tmp_path / "tree", Tools(deaf, tools.terragrunt), program=program, **env))
        return made[-1]

    yield start
    for it in made:
        it.close()


def three_times(watched: Watched) -> None:
    """Press Ctrl-C until flowops asks for the word."""
    watched.until_applying()
    for shown in ("draining", "interrupting terraform in dev/foundation/vpc", "type kill and Enter"):
        watched.type("\x03")
        watched.until_shown(shown)


def recorded(watched: Watched) -> RecordedRun:
    return RunFolders(watched.sandbox.root / RUNS).all()[-1]


def answers(run: RecordedRun) -> list[tuple[str, list[str]]]:
    return [(str(it["answer"]), it["at_work"]) for it in run.of_kind("signal")]


VPC = ["dev/foundation/vpc"]
ASKED = [("drain", VPC), ("interrupt terraform", VPC), ("wait for terraform", VPC)]


@pytest.mark.fault(4)
@pytest.mark.parametrize("env", [BOARD, LINES], ids=["board", "lines"])
def test_the_typed_word_kills_terraform_and_the_unit_is_unknown(
    watch: Callable[..., Watched], env: dict[str, str]
) -> None:
    watched = watch(env)
    three_times(watched)
    watched.type("kilt\x7fl\r")
    watched.until_shown("killed terraform in dev/foundation/vpc: what it had not saved is lost")
    assert watched.end() == Exit.INTERRUPTED
    assert watched.settings() == watched.before
    run = recorded(watched)
    assert answers(run) == [*ASKED, ("kill terraform", VPC)]
    assert {it.id: it.outcome.value for it in run.units if it.outcome} == {
        "dev/foundation/vpc": "unknown",
        "dev/foundation/eks": "drained",
    }
    reason = next(it.reason for it in run.units if it.id == VPC[0])
    assert reason.startswith("terraform was killed")
    assert reason.endswith("plan before the next apply")
    assert run.end is not None
    lock = watched.sandbox.lock(watched.held)
    assert lock is not None
    *notes, imports = run.end["notes"]
    assert notes == [
        f"once its locks are gone: flowops runs resume {run.id}",
        f"dev/foundation/vpc is still locked by its killed terraform: flowops locks release {lock['ID']}",
    ]
    assert imports.endswith("flowops recover dev foundation vpc --imports")
    assert "held" not in watched.sandbox.resources(watched.held)
    assert not list((watched.sandbox.root / RUNS / run.id).glob("*/plans")), "nothing is at work with them any more"


@pytest.mark.fault(4)
@pytest.mark.parametrize("env", [BOARD, LINES], ids=["board", "lines"])
@pytest.mark.parametrize("typed", ["no\r", "\r", "d\r"])
def test_anything_else_goes_on_waiting_and_all_is_saved(
    watch: Callable[..., Watched], env: dict[str, str], typed: str
) -> None:
    watched = watch(env)
    three_times(watched)
    watched.type(typed)
    watched.until_shown("going on waiting; Ctrl-C asks again")
    watched.sandbox.release()
    assert watched.end() == Exit.INTERRUPTED
    assert answers(recorded(watched)) == [*ASKED, ("wait for terraform", VPC)]
    assert watched.sandbox.resources(watched.held) == ["held", "this"]
    assert watched.sandbox.locks() == []


@pytest.mark.fault(4)
def test_the_word_typed_before_the_question_kills_nothing(watch: Callable[..., Watched]) -> None:
    watched = watch(LINES)
    watched.until_applying()
    watched.type("kill\r")
    three_times(watched)
    watched.sandbox.release()
    assert watched.end() == Exit.INTERRUPTED
    assert answers(recorded(watched)) == ASKED
    assert watched.sandbox.resources(watched.held) == ["held", "this"]


class NobodyToAsk(Unshown):
    def ask(self, question: str) -> bool:
        raise AssertionError(question)


def test_where_no_terraform_is_at_work_there_is_nothing_to_kill_and_nobody_is_asked(
    tmp_path: Path, tools: Tools
) -> None:
    sandbox, said = Sandbox(tmp_path), list[str]()
    sandbox.unit("foundation/vpc")
    busy = tmp_path / "terragrunt"
    busy.write_text(f"#!/bin/sh\nuntil [ -e '{sandbox.gate}' ]; do sleep 0.05; done\n")
    busy.chmod(0o700)

    def say(line: str) -> None:
        said.append(line)
        if "still waiting" in line:
            sandbox.release()

    bench = Bench(sandbox, tools, busy, NobodyToAsk(), say=say)
    bench.interrupts.level = 3
    bench.run(Step.APPLY)
    assert said[-1] == "still waiting for terragrunt, which ends by itself: no terraform is at work"
