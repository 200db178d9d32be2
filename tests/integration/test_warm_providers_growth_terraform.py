"""Many plans through one pool: nothing in it, nor in flowops, grows with their number."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.providers.folder import EXPECTED
from flowops.adapters.shim import LANE
from flowops.model.deployment import Unit
from tests.integration.child_processes import await_true
from tests.integration.warm_bench import WarmBench, World, parameter

FIRST = 20
SLACK = 4
"""Threads or files that may be there by chance; forty plans that left one each would leave forty."""

MIB = 2**20
ROOM = {"pool": 8 * MIB, "flowops": 8 * MIB, "provider": 100 * MIB}
"""The provider is Go, which takes memory in large steps and gives it back late."""


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Iterator[WarmBench]:
    bench = WarmBench.at(tmp_path, world)
    yield bench
    bench.close()


@dataclass(frozen=True)
class Size:
    """What a process holds."""

    threads: int
    files: int
    sockets: int
    memory: int

    def exceeds(self, before: Size, room: int) -> bool:
        """Say whether this is more than `before`, apart from what comes and goes."""
        grown = (self.threads - before.threads, self.files - before.files, self.sockets - before.sockets)
        return max(grown) > SLACK or self.memory > before.memory + room

    @classmethod
    def of(cls, pid: int) -> Size:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if os.path.lexists(file)]
        sockets = sum(link.startswith("socket:") for link in links)
        return cls(int(status["Threads"]), len(links), sockets, int(status["VmRSS"].split()[0]) * 1024)


def plan_as_a_job_does(bench: WarmBench, world: World, unit: Unit, folder: Path) -> None:
    """Open lanes, run terraform, close the lanes; without terragrunt, which would only cost time here."""
    env = {**world.env(), "TF_VAR_text": "hello"}
    lanes = bench.warm.open([unit], env, folder, frozenset(), writes=False)
    assert lanes is not None
    home = bench.sandbox.folder(unit)
    attached = {"TF_REATTACH_PROVIDERS": Path(f"{folder}{home}", LANE).read_text()}
    for command in ("plan",) if (home / ".terraform").exists() else ("init", "plan"):
        argv = [str(world.tools.terraform), command, "-no-color", "-input=false"]
        done = Processes().run(argv, env=env | attached, cwd=home, timeout=120)
        assert done.succeeded, done.stderr
    assert lanes.close() == {unit: ""}


def sizes(world: World) -> dict[str, Size]:
    """Return the sizes of pool, provider and this process, once the last lane is closed."""
    await_true(lambda: lane_sockets(world) == [], "the end of the last lane")
    gc.collect()
    (pool,), (provider,) = world.pools(), world.providers()
    return {"pool": Size.of(pool), "provider": Size.of(provider), "flowops": Size.of(os.getpid())}


def lane_sockets(world: World) -> list[Path]:
    return [file for file in world.runtime.glob("*/*") if file.name.isdigit()]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.soak)])
def test_plans_leave_nothing_behind(bench: WarmBench, world: World, tmp_path: Path, count: int) -> None:
    unit = bench.sandbox.aws("foundation/unit", parameter("one"))
    for number in range(FIRST):
        plan_as_a_job_does(bench, world, unit, tmp_path / str(number))
    before, files = sizes(world), sorted(it.name for it in world.runtime.glob("*/*"))
    assert EXPECTED not in files  # it held the whole environment
    for number in range(FIRST, count):
        plan_as_a_job_does(bench, world, unit, tmp_path / str(number))
    after = sizes(world)
    print(*(f"{name}: {before[name]} after {FIRST} plans, {after[name]} after {count}" for name in after), sep="\n")
    assert sorted(it.name for it in world.runtime.glob("*/*")) == files
    for name, now in after.items():
        assert not now.exceeds(before[name], ROOM[name]), name
