"""Runs over fakes in one line each: what is asked, what stands, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime

from flowops.model.job import Step
from flowops.model.run import Run, RunRequest, Verb
from flowops.operations import run as operations
from tests.fakes import tree
from tests.fakes.run import World, create, world

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
FOUNDATION = ("vpc", "efs", "eks", "eks-components", "resource-group")


def apply(world: World, *target: str, **flags: object) -> Run:
    request = RunRequest(Verb.APPLY, *(target or ("dev", "foundation")), **({"yes": True} | flags))  # type: ignore[arg-type]
    return operations.apply(request, world.ports, NOW)


def destroy(world: World, *target: str, **flags: object) -> Run:
    words = target or ("dev", "foundation")
    request = RunRequest(Verb.DESTROY, *words, **({"yes": True, "confirm": words[0]} | flags))  # type: ignore[arg-type]
    return operations.destroy(request, world.ports, NOW)


def plan(world: World, *target: str, **flags: object) -> Run:
    request = RunRequest(Verb.PLAN, *(target or ("dev", "foundation")), **flags)  # type: ignore[arg-type]
    return operations.plan(request, world.ports, NOW)


def outcomes(run: Run) -> dict[str, str]:
    return {it.unit.name: it.outcome.value for it in run.units}


def everything_new() -> World:
    made = world()
    for name in FOUNDATION:
        made.changing(f"foundation/{name}", create())
    return made


def everything_new_in(made: World, environment: str) -> World:
    for name in FOUNDATION:
        made.engine.changes[tree.unit(f"foundation/{name}", environment)] = (create(),)
    return made


def everything_standing() -> World:
    return world().standing(*(f"foundation/{name}" for name in FOUNDATION))


def steps(world: World) -> list[Step]:
    return [job.step for job in world.engine.jobs]
