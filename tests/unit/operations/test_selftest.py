"""A self-test in an account: who is refused, who is asked, and that what was made is destroyed however it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from flowops.adapters.breaks import Breaks
from flowops.errors import Declined, Exit, FlowopsError, Refused, UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.deployment import Deployment, Selection
from flowops.model.life import Finding, Timed
from flowops.model.record import RecordedRun
from flowops.model.run import RunRequest, Verb
from flowops.model.selftest import SelftestRequest, SelftestResult, offer_of
from flowops.operations.life import Watching
from flowops.operations.ports.selftest import SelftestPorts
from flowops.operations.selftest import selftest
from tests.fakes import tree
from tests.fakes.console import FakeConsole
from tests.fakes.recorded import BEGIN, ended, finished, recorded
from tests.stages import OF_SELFTEST

VPC, EKS = "dev/foundation/vpc", "dev/foundation/eks"
AGREED = SelftestRequest("dev", layer="foundation", yes=True, confirm="dev")
CONFIG: dict[str, Any] = {
    "project": "flowable",
    "region": "eu-central-1",
    "management": {"profile": "flw-iac", "role": "OrganizationAccountAccessRole"},
    "operator": {"profile": "ops"},
    "accounts": {
        "security": {"id": "111111111111", "profile": "s"},
        "dev": {"id": "222222222222", "profile": "d"},
        "prod": {"id": "333333333333", "profile": "p"},
    },
    "environments": {
        "dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"},
        "prod": {"account": "prod", "path": "aws/prod/eu-central-1/prod", "protected": True},
    },
    "layers": ["foundation", "app"],
}


@dataclass
class Account:
    """An account in which stages do what they are told to; `stands` are the units that were made and not destroyed."""

    troubles: dict[str, Callable[[], Finding]] = field(default_factory=dict)
    stands: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Callable[[], Finding]:
        return lambda: self._do(name)

    def apply(self) -> Finding:
        self.stands |= {VPC}
        found = self._do("apply")
        self.stands |= {EKS}
        return replace(found, units=(Timed(VPC, "applied", 61.26), Timed(EKS, "applied", 600.0)))

    def destroy_anew(self) -> Finding:
        found = self._do("destroy")
        self.stands.clear()
        return replace(found, units=(Timed(VPC, "destroyed", 30.0),))

    def sweep(self) -> Finding:
        self._do("sweep")
        return Finding("swept", ", ".join(self.stands))

    def _do(self, name: str) -> Finding:
        self.done.append(name)
        return self.troubles.get(name, lambda: Finding("well"))()

    def keep(self, name: str, data: dict[str, Any]) -> str:
        self.kept[name] = data
        return f"/p/{name}.json"


@dataclass
class Test:
    """One self-test with everything around it."""

    account: Account = field(default_factory=Account)
    console: FakeConsole = field(default_factory=FakeConsole)
    config: Config = field(default_factory=lambda: Config.model_validate(CONFIG))
    deployment: Deployment = field(default_factory=tree.deployment)
    runs: Sequence[RecordedRun] = ()
    states: Sequence[str] = ()

    __test__ = False

    def run(self, request: SelftestRequest = AGREED) -> SelftestResult:
        ports = SelftestPorts(
            config=self.config,
            deployment=self.deployment,
            console=self.console,
            runs=lambda: self.runs,
            standing=lambda _names: self.states,
            stages=lambda _environment: self.account,
            watching=Watching(lambda: 0.0, self.console.note, lambda _stage: None, Breaks()),
            keep=self.account.keep,
            clock=lambda: BEGIN,
        )
        return selftest(request, ports)


def refused(test: Test, kind: type[FlowopsError], request: SelftestRequest = AGREED) -> FlowopsError:
    """Return the error, after a look that nothing was done."""
    with pytest.raises(kind) as caught:
        test.run(request)
    assert test.account.done == []
    assert test.account.kept == {}
    return caught.value


# -- a good one ------------------------------------------------------------------------------------------------------


def test_a_life_is_lived_and_nothing_is_left() -> None:
    test = Test()
    result = test.run()
    assert (result.exit_code, result.gone, result.following) == (Exit.FINE, True, "")
    assert test.account.done[-2:] == ["destroy", "sweep"]
    assert tuple(it.name for it in result.life.stages) == OF_SELFTEST


def test_the_result_is_kept_with_the_seconds_of_each_unit_in_each_stage() -> None:
    test = Test()
    result = test.run()
    (kept,) = test.account.kept.values()
    assert result.kept_in == "/p/20261128T120000Z-selftest-dev.json"
    assert kept["units"] == {VPC: {"apply": 61.3, "destroy": 30.0}, EKS: {"apply": 600.0}}
    assert (kept["account"], kept["environment"], kept["layer"], kept["exit_code"]) == ("dev", "dev", "foundation", 0)


def test_what_will_be_made_what_it_costs_and_how_long_it_takes_is_said_before_the_question() -> None:
    console = FakeConsole(answers=["dev"], interactive=True)
    told: list[str] = []
    console.meanwhile = lambda: told.extend(console.notes)
    Test(console=console).run(SelftestRequest("dev", layer="foundation"))
    text = "\n".join(told)
    assert "account dev (222222222222)" in text
    assert "foundation/vpc, foundation/efs, foundation/eks" in text
    assert "costs money while it stands: NAT gateways" in text
    assert "roughly 67 minutes" in text


# -- refusals --------------------------------------------------------------------------------------------------------


def test_an_unknown_account_is_answered_with_the_nearest() -> None:
    error = refused(Test(), UnknownTarget, replace(AGREED, account="def"))
    assert "'dev'" in error.happened


def test_an_account_without_an_environment_has_nothing_to_test() -> None:
    assert "holds no environment" in refused(Test(), UsageError, replace(AGREED, account="security")).happened


def test_an_account_with_a_protected_environment_is_refused_whichever_is_meant() -> None:
    error = refused(Test(), Refused, replace(AGREED, account="prod", confirm="prod"))
    assert error.exit_code is Exit.REFUSED
    shared = {
        **CONFIG,
        "environments": {**CONFIG["environments"], "live": {**CONFIG["environments"]["prod"], "account": "dev"}},
    }
    shared["environments"]["live"]["path"] = "aws/non-prod/eu-central-1/live"
    test = Test(config=Config.model_validate(shared))
    assert "live" in refused(test, Refused, replace(AGREED, environment="dev")).happened


def test_of_several_environments_one_has_to_be_named() -> None:
    two = {
        **CONFIG,
        "environments": {**CONFIG["environments"], "qa": {"account": "dev", "path": "aws/non-prod/eu-central-1/qa"}},
    }
    test = Test(config=Config.model_validate(two))
    error = refused(test, UsageError)
    assert error.exit_code is Exit.USAGE
    assert "flowops selftest --account dev --environment qa --layer foundation --confirm dev --yes" in error.next_step
    assert "'dev'" in refused(test, UnknownTarget, replace(AGREED, environment="den")).happened
    assert test.run(replace(AGREED, environment="dev")).exit_code is Exit.FINE


def test_an_unknown_layer_is_answered_before_anything_is_asked() -> None:
    assert "'foundation'" in refused(Test(), UnknownTarget, replace(AGREED, layer="foundaton")).happened


def test_what_stands_as_its_state_says_is_refused_with_the_command_that_shows_it() -> None:
    error = refused(Test(states=[VPC]), Refused)
    assert VPC in error.happened
    assert error.next_step.startswith("flowops status dev")


DESTROY = RunRequest(Verb.DESTROY, "dev", "foundation")


@pytest.mark.parametrize(
    ("runs", "stands"),
    [
        ([recorded(ended(VPC, "applied"), finished())], True),
        ([recorded(ended(VPC, "unchanged"), finished())], True),
        ([recorded(ended(VPC, "failed"), finished(1))], True),
        ([recorded(ended(VPC, "unknown"), finished(3))], True),
        ([recorded(ended(VPC, "blocked"), finished(1))], False),
        ([recorded(ended(VPC, "applied"), finished(), request=RunRequest(Verb.PLAN, "dev"))], False),
        ([recorded(ended(VPC, "applied"), finished(), request=RunRequest(Verb.APPLY, "prod"))], False),
    ],
)
def test_what_a_recorded_run_made_is_refused_unless_a_later_one_destroyed_it(
    runs: list[RecordedRun], *, stands: bool
) -> None:
    if stands:
        assert "recorded runs" in refused(Test(runs=runs), Refused).happened
    else:
        assert Test(runs=runs).run().exit_code is Exit.FINE
    for outcome in ("destroyed", "unchanged"):
        gone = recorded(ended(VPC, outcome), finished(), run_id="20261128T130000Z-destroy-dev", request=DESTROY)
        assert Test(runs=[gone, *runs]).run().exit_code is Exit.FINE
    if stands:
        failing = recorded(ended(VPC, "failed"), finished(1), run_id="20261128T130000Z-destroy-dev", request=DESTROY)
        refused(Test(runs=[failing, *runs]), Refused)


# -- the question ----------------------------------------------------------------------------------------------------


def test_nobody_to_ask_ends_with_7_and_the_flags() -> None:
    for request in (SelftestRequest("dev"), SelftestRequest("dev", yes=True), SelftestRequest("dev", confirm="dev")):
        error = refused(Test(), Declined, request)
        assert error.exit_code is Exit.DECLINED
        assert error.next_step == "flowops selftest --account dev --confirm dev --yes"


def test_another_name_than_the_account_s_is_no_agreement() -> None:
    refused(Test(), Declined, replace(AGREED, confirm="prod"))
    refused(Test(console=FakeConsole(answers=["prod"], interactive=True)), Declined, SelftestRequest("dev", yes=True))
    refused(Test(console=FakeConsole(answers=["n"], interactive=True)), Declined, SelftestRequest("dev", confirm="dev"))


def test_the_name_typed_at_the_terminal_is_enough() -> None:
    console = FakeConsole(answers=["dev"], interactive=True)
    assert Test(console=console).run(SelftestRequest("dev")).exit_code is Exit.FINE
    assert len(console.asked) == 1


# -- bad ends --------------------------------------------------------------------------------------------------------


def bad(code: Exit) -> Callable[[], Finding]:
    return lambda: Finding("badly", "it broke", exit_code=code)


def interrupted() -> Finding:
    os.kill(os.getpid(), signal.SIGINT)
    return Finding("never reached")


def test_a_failed_apply_is_destroyed_and_counts_as_a_failure_that_left_nothing() -> None:
    test = Test(Account({"apply": bad(Exit.PARTLY_DONE)}))
    result = test.run()
    assert test.account.done[-3:] == ["apply", "destroy", "sweep"]
    assert (result.exit_code, result.gone, test.account.stands) == (Exit.FAILED, True, set())


def test_ctrl_c_in_the_middle_of_an_apply_is_followed_by_the_destroy() -> None:
    test = Test(Account({"apply": interrupted}))
    result = test.run()
    assert test.account.done[-3:] == ["apply", "destroy", "sweep"]
    assert (result.exit_code, result.gone, test.account.stands) == (Exit.INTERRUPTED, True, set())
    assert len(test.account.kept) == 1


def test_ctrl_c_in_the_destroy_too_says_what_to_type() -> None:
    test = Test(Account({"apply": interrupted, "destroy": interrupted}))
    result = test.run()
    assert test.account.done[-2:] == ["apply", "destroy"]
    assert (result.exit_code, result.gone) == (Exit.INTERRUPTED, False)
    assert result.following == "flowops destroy dev foundation --confirm dev"
    assert test.account.stands == {VPC}


def test_a_destroy_that_failed_is_partly_done_and_says_what_to_type() -> None:
    result = Test(Account({"destroy": bad(Exit.PARTLY_DONE)})).run()
    assert (result.exit_code, result.gone) == (Exit.PARTLY_DONE, False)
    assert result.following == "flowops destroy dev foundation --confirm dev"


def test_with_keep_a_bad_end_is_left_to_be_looked_at_and_a_good_one_is_destroyed() -> None:
    test = Test(Account({"rollout": bad(Exit.FAILED)}))
    result = test.run(replace(AGREED, keep=True))
    assert test.account.done[-1] == "rollout"
    assert (result.exit_code, result.following) == (Exit.FAILED, "flowops destroy dev foundation --confirm dev")
    assert Test().run(replace(AGREED, keep=True)).gone


def test_before_the_apply_there_is_nothing_to_destroy() -> None:
    test = Test(Account({"nothing_stands": bad(Exit.REFUSED)}))
    result = test.run()
    assert test.account.done[-1] == "nothing_stands"
    assert (result.exit_code, result.gone, result.following) == (Exit.REFUSED, True, "")


def test_what_costs_money_is_named_once() -> None:
    environment = tree.environment()
    selection = Selection(environment, environment.layers, environment.units)
    assert offer_of("dev", "222222222222", selection).billed == (
        "NAT gateways",
        "file storage",
        "a control plane and its nodes",
        "load balancers",
        "databases",
        "a license of Oracle",
        "volumes",
    )
