"""Who moved, the cloud or the code: the verdict on each resource of one plan. Pure.

A normal plan says both at once: `resource_drift` is the state against AWS, `resource_changes` AWS against the code.
What an apply would only put back is somebody's change of AWS; whatever else it would change is the code's.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flowops.model.attributes import AttributeChanges, enclosing, marked
from flowops.model.changes import Action, Plan, ResourceChange, ResourceDrift
from flowops.model.drift.finding import UNMOVED, Finding, Source, Verdict
from flowops.model.drift.kept_up import KeptUp, Values
from flowops.model.drift.sameness import different, respelled, same
from flowops.model.plan_code import Adoptable

NOTHING = KeptUp({})
SPELLING = "it is only written otherwise"
BEHIND = "the code says what AWS has: only the state is behind"
BY_ITSELF = "AWS keeps it up, or another resource of the code made it"
_IN_PLACE = (Action.UPDATE, Action.REPLACE)
_ANEW = ("replace_because_tainted", "replace_by_request", "replace_by_triggers")
"""Why a resource is replaced though no attribute of it asks for that."""
_ROOT = re.compile(r"[.\[]")
_NAMES = ("id", "arn", "name", "bucket", "function_name", "identifier", "key_id", "node_group_name")
_PARENTS = ("role", "policy_arn", "route_table_id", "security_group_id", "file_system_id", "cluster_name")
"""What CloudTrail names in calls about a resource that has no name of its own there, such as an attachment."""


def findings_of(plan: Plan, kept_up: KeptUp = NOTHING) -> Iterator[Finding]:
    """Yield what moved in one unit, noise included; a unit that stands as its code says yields nothing.

    What moves without anybody's doing is noise, by what `kept_up` knows.
    """
    changes = {it.address: it for it in plan.resource_changes if not it.deposed}
    drifts = {it.address: it for it in plan.drift}
    found = []
    for address in sorted(changes.keys() | drifts.keys()):
        finding = _finding(plan, changes.get(address), drifts.get(address), kept_up)
        if finding is not None:
            found.append(finding)
    yield from found
    yield from (_deposed(plan, it) for it in plan.resource_changes if it.deposed)
    # Where an apply changes a resource, what the outputs will be follows from it.
    if all(it.verdict is Verdict.NOISE for it in found if it.address.partition("//")[2] in changes):
        yield from (_output(plan, name) for name in sorted(plan.changed_outputs))


def never_applied(plan: Plan) -> Iterator[Finding]:
    """Yield the one finding of a unit without a state; nothing where its code makes nothing either."""
    if made := plan.count(Action.CREATE):
        address = f"{plan.unit.layer}/{plan.unit.name}//"
        yield _about(plan, address, "", Verdict.UNAPPLIED, summary=f"never applied: {made} resources to add")


def _finding(plan: Plan, change: ResourceChange | None, drift: ResourceDrift | None, kept_up: KeptUp) -> Finding | None:
    if drift is not None and drift.gone:
        ids = _ids(drift.before, drift.hidden)
        if change is None and not drift.code.stands:
            return _of(plan, drift.address, drift.type, Verdict.NOISE, ids=ids, summary=BEHIND)
        return _of(plan, drift.address, drift.type, Verdict.MISSING, ids=ids, summary="gone from AWS")
    fresh = tuple((it.type, it.after) for it in plan.drift if it is not drift)
    moved = _moved(change, drift, kept_up, fresh) if drift is not None else frozenset()
    if drift is None or not moved:
        return _unapplied(plan, change, noise=drift)
    cloud = only(drift, moved, tuple(kept_up.explained(drift, moved, fresh)))
    in_place = change is not None and change.action in _IN_PLACE
    coded = _coded(change, drift, moved) if change is not None and in_place else frozenset()
    # An apply that takes it away or makes it anew is the code's wish, whatever stands in it.
    otherwise = change is not None and (not in_place or change.reason in _ANEW)
    verdict = Verdict.BOTH if coded or otherwise else Verdict.OUT_OF_BAND
    return _of(
        plan,
        drift.address,
        drift.type,
        verdict,
        ids=_ids(drift.after, drift.hidden),
        cloud=cloud,
        code=only(change, coded) if change is not None else UNMOVED,
        summary=_would(change),
        adoptable=tuple(_adoptable(drift, kept_up)),
    )


def _adoptable(drift: ResourceDrift, kept_up: KeptUp) -> Iterator[Adoptable]:
    """Yield what may be adopted of a resource that is the only one of its block in the unit's own module."""
    if drift.address.count(".") == 1 and "[" not in drift.address:
        aws_only = {*kept_up.computed.get(drift.type, ()), "id", "tags_all"}
        yield from (it for it in drift.adoptable if it.variable or it.path not in aws_only)


