"""plan and apply of all environments: each in turn with its own confirmation, protected ones last."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from flowops.errors import Declined, Exit, FlowopsError, UnknownTarget, UsageError
from flowops.model.deployment import Deployment, Environment
from flowops.model.run import Run, RunRequest
from flowops.model.runs import Ended, Runs


def every_environment(
    request: RunRequest,
    deployment: Deployment,
    run: Callable[[RunRequest], Run],
    note: Callable[[str], object],
    *,
    confirmed: Collection[str],
) -> Runs:
    """Run `request` in each environment that has such units, and return how each turn ended.

    `confirmed` are the environments that the command line confirms by name. An apply stops where an environment is not
    done, for the next one is more precious; only a no of the operator is about that environment alone.
    """
    for name in confirmed:
        if name not in (known := [it.name for it in deployment.environments]):
            raise UnknownTarget("environment", name, known, where=" for --confirm")
    ended: list[Ended] = []
    for environment in having_units(deployment, request.layer, request.unit):
        if ended and not _goes_on(request, ended[-1]):
            note(f"{environment.name}: not begun, because {ended[-1].environment} is not done")
            ended.append(Ended(environment.name))
            continue
        note(f"{request.verb.value} {environment.name}")
        name = environment.name
        ended.append(_turn(replace(request, environment=name, confirm=name if name in confirmed else ""), run, note))
    return Runs(tuple(ended))


def having_units(deployment: Deployment, layer: str | None = None, unit: str | None = None) -> list[Environment]:
    """Return the environments with such units, protected ones last; UsageError where there is none."""
    having = [
        environment
        for environment in deployment.environments
        if any(layer in (None, it.layer) and unit in (None, it.name) for it in environment.units)
    ]
    if not having:
        named = "".join(f" {it}" for it in (layer, unit) if it)
        raise UsageError(
            f"No environment has a unit{named}.",
            not_done="Nothing was started.",
            # Without any unit there is no graph to look at, either.
            next_step="flowops graph ENV" if named else "flowops doctor",
        )
    return sorted(having, key=lambda it: it.protected)


def _turn(request: RunRequest, run: Callable[[RunRequest], Run], note: Callable[[str], object]) -> Ended:
    try:
        return Ended(request.environment, run(request))
    except FlowopsError as error:
        for line in str(error).splitlines():
            note(f"{request.environment}: {line}")
        return Ended(request.environment, error=error)


def _goes_on(request: RunRequest, before: Ended) -> bool:
    if before.exit_code in (Exit.INTERRUPTED, Exit.TERMINATED):
        return False
    # What was not begun lets nothing behind it begin.
    begun = before.run is not None or before.error is not None
    return begun and (request.verb.reads or before.done or isinstance(before.error, Declined))
