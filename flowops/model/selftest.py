"""A self-test in an account: which environment, whether it may be, what it will make, and what it found. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flowops.errors import Exit, Refused, UnknownTarget, UsageError
from flowops.model.config import Config
from flowops.model.deployment import Selection
from flowops.model.life import Life
from flowops.model.record import RecordedRun
from flowops.model.run import Outcome, Verb, WarmProviders

DESTROY = "destroy"
"""The stage that takes everything away again."""

_MINUTES: Mapping[str, int] = {
    "eks": 30,
    "eks-components": 10,
    "rds-postgres": 25,
    "rds-oracle": 45,
    "opensearch": 50,
    "flowable-app": 15,
    "vpc": 6,
}
_OTHERS = 3
_ROUND = 15
"""Minutes that a unit of the quick start takes on AWS to come and to go, roughly, and those of all that is beside."""

_BILLED: Mapping[str, tuple[str, ...]] = {
    "vpc": ("NAT gateways",),
    "efs": ("file storage",),
    "eks": ("a control plane and its nodes",),
    "eks-components": ("load balancers",),
    "rds-postgres": ("databases",),
    "rds-oracle": ("databases", "a license of Oracle"),
    "opensearch": ("a search domain",),
    "flowable-app": ("load balancers", "volumes"),
}


@dataclass(frozen=True)
class SelftestRequest:
    """What the command line says; an `environment` of None is the only one of the account."""

    account: str
    environment: str | None = None
    layer: str | None = None
    yes: bool = False
    confirm: str = ""
    keep: bool = False
    parallelism: int | None = None
    warm_providers: WarmProviders = WarmProviders.AUTO

    @property
    def command(self) -> str:
        """Return the command line that means this."""
        words = ["flowops", "selftest", "--account", self.account]
        words += ["--environment", self.environment] if self.environment else []
        words += ["--layer", self.layer] if self.layer else []
        words += ["--confirm", self.confirm] if self.confirm else []
        words += ["--keep"] if self.keep else []
        words += ["--yes"] if self.yes else []
        return shlex.join(words)


def chosen_environment(request: SelftestRequest, config: Config) -> str:
    """Return the environment that is tested.

    UnknownTarget or UsageError where the account or the environment is none; Refused where one of the account is
    protected: whoever may make everything there may destroy everything there.
    """
    if request.account not in config.accounts:
        raise UnknownTarget("account", request.account, config.accounts)
    if request.account not in config.environment_accounts():
        raise UsageError(
            f"Account {request.account!r} holds no environment: there is nothing to test there.",
            next_step=f"flowops selftest --account {config.environment_accounts()[0]}",
        )
    names = config.environments_of(request.account)
    if guarded := [name for name in names if config.environments[name].protected]:
        raise Refused(
            f"Environment {', '.join(guarded)} of account {request.account!r} is protected.",
            not_done="Nothing was started: a self-test makes and destroys everything in its account.",
            next_step="flowops init --environment NAME, for one in a sandbox account of its own",
        )
    if request.environment is None and len(names) > 1:
        commands = "\n".join(f"  {replace(request, environment=name).command}" for name in names)
        raise UsageError(
            f"Account {request.account!r} holds {len(names)} environments.",
            not_done="Nothing was started.",
            next_step=commands.strip(),
        )
    if request.environment is not None and request.environment not in names:
        raise UnknownTarget("environment", request.environment, names, where=f" in account {request.account!r}")
    return request.environment or names[0]


def recorded_standing(runs: Iterable[RecordedRun], environments: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the units that stand as far as runs tell: the last one to change each did not destroy it."""
    standing: dict[str, bool] = {}
    for run in sorted(runs, key=lambda it: (it.started, it.id)):
        if run.request.environment in environments and not run.request.verb.reads:
            standing |= {unit.id: stands for unit in run.units if (stands := _stands(run, unit.outcome)) is not None}
    return tuple(sorted(name for name, it in standing.items() if it))


