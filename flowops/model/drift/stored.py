"""A drift result as data: what is stored, merged, and printed for programs; docs/drift-report.md says each key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flowops.errors import Exit
from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import Finding, Ignored, Source, Trace, Verdict, Way
from flowops.model.drift.result import Checked, DriftResult, EnvironmentDrift, RuleTrouble, Shard, Status

VERSION = 1
"""Version of the form: it grows by new keys; a key's meaning changes only with this number."""


class NewerForm(ValueError):
    """What was stored has a form that only a newer flowops knows."""


def to_data(result: DriftResult) -> dict[str, Any]:
    """Return the result as JSON's types."""
    return {
        "flowops_drift_version": VERSION,
        "id": result.id,
        "project": result.project,
        "flowops": result.flowops,
        "started": result.started.isoformat(),
        "seconds": result.seconds,
        "exit_code": int(result.exit_code),
        "shards": [str(it) for it in result.shards],
        "environments": [_environment(it) for it in result.environments],
        "rules": [
            {"where": it.where, "address": it.address, "owner": it.owner, "trouble": it.trouble} for it in result.rules
        ],
    }


def from_data(data: Mapping[str, Any]) -> DriftResult:
    """Return a stored result; NewerForm for one of a later version, ValueError or KeyError for anything else."""
    version = data["flowops_drift_version"]
    if not isinstance(version, int) or version > VERSION:
        raise NewerForm(f"its flowops_drift_version is {version!r}, and this flowops knows {VERSION}")
    return DriftResult(
        data["id"],
        data["project"],
        datetime.fromisoformat(data["started"]),
        float(data["seconds"]),
        tuple(_environment_from(it) for it in data["environments"]),
        tuple(RuleTrouble(it["where"], it["address"], it["owner"], it["trouble"]) for it in data["rules"]),
        tuple(shard_from(it) for it in data["shards"]),
        data["flowops"],
    )


def shard_from(text: str) -> Shard:
    """Return the shard written `i/n`; ValueError for anything else."""
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise ValueError(f"{text!r} is no shard: write i/n, with i from 1 to n")
    return Shard(int(index), int(count))


def _environment(it: EnvironmentDrift) -> dict[str, Any]:
    return {
        "environment": it.environment,
        "status": it.status.value,
        "reason": it.reason,
        "code": int(it.code),
        "run": it.run,
        "notes": list(it.notes),
        "checked": [
            {"name": unit.name, "status": unit.status.value, "reason": unit.reason, "seconds": unit.seconds}
            for unit in it.checked
        ],
        "findings": [_finding(found) for found in it.findings],
    }


def _environment_from(data: Mapping[str, Any]) -> EnvironmentDrift:
    checked = (Checked(it["name"], Status(it["status"]), it["reason"], float(it["seconds"])) for it in data["checked"])
    return EnvironmentDrift(
        data["environment"],
        tuple(checked),
        tuple(_finding_from(data["environment"], it) for it in data["findings"]),
        data["reason"],
        Exit(data["code"]),
        data["run"],
        tuple(data["notes"]),
        busy=Status(data["status"]) is Status.BUSY,
    )


def _finding(it: Finding) -> dict[str, Any]:
    ignored = it.ignored and {
        "reason": it.ignored.reason,
        "owner": it.ignored.owner,
        "expires": it.ignored.expires.isoformat(),
        "where": it.ignored.where,
    }
    return {
        "fingerprint": it.fingerprint,
        "source": it.source.value,
        "unit": it.unit,
        "address": it.address,
        "type": it.type,
        "verdict": it.verdict.value,
        "summary": it.summary,
        "owner": it.owner,
        "ids": list(it.ids),
        "in_cloud": _attributes(it.cloud),
        "in_code": _attributes(it.code),
        "traces": [
            {"principal": t.principal, "time": t.time.isoformat(), "event": t.event, "address": t.address}
            for t in it.traces
        ],
        "untraced": it.untraced,
        "ignored": ignored,
        "ways": [{"kind": way.kind, "text": way.text, "into": way.into} for way in it.ways],
    }


def _finding_from(environment: str, data: Mapping[str, Any]) -> Finding:
    ignored = data["ignored"]
    return Finding(
        environment,
        Source(data["source"]),
        data["address"],
        data["type"],
        Verdict(data["verdict"]),
        data["unit"],
        tuple(data["ids"]),
        _attributes_from(data["in_cloud"]),
        _attributes_from(data["in_code"]),
        data["summary"],
        data["owner"],
        tuple(
            Trace(it["principal"], datetime.fromisoformat(it["time"]), it["event"], it["address"])
            for it in data["traces"]
        ),
        data["untraced"],
        ignored
        and Ignored(ignored["reason"], ignored["owner"], date.fromisoformat(ignored["expires"]), ignored["where"]),
        tuple(Way(it["kind"], it["text"], it["into"]) for it in data["ways"]),
    )


def _attributes(changes: AttributeChanges) -> dict[str, Any]:
    rows = [
        {"path": it.path, "before": it.before, "after": it.after, "sensitive": it.sensitive, "unknown": it.unknown}
        for it in changes.shown
    ]
    return {"attributes": rows, "left_out": changes.more}


def _attributes_from(data: Mapping[str, Any]) -> AttributeChanges:
    rows = (
        AttributeChange(it["path"], it["before"], it["after"], it["sensitive"], it["unknown"])
        for it in data["attributes"]
    )
    return AttributeChanges(tuple(rows), data["left_out"])
