"""Every run leaves a report behind, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from flowops.errors import CredentialsError, Declined, Exit, Refused, UsageError
from flowops.model.changes import Action
from flowops.model.job import Step
from flowops.model.report import NOT_REACHED, Report, RunReport
from flowops.model.run import Run, RunRequest, Verb
from flowops.operations import run as operations
from flowops.operations.ports.run import RunPorts
from flowops.operations.reporting import Reporting
from tests.fakes import tree
from tests.fakes.run import World, change
from tests.unit.operations.runs import NOW, everything_new, everything_standing

VERBS = {Verb.PLAN: operations.plan, Verb.APPLY: operations.apply, Verb.DESTROY: operations.destroy}


@dataclass
class Kept:
    """Files that keep each report; `trouble` is what could not be done."""

    reports: list[Report] = field(default_factory=list)
    trouble: tuple[str, ...] = ()

    def write(self, report: Report) -> Sequence[str]:
        self.reports.append(report)
        return self.trouble


def ticking() -> Callable[[], datetime]:
    times = iter(NOW + timedelta(seconds=4 * at) for at in range(100))
    return lambda: next(times)


@dataclass
class Reported:
    """Runs in one world, and what was reported of them."""

    world: World
    files: Kept = field(default_factory=Kept)
    reporting: Reporting = field(init=False)

    def __post_init__(self) -> None:
        self.reporting = Reporting(self.files, ticking())

    def run(self, verb: Verb, begin: Callable[[], RunPorts] | None = None, **flags: object) -> Run:
        request = RunRequest(verb, "dev", "foundation", **flags)  # type: ignore[arg-type]
        return self.reporting.run(VERBS[verb], request, begin or (lambda: self.world.ports), self.world.console.note)

    @property
    def last(self) -> RunReport:
        return self.files.reports[-1].runs[-1]


def test_a_plan_is_reported_unit_by_unit_with_what_it_would_do() -> None:
    reported = Reported(everything_new())
    run = reported.run(Verb.PLAN)
    assert (reported.last.run, reported.last.verb, reported.last.target) == (run.id, "plan", "dev foundation")
    assert (reported.last.started, reported.last.seconds, reported.last.exit_code) == (NOW, 4.0, Exit.CHANGES)
    vpc = next(it for it in reported.last.units if it.unit == "dev/foundation/vpc")
    assert (vpc.outcome, vpc.planned, vpc.count(Action.CREATE)) == ("planned", True, 1)
    assert vpc.resources[0].address == "foundation/vpc//x.this"
    eks = next(it for it in reported.last.units if it.unit == "dev/foundation/eks-components")
    assert eks.provisional_because == next(it.plan for it in run.units if it.unit.id == eks.unit).provisional_because  # type: ignore[union-attr]


def test_a_unit_that_fails_is_reported_with_why_and_what_it_blocked() -> None:
    reported = Reported(everything_new())
    reported.world.engine.failing = {(Step.APPLY, tree.unit("foundation/vpc")): "no room"}
    reported.run(Verb.APPLY, yes=True)
    found = {it.unit.rsplit("/", 1)[1]: it for it in reported.last.units}
    assert (found["vpc"].outcome, "no room" in found["vpc"].reason) == ("failed", True)
    assert (found["eks"].outcome, found["eks"].reason) == ("blocked", "dev/foundation/vpc failed")
    assert reported.last.exit_code is Exit.PARTLY_DONE


def test_a_refused_run_is_reported_with_the_plans_that_it_showed_and_the_refusal() -> None:
    reported = Reported(everything_standing())
    reported.world.changing("foundation/eks", change(Action.REPLACE, "aws_eks_cluster.this", "aws_eks_cluster"))
    with pytest.raises(Refused):
        reported.run(Verb.APPLY, yes=True)
    assert (reported.last.run, reported.last.exit_code, reported.last.status) == ("run-1", Exit.REFUSED, "refused")
    assert "--allow-replace" in reported.last.error
    eks = next(it for it in reported.last.units if it.unit == "dev/foundation/eks")
    assert (eks.outcome, eks.resources[0].stateful, eks.resources[0].action) == (NOT_REACHED, True, Action.REPLACE)


def test_a_question_that_nobody_answers_is_reported() -> None:
    reported = Reported(everything_new())
    with pytest.raises(Declined):
        reported.run(Verb.APPLY)
    assert reported.last.exit_code is Exit.DECLINED
    assert {it.outcome for it in reported.last.units} == {NOT_REACHED}


def test_a_run_that_aws_does_not_let_in_is_reported_without_units() -> None:
    reported = Reported(everything_new())
    reported.world.cloud.acts_left = 0
    with pytest.raises(CredentialsError):
        reported.run(Verb.PLAN)
    assert (reported.last.exit_code, reported.last.units) == (Exit.CREDENTIALS, ())
    assert "The session has expired." in reported.last.error


def test_a_run_that_cannot_even_begin_is_reported_so_that_no_older_report_is_taken_for_its_own() -> None:
    reported = Reported(everything_new())

    def begin() -> RunPorts:
        raise UsageError("There is no flowops.lock yet.")

    with pytest.raises(UsageError):
        reported.run(Verb.PLAN, begin)
    assert (reported.last.run, reported.last.exit_code) == ("", Exit.USAGE)


def test_an_error_of_flowops_itself_is_reported_too() -> None:
    reported = Reported(everything_new())

    def broken() -> object:
        raise KeyError("x")

    reported.world.engine.after_job = broken
    with pytest.raises(KeyError):
        reported.run(Verb.PLAN)
    assert (reported.last.exit_code, reported.last.error) == (Exit.FAILED, "KeyError: 'x'")


def test_each_run_of_a_command_line_is_added_to_the_report() -> None:
    reported = Reported(everything_new())
    reported.run(Verb.PLAN)
    reported.run(Verb.APPLY, yes=True)
    assert [[run.verb for run in it.runs] for it in reported.files.reports] == [["plan"], ["plan", "apply"]]


def test_a_report_that_cannot_be_written_is_said_and_changes_nothing_about_the_run() -> None:
    reported = Reported(everything_new(), Kept(trouble=("The report x could not be written: no space",)))
    assert reported.run(Verb.APPLY, yes=True).exit_code is Exit.FINE
    assert "The report x could not be written: no space" in reported.world.console.notes


def test_what_is_destroyed_is_reported_as_destroyed() -> None:
    reported = Reported(everything_standing())
    reported.run(Verb.DESTROY, yes=True, confirm="dev")
    assert {(it.outcome, it.count(Action.DELETE)) for it in reported.last.units} == {("destroyed", 1)}
