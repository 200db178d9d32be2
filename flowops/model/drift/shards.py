"""Which part of the units one machine of several looks at. Pure.

GitLab counts from 1: https://docs.gitlab.com/ci/variables/predefined_variables/ (CI_NODE_INDEX)
Kubernetes and AWS Batch count from 0: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode,
https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html (AWS_BATCH_JOB_ARRAY_INDEX)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from flowops.errors import UsageError, shown
from flowops.model.drift.result import Shard
from flowops.model.drift.stored import shard_from

VERSION = 1
"""Version of the plan file's form."""

AUTO = "auto"
KUBERNETES = "JOB_COMPLETION_INDEX"
_ENGINES = (("CI_NODE_INDEX", "CI_NODE_TOTAL", 1), ("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", 0))
"""The variable that counts, the one that says how many there are, and the number of the first."""

_FORMS = "--shard 2/8, --shard /8 in a Kubernetes Indexed Job, or --shard auto in GitLab and AWS Batch"


def shard_of(text: str, environment: Mapping[str, str]) -> Shard:
    """Return the shard that `--shard` means: `i/n`, `/n` with Kubernetes' count, or `auto` for GitLab and AWS Batch.

    UsageError for anything else, and where a variable that it needs is missing or makes no sense.
    """
    if text == AUTO:
        return _of_engine(environment)
    if text.startswith("/"):
        return _shard(_number(KUBERNETES, environment, f"--shard {text}") + 1, text[1:], f"--shard {text}")
    index, _, count = text.partition("/")
    return _shard(index, count, f"--shard {text}")


def unit_shard(unit_id: str, count: int) -> int:
    """Return the number, from 1 to `count`, of the shard that a unit is in: the same on every machine, for ever."""
    return int.from_bytes(sha256(unit_id.encode()).digest()[:8], "big") % count + 1


def in_shard(units: Iterable[str], shard: Shard, plan: Mapping[str, int] | None) -> tuple[str, ...]:
    """Return the ids among `units` that are in the shard, sorted; those that no plan assigns go by their hash."""
    assigned = plan or {}
    return tuple(sorted(it for it in units if assigned.get(it, unit_shard(it, shard.count)) == shard.index))


def whole(shards: Sequence[Shard]) -> bool:
    """Return whether a result that is made of these parts lacks none; of no parts is one that was never divided."""
    return not shards or len(set(shards)) == shards[0].count


def balanced(seconds: Mapping[str, float], count: int) -> Mapping[str, int]:
    """Return a shard for each unit so that all take about as long: the longest first, each to the least loaded."""
    loads = dict.fromkeys(range(1, count + 1), 0.0)
    assigned = {}
    for unit_id in sorted(seconds, key=lambda it: (-seconds[it], it)):
        assigned[unit_id] = min(loads, key=lambda it: (loads[it], it))
        loads[assigned[unit_id]] += seconds[unit_id]
    return assigned


def plan_to_data(assigned: Mapping[str, int], count: int) -> dict[str, Any]:
    """Return a plan file's content."""
    return {"flowops_shards_version": VERSION, "count": count, "units": dict(sorted(assigned.items()))}


def plan_from_data(data: Any, count: int, where: str) -> Mapping[str, int]:
    """Return the shard of each unit in a plan file; UsageError where it is none, or divides into another number."""
    if not isinstance(data, Mapping) or not isinstance(data.get("units"), Mapping):
        raise unfit(where, "it is no plan of shards")
    if data.get("flowops_shards_version") != VERSION:
        version = shown(data.get("flowops_shards_version"))
        raise unfit(where, f"its flowops_shards_version is {version}, and this flowops knows {VERSION}")
    if data.get("count") != count:
        raise unfit(where, f"it divides into {shown(data.get('count'))}, and --shard into {count}")
    for unit_id, index in data["units"].items():
        if type(index) is not int or not 1 <= index <= count:
            raise unfit(where, f"{shown(unit_id)} is in shard {shown(index)}, and there are 1 to {count}")
    return dict(data["units"])


def _of_engine(environment: Mapping[str, str]) -> Shard:
    for index, count, first in _ENGINES:
        if index in environment and count in environment:
            number = _number(index, environment, "--shard auto") + 1 - first
            return _shard(number, environment[count], f"{index} and {count}")
        if environment.get(count) == "1":
            return Shard(1, 1)  # GitLab sets the count alone where a job is not divided
    pairs = " nor ".join(f"{index} and {count}" for index, count, _ in _ENGINES)
    raise _refused(f"--shard auto finds neither {pairs} in the environment.")


def _number(variable: str, environment: Mapping[str, str], asked: str) -> int:
    text = environment.get(variable)
    if text is None:
        raise _refused(f"{asked} takes its number from {variable}, which is not set.")
    if re.fullmatch(r"[0-9]{1,9}", text) is None:
        raise _refused(f"{asked} takes its number from {variable}, which is {shown(text)}.")
    return int(text)


def _shard(index: object, count: str, what: str) -> Shard:
    try:
        return shard_from(f"{index}/{count}")
    except ValueError as error:
        raise _refused(
            f"{what} gives {shown(f'{index}/{count}')}: that is no part i of n, with i from 1 to n."
        ) from error


def _refused(happened: str) -> UsageError:
    return UsageError(happened, not_done="Nothing was started.", next_step=f"the same command with {_FORMS}")


def unfit(where: str, why: str) -> UsageError:
    """Return the error for a file that does not say which units are in the shard."""
    return UsageError(
        f"{where} does not say which units are in the shard: {why}.",
        not_done="Nothing was started.",
        next_step="write it anew with flowops ci matrix, then the same command again",
    )
