"""A run as its journal tells it: what was asked, by whom, what each unit came to, and how it ended. Pure."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from flowops.model.run import Outcome, RunRequest, Verb, WarmProviders

ENDS = ("finished", "failed", "settled")
"""The events that close a journal: the run's end, an error, or what a later flowops found out about a killed run."""

OUTPUT = "output"
"""No event of a journal: a line that a terraform printed, between the events when a run is followed."""

Event = Mapping[str, Any]


@dataclass(frozen=True)
class RecordedUnit:
    """One unit of a recorded run; without an outcome it is not known yet. `changes` are `action address`."""

    id: str
    outcome: Outcome | None = None
    reason: str = ""
    seconds: float = 0.0
    changes: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the unit is where the run wanted it."""
        return self.outcome is not None and self.outcome.done


@dataclass(frozen=True)
class RecordedRun:
    """The events of one run, oldest first; at least the first one is there."""

    id: str
    events: tuple[Event, ...]

    @property
    def request(self) -> RunRequest:
        """Return what was asked."""
        return request_from(self._first["request"])

    @property
    def started(self) -> datetime:
        """Return when flowops started."""
        return datetime.fromisoformat(self._first["time"])

    @property
    def last_seen(self) -> datetime:
        """Return when the last event was written: where flowops was killed, it lived until then at least."""
        return datetime.fromisoformat(self.events[-1]["time"])

    @property
    def host(self) -> str:
        """Return the machine."""
        return str(self._first.get("host", ""))

    @property
    def process(self) -> tuple[int, int]:
        """Return flowops' pid and the ticks at which the kernel started it."""
        return int(self._first.get("pid", 0)), int(self._first.get("ticks", 0))

    @property
    def terragrunts(self) -> tuple[tuple[int, int], ...]:
        """Return pid and ticks of every terragrunt that changed or planned something."""
        return tuple((int(it["pid"]), int(it["ticks"])) for it in self.of_kind("terragrunt"))

    @property
    def who(self) -> str:
        """Return who called AWS, else who started flowops."""
        callers = self.of_kind("caller")
        return str(callers[0]["arn"]) if callers else f"{self._first.get('user', '')}@{self.host}"

    @property
    def end(self) -> Event | None:
        """Return the event that closed the journal, None while nothing has."""
        return next((it for it in reversed(self.events) if it["event"] in ENDS), None)

    @property
    def exit_code(self) -> int | None:
        """Return flowops' exit code, None while there is none."""
        return int(self.end["exit_code"]) if self.end else None

    @property
    def killed(self) -> bool:
        """Whether flowops did not come to the end of this run, and a later one wrote it down."""
        return self.end is not None and self.end["event"] == "settled"

    @property
    def error(self) -> str:
        """Return what ended the run before its units had outcomes, "" for nothing."""
        return str(self.end.get("error", "")) if self.end else ""

    @property
    def selected(self) -> tuple[str, ...]:
        """Return the ids of the units that were meant, as far as the run came to know them."""
        return tuple(dict.fromkeys(name for it in self.of_kind("caller") for name in it["units"]))

    @property
    def units(self) -> tuple[RecordedUnit, ...]:
        """Return every unit that was meant or met, by id."""
        found = {name: RecordedUnit(name) for name in self.selected}
        for event in self.events:
            name = event.get("unit", "")
            if event["event"] == "plan":
                changes = tuple(f"{it['action']} {it['address']}" for it in event["changes"])
                found[name] = replace(found.get(name, RecordedUnit(name)), changes=changes)
            elif event["event"] == "unit":
                found[name] = _ended(found.get(name, RecordedUnit(name)), event)
        return tuple(found[name] for name in sorted(found))

    @property
    def left(self) -> tuple[str, ...]:
        """Return the ids of the units that are not where the run wanted them; of an ended run only."""
        return tuple(unit.id for unit in self.units if not unit.done)

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many units have each outcome."""
        return Counter(unit.outcome.value for unit in self.units if unit.outcome is not None)

    def checked(self) -> RecordedRun:
        """Return this run; ValueError, KeyError, TypeError or AttributeError where no flowops wrote its events."""
        repr((self.request, self.started, self.last_seen, self.who, self.process, self.terragrunts))
        repr((self.units, self.exit_code, self.error))
        return self

    def of_kind(self, kind: str) -> tuple[Event, ...]:
        """Return the events of one kind."""
        return tuple(it for it in self.events if it["event"] == kind)

    @property
    def _first(self) -> Event:
        return self.events[0]


def _ended(unit: RecordedUnit, event: Event) -> RecordedUnit:
    return replace(unit, outcome=Outcome(event["outcome"]), reason=event["reason"], seconds=event["seconds"])


def request_data(request: RunRequest) -> dict[str, Any]:
    """Return the request as JSON values."""
    return asdict(request) | {"verb": request.verb.value, "warm_providers": request.warm_providers.value}


def request_from(data: Mapping[str, Any]) -> RunRequest:
    """Return the request that `request_data` wrote; ValueError, KeyError or TypeError where it was not."""
    known = {it.name for it in fields(RunRequest)}
    kept: dict[str, Any] = {
        name: tuple(it) if isinstance(it, list) else it for name, it in data.items() if name in known
    }
    return RunRequest(**kept | {"verb": Verb(data["verb"]), "warm_providers": WarmProviders(data["warm_providers"])})


LOOKING_ANEW = {Verb.RECOVER: "a recovery", Verb.DRIFT: "a drift check"}
"""What a run is called whose rest is looked for anew, not resumed."""


def resuming(request: RunRequest, run_id: str) -> str:
    """Return the command that does what a run left: recoveries and drift checks look anew."""
    anew = request.verb in LOOKING_ANEW
    return shlex.join(("flowops", request.verb.value, *request.target.split())) if anew else on_run("resume", run_id)


def on_run(verb: str, run_id: str) -> str:
    """Return the command that does something with a recorded run; its id is the name of a folder that stands there."""
    return shlex.join(("flowops", "runs", verb, run_id))


def rest_of(run: RecordedRun, approval: RunRequest) -> RunRequest | None:
    """Return the request that does what an ended run left, None where nothing is left.

    It is the run's own, with the flags of `approval` that agree to something: what was agreed to then is not now.
    """
    if run.units and not run.left:
        return None
    return replace(
        run.request,
        yes=approval.yes,
        confirm=approval.confirm,
        allow_replace=approval.allow_replace,
        allow_destroy=approval.allow_destroy,
        without_safeguards=approval.without_safeguards,
        with_dependents=run.request.with_dependents or approval.with_dependents,
        parallelism=approval.parallelism or run.request.parallelism,
        units=run.left or run.request.units,
        resumes=run.id,
        unit_timeout=approval.unit_timeout or run.request.unit_timeout,
    )