def _unapplied(plan: Plan, change: ResourceChange | None, noise: ResourceDrift | None) -> Finding | None:
    """Return what the code alone wants; NOISE where nothing but the spelling differs, None where nothing does."""
    if change is None:
        if noise is None:
            return None
        moved = different(noise.before, noise.after)
        cloud, summary = (only(noise, moved), BY_ITSELF) if moved else (noise.attributes, SPELLING)
        summary = BEHIND if moved & agreed(noise) else summary
        return _of(
            plan,
            noise.address,
            noise.type,
            Verdict.NOISE,
            ids=_ids(noise.after, noise.hidden),
            cloud=cloud,
            summary=summary,
        )
    keys = different(change.before, _known(change))
    if change.action is Action.UPDATE and not keys and not marked(change.unknown):
        ids, code = _ids(change.before, change.hidden), change.attributes
        return _of(plan, change.address, change.type, Verdict.NOISE, ids=ids, code=code, summary=SPELLING)
    if change.action in _IN_PLACE:
        code = change.attributes if marked(change.unknown) else only(change, keys)
    else:
        code = change.attributes if change.action is Action.CREATE else UNMOVED
    ids = _ids(change.before, change.hidden)
    return _of(plan, change.address, change.type, Verdict.UNAPPLIED, ids=ids, code=code, summary=_would(change))


def _deposed(plan: Plan, change: ResourceChange) -> Finding:
    said = "an apply would take away what a replacement has left behind"
    return _of(plan, f"{change.address} (deposed {change.deposed})", change.type, Verdict.UNAPPLIED, summary=said)


def _would(change: ResourceChange | None) -> str:
    return f"the code would {change.action.value} it" if change and change.action is not Action.UPDATE else ""


def _moved(
    change: ResourceChange | None, drift: ResourceDrift, kept_up: KeptUp, fresh: tuple[Values, ...]
) -> frozenset[str]:
    """Return the attributes that somebody moved; what an apply would change is never taken for anything less."""
    keys = different(drift.before, drift.after)
    wanted = (
        different(change.before, _known(change)) if change is not None and change.action in _IN_PLACE else frozenset()
    )
    return (kept_up.moved(drift, keys, fresh) - agreed(drift)) | keys.intersection(wanted) if keys else keys


def agreed(drift: ResourceDrift) -> frozenset[str]:
    """Return the attributes of which the code says all that AWS has: somebody adopted it.

    Only what stands in the code as such tells: a value that the code leaves to AWS is in the plan as AWS has it, too.
    """
    rows: dict[str, bool] = {}
    for it in drift.attributes.shown if not drift.attributes.more else ():
        root = next(enclosing(it.path))
        rows[root] = rows.get(root, True) and _says(drift, it.path)
    found = {root for root, says in rows.items() if says}
    return frozenset(found | {"tags_all"} if "tags" in found else found)


def _says(drift: ResourceDrift, path: str) -> bool:
    found = (drift.code.sayings.get(it) for it in enclosing(path))
    return any(it is not None and same(it.value, it.at(drift.after)) for it in found)


def _coded(change: ResourceChange, drift: ResourceDrift, moved: Collection[str]) -> frozenset[str]:
    """Return the attributes that the code wants otherwise than the state had them: an apply does more than put back."""
    wanted = different(change.before, _known(change))
    return frozenset(
        key for key in wanted if key not in moved or not same(change.after.get(key), drift.before.get(key))
    )


def _known(change: ResourceChange) -> Mapping[str, Any]:
    """Return what it will be; where only an apply tells, as it is, for that follows from something else."""
    hidden = {key for key, it in change.unknown.items() if marked(it)}
    return {**change.after, **{key: change.before.get(key) for key in hidden}}


def only(
    moved: ResourceChange | ResourceDrift, keys: Collection[str], hidden: Collection[str] = ()
) -> AttributeChanges:
    """Return the changes below these attributes, without those that are only spelled otherwise.

    `hidden` are paths that nothing is shown of.
    """
    spelled = {path for key in keys for path in respelled(moved.before.get(key), moved.after.get(key), key)}
    below = (it for it in moved.attributes.shown if _ROOT.split(it.path, maxsplit=1)[0] in keys)
    told = (it for it in below if it.unknown or spelled.isdisjoint(enclosing(it.path)))
    shown = tuple(it for it in told if not hidden or set(hidden).isdisjoint(enclosing(it.path)))
    return AttributeChanges(shown, moved.attributes.more if shown else 0)


def _output(plan: Plan, name: str) -> Finding:
    address = f"{plan.unit.layer}/{plan.unit.name}//output.{name}"
    return _about(plan, address, "output", Verdict.UNAPPLIED, summary="the code would change this output")


def _ids(values: Mapping[str, Any], hidden: Collection[str]) -> tuple[str, ...]:
    """Return the names by which AWS knows a resource and what it belongs to, the best first and each once."""
    found = (values.get(name) for name in (*_NAMES, *_PARENTS) if name not in hidden)
    return tuple(dict.fromkeys(it for it in found if isinstance(it, str) and it))


def _of(plan: Plan, address: str, type_: str, verdict: Verdict, **more: Any) -> Finding:
    return _about(plan, f"{plan.unit.layer}/{plan.unit.name}//{address}", type_, verdict, **more)


def _about(plan: Plan, address: str, type_: str, verdict: Verdict, **more: Any) -> Finding:
    return Finding(plan.unit.environment, Source.TERRAFORM, address, type_, verdict, plan.unit.id, **more)
