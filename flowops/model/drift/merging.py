"""Several drift results as one: of all shards of a check, or of environments that were checked apart. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

from flowops.errors import Exit, UsageError, worst
from flowops.model.drift.finding import Finding
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, RuleTrouble, Shard, Status
from flowops.model.drift.rules import NEVER_MATCHED
from flowops.model.drift.shards import whole

APART = timedelta(hours=12)
"""Shards of one check begin within this time: a check around midnight is one, and those of two days are not."""


_LISTED = 10


def merged(results: Sequence[DriftResult]) -> DriftResult:
    """Return one result of all parts, in whatever order they come: all shards of one check, or other environments each.

    But for id, run, start, length and shards it equals the result of the undivided check, everything by name. One
    result is returned as it is, put in that order. UsageError where a shard is missing or doubled, where a unit or an
    environment is in two parts, and where the parts are not of one check: other projects, counts or days.
    """
    if not results:
        raise _refused("There is nothing to merge.")
    parts = sorted((_ordered(it) for it in results), key=lambda it: (it.shards[0].index if it.shards else 0, it.id))
    _check(parts)
    if len(parts) == 1:
        return parts[0]
    started = min(it.started for it in parts)
    ended = max(it.started + timedelta(seconds=it.seconds) for it in parts)
    names = sorted({environment.environment for it in parts for environment in it.environments})
    return DriftResult(
        _name(parts, started),
        parts[0].project,
        started,
        round((ended - started).total_seconds(), 3),
        tuple(_together(name, parts) for name in names),
        _rules(parts),
        tuple(sorted((shard for it in parts for shard in it.shards), key=lambda it: it.index)),
        ", ".join(sorted({it.flowops for it in parts})),
    )


def _name(parts: Sequence[DriftResult], started: datetime) -> str:
    of = sha256("\0".join(sorted(it.id for it in parts)).encode()).hexdigest()[:6]
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-drift-merged-{of}"


def _ordered(result: DriftResult) -> DriftResult:
    """Return the result with everything by name, which is how two of them can be compared."""
    environments = (
        replace(
            it,
            checked=tuple(sorted(it.checked, key=lambda checked: checked.name)),
            findings=_by_address(it.findings),
            notes=tuple(sorted(set(it.notes))),
        )
        for it in result.environments
    )
    return replace(
        result,
        environments=tuple(sorted(environments, key=lambda it: it.environment)),
        rules=tuple(sorted(result.rules, key=_rule_key)),
        shards=tuple(sorted(result.shards, key=lambda it: it.index)),
    )


def _by_address(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda it: (it.address, it.source.value)))


def _check(parts: Sequence[DriftResult]) -> None:
    projects = sorted({it.project for it in parts})
    if len(projects) > 1:
        raise _refused(f"The results are of different projects: {', '.join(projects)}.")
    first, last = min(parts, key=lambda it: it.started), max(parts, key=lambda it: it.started)
    if last.started - first.started > APART:
        days = f"{first.id} began on {first.started:%Y-%m-%d %H:%M %Z}, {last.id} on {last.started:%Y-%m-%d %H:%M %Z}"
        raise _refused(f"The results are of different days: {days}.")
    undivided = [it for it in parts if not it.shards]
    if undivided and len(undivided) < len(parts):
        raise _refused(f"{undivided[0].id} is no shard, and the others are.")
    _check_shards([shard for it in parts for shard in it.shards])
    _check_once(parts)


def _check_shards(shards: Sequence[Shard]) -> None:
    counts = sorted({it.count for it in shards})
    if len(counts) > 1:
        raise _refused(f"The shards are of different divisions: into {' and into '.join(map(str, counts))}.")
    doubled = sorted((it for it, number in Counter(shards).items() if number > 1), key=lambda it: it.index)
    if doubled:
        raise _refused(f"There is more than one result of shard {', '.join(map(str, doubled))}.")
    if not whole(shards):
        there = {it.index for it in shards}
        missing = list(islice((it for it in range(1, counts[0] + 1) if it not in there), _LISTED))
        more = counts[0] - len(there) - len(missing)
        listed = ", ".join(f"{it}/{counts[0]}" for it in missing)
        raise _refused(f"There is no result of shard {listed}{f' and {more} more' if more else ''}.")


def _check_once(parts: Sequence[DriftResult]) -> None:
    """Refuse what two parts looked at: shards that were not divided alike, or one environment checked twice."""
    seen: dict[str, str] = {}
    for part in parts:
        for environment in part.environments:
            shared = [environment.environment] if not part.shards else []
            for name in (*shared, *(f"{environment.environment}: {it.name}" for it in environment.checked)):
                if name in seen:
                    raise _refused(f"{name} is both in {seen[name]} and in {part.id}.")
                seen[name] = part.id


def _refused(happened: str) -> UsageError:
    return UsageError(
        happened,
        not_done="Nothing was merged.",
        next_step="flowops report merge FILE…, with one file for each shard of one check",
    )


def _together(name: str, parts: Sequence[DriftResult]) -> EnvironmentDrift:
    """Return one environment of all parts that have it."""
    found = [(part, it) for part in parts for it in part.environments if it.environment == name]
    checked: list[Checked] = sorted((it for _, one in found for it in one.checked), key=lambda it: it.name)
    findings = _by_address(it for _, one in found for it in one.findings)
    notes = {note for _, one in found for note in one.notes}
    failed = [one for _, one in found if one.reason and not one.busy]
    busy = [(part, one) for part, one in found if one.busy]
    reason, code, nothing_else = "", Exit.FINE, False
    if failed:
        reason, code = _joined(it.reason for it in failed), worst(it.code for it in failed)
    elif busy and not any(it.counts for it in findings) and not any(it.status is Status.FAILED for it in checked):
        reason, code, nothing_else = busy[0][1].reason, busy[0][1].code, True
    elif busy:
        # What was found counts for more than what nobody could look at; that is said all the same.
        notes |= {f"{part.id} did not check its part: {one.reason}" for part, one in busy}
    runs = {one.run for _, one in found}
    run = runs.pop() if len(runs) == 1 else ""
    return EnvironmentDrift(name, tuple(checked), findings, reason, code, run, tuple(sorted(notes)), nothing_else)


def _joined(reasons: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(reasons))


def _rules(parts: Sequence[DriftResult]) -> tuple[RuleTrouble, ...]:
    """Return the rules that do nothing in any part: what one part has never seen, another may have."""
    known: dict[tuple[str, str, str], list[str]] = {}
    for part in parts:
        for it in part.rules:
            known.setdefault((it.where, it.address, it.owner), []).append(it.trouble)
    kept = (
        # A part that has seen what the rule names can say more than that it never matched.
        RuleTrouble(*rule, min(troubles, key=lambda it: (it == NEVER_MATCHED, it)))
        for rule, troubles in known.items()
        if len(troubles) == len(parts)
    )
    return tuple(sorted(kept, key=_rule_key))


def _rule_key(it: RuleTrouble) -> tuple[str, str, str, str]:
    return it.where, it.address, it.owner, it.trouble