def _stands(run: RecordedRun, outcome: Outcome | None) -> bool | None:
    """Return whether a unit stands after a run, None where the run does not say."""
    if run.request.verb is Verb.DESTROY and outcome in (Outcome.DESTROYED, Outcome.UNCHANGED):
        return False
    said_nothing = outcome in (None, Outcome.BLOCKED, Outcome.DRAINED, Outcome.NOT_RUN, Outcome.PLANNED)
    failed_to_begin = outcome is Outcome.FAILED and run.request.verb is Verb.DESTROY
    return None if said_nothing or failed_to_begin else True


def require_empty(standing: Sequence[str], environment: str, told: str) -> None:
    """Raise Refused where something stands: `told` says who says so."""
    if not standing:
        return
    where = standing[0].partition("/")[0] or environment
    raise Refused(
        f"{', '.join(standing)} {told}: a self-test begins with nothing.",
        not_done="Nothing was started.",
        next_step=f"flowops status {where}, then flowops destroy {where} if it is to go",
    )


@dataclass(frozen=True)
class Offer:
    """What a self-test will make, for whoever agrees to it: `minutes` are rough, `billed` costs while it stands."""

    account: str
    account_id: str
    environment: str
    units: tuple[str, ...]
    minutes: int
    billed: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return it in sentences."""
        costs = f": {', '.join(self.billed)}" if self.billed else ""
        return (
            f"account {self.account} ({self.account_id}): bootstrap stacks there and in security, which stay",
            f"environment {self.environment}: {', '.join(self.units)} will be made, looked at and destroyed",
            f"it costs money while it stands{costs}",
            f"it takes roughly {self.minutes} minutes",
        )


def offer_of(account: str, account_id: str, selection: Selection) -> Offer:
    """Return what a self-test of these units will make."""
    names = [unit.name for unit in selection.units]
    minutes = _ROUND + sum(_MINUTES.get(name, _OTHERS) for name in names)
    billed = dict.fromkeys(it for name in names for it in _BILLED.get(name, ()))
    units = tuple(f"{unit.layer}/{unit.name}" for unit in selection.units)
    return Offer(account, account_id, selection.environment.name, units, minutes, tuple(billed))


@dataclass(frozen=True)
class SelftestResult:
    """A finished self-test; `kept_in` is the file that it is kept in."""

    id: str
    started: datetime
    request: SelftestRequest
    environment: str
    life: Life
    kept_in: str = ""

    @property
    def gone(self) -> bool:
        """Whether everything that was made was destroyed, and nothing was left behind."""
        names = {it.name: it.held for it in self.life.stages}
        made = "apply" in names
        return not made or (names.get(DESTROY, False) and names.get("sweep", False))

    @property
    def exit_code(self) -> Exit:
        """Return the life's code; where nothing is left of what was made, a part that is done counts as a failure."""
        code = self.life.exit_code
        return Exit.FAILED if code is Exit.PARTLY_DONE and self.gone else code

    @property
    def units(self) -> Mapping[str, Mapping[str, float]]:
        """Return the seconds of each unit in each stage that worked on it."""
        found: dict[str, dict[str, float]] = {}
        for stage in self.life.stages:
            for it in stage.finding.units:
                found.setdefault(it.unit, {})[stage.name] = round(it.seconds, 1)
        return found

    @property
    def following(self) -> str:
        """Return the command that takes away what still stands, "" where nothing does."""
        target = " ".join(filter(None, (self.environment, self.request.layer)))
        return "" if self.gone else f"flowops destroy {target} --confirm {self.environment}"


def stages_data(life: Life) -> list[dict[str, Any]]:
    """Return the stages as JSON values."""
    return [
        {
            "stage": it.name,
            "seconds": round(it.seconds, 3),
            "held": it.held,
            "summary": it.finding.summary,
            "trouble": it.finding.trouble,
            "listed": list(it.finding.listed),
        }
        for it in life.stages
    ]


def data_of(result: SelftestResult) -> dict[str, Any]:
    """Return a self-test as JSON values."""
    return {
        "id": result.id,
        "started": result.started.isoformat(timespec="seconds"),
        "account": result.request.account,
        "environment": result.environment,
        "layer": result.request.layer,
        "exit_code": int(result.exit_code),
        "gone": result.gone,
        "next": result.following,
        "stages": stages_data(result.life),
        "units": {name: dict(seconds) for name, seconds in result.units.items()},
    }
