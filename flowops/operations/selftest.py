"""selftest: the life of an environment in an account of AWS, for what no emulated one can prove."""

from __future__ import annotations

from dataclasses import replace

from flowops.errors import Declined
from flowops.model.deployment import select
from flowops.model.life import Life
from flowops.model.selftest import (
    DESTROY,
    SelftestRequest,
    SelftestResult,
    chosen_environment,
    data_of,
    offer_of,
    recorded_standing,
    require_empty,
)
from flowops.model.stacks import account_id
from flowops.operations.agreeing import require_yes, wrong_confirm
from flowops.operations.life import Step, live
from flowops.operations.ports.run import Console
from flowops.operations.ports.selftest import SelftestPorts, SelftestStages


def selftest(request: SelftestRequest, ports: SelftestPorts) -> SelftestResult:
    """Live the life of an environment in its account, destroy what it made however it went, and keep the result.

    Before anything is made: UnknownTarget or UsageError for a name that fits none, Refused where an environment of the
    account is protected or something stands in one, Declined where nobody agrees.
    """
    environment = chosen_environment(request, ports.config)
    selection = select(ports.deployment, environment, request.layer)
    if request.confirm and request.confirm != request.account:
        raise _declined(request, wrong_confirm(request.confirm, "account", request.account))
    everyone = ports.config.environments_of(request.account)
    require_empty(recorded_standing(ports.runs(), everyone), environment, "stand as far as the recorded runs tell")
    require_empty(ports.standing(everyone), environment, "stand, as their states say")
    for line in offer_of(request.account, account_id(ports.config, request.account), selection).lines:
        ports.console.note(line)
    _agree(request, ports.console)
    started = ports.clock()
    life = _lived(request, ports.stages(environment), ports)
    name = f"{started:%Y%m%dT%H%M%SZ}-selftest-{request.account}"
    result = SelftestResult(name, started, request, environment, life)
    return replace(result, kept_in=ports.keep(name, data_of(result)))


def _lived(request: SelftestRequest, stages: SelftestStages, ports: SelftestPorts) -> Life:
    steps = (
        Step("accounts", stages.accounts),
        Step("bootstrap", stages.bootstrap),
        Step("operator", stages.operator),
        Step("secrets", stages.secrets),
        Step("checks", stages.checks),
        Step("nothing stands", stages.nothing_stands),
        Step("render", stages.render),
        Step("apply", stages.apply, makes=True),
        Step("rollout", stages.rollout),
        Step("second plan", stages.second_plan),
        Step("drift check", stages.drift_check),
        Step("listing", stages.listing),
    )
    ending = (Step(DESTROY, stages.destroy_anew), Step("sweep", stages.sweep))
    return live(steps, ports.watching, ending=ending, keep=request.keep)


def _agree(request: SelftestRequest, console: Console) -> None:
    """Return when somebody agreed, on the command line or at the terminal; Declined where nobody did."""
    if request.confirm and request.yes:
        return
    typed = f"Type the account's name, {request.account}, to make and destroy this in it: "
    require_yes(
        console,
        "Begin? [y/N] " if request.confirm else typed,
        name="" if request.confirm else request.account,
        unanswered=_declined(request, "The self-test needs a yes, and nobody is there to give it."),
        declined=_declined(request, "The self-test was declined."),
    )


def _declined(request: SelftestRequest, happened: str) -> Declined:
    agreed = replace(request, confirm=request.account, yes=True)
    return Declined(happened, not_done="Nothing was started.", next_step=agreed.command)
