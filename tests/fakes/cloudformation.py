"""CloudFormation in memory: JSON templates of resources with properties, parameters by Ref, and outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowops.errors import FlowopsError, OperationFailed
from flowops.model.stack_changes import (
    ChangeAction,
    ChangeSet,
    Replacement,
    ResourceChange,
    Stack,
    StackResource,
    way,
)
from flowops.model.stack_drift import StackDrift
from flowops.model.stack_status import Way
from flowops.model.stacks import StackSpec

Progress = Callable[[str], None]
NAMING = ("BucketName", "RoleName", "GroupName", "Name", "Path")


@dataclass(frozen=True)
class Kept:
    """A stack with what it was made of; `proposed` are change sets by id."""

    stack: Stack
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spec: StackSpec | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    left: tuple[StackResource, ...] = ()


@dataclass
class FakeStacks:
    """The stacks of one account; `fails` names stacks whose execution fails and why.

    `insecurable` stacks get no policy, `unprotectable` ones the policy but no termination protection;
    `interrupts` end the wait for an execution that goes on.
    `drifts` are what detection finds or why it cannot, `others` the change sets of somebody else.
    """

    kept: dict[str, Kept] = field(default_factory=dict)
    proposed: dict[str, tuple[StackSpec, dict[str, Any]]] = field(default_factory=dict)
    fails: dict[str, FlowopsError] = field(default_factory=dict)
    refuses: dict[str, FlowopsError] = field(default_factory=dict)
    insecurable: dict[str, FlowopsError] = field(default_factory=dict)
    unprotectable: dict[str, FlowopsError] = field(default_factory=dict)
    interrupts: dict[str, BaseException] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    drifts: dict[str, StackDrift | FlowopsError] = field(default_factory=dict)
    detections: list[str] = field(default_factory=list)
    others: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def describe(self, name: str) -> Stack | None:
        found = self.kept.get(name)
        return found.stack if found else None

    def resources(self, name: str) -> tuple[StackResource, ...]:
        kept = self.kept[name]
        made = (_made(name, it, resource) for it, resource in kept.resources.items())
        return (*kept.left, *made)

    def settle(self, name: str, progress: Progress) -> Stack | None:
        found = self.describe(name)
        if found is not None and way(found) is Way.WAIT:
            progress(f"{found.status}: waiting for it")
            progress(f"{found.status} {name}")
            ended = found.status.removesuffix("_IN_PROGRESS").removesuffix("_COMPLETE_CLEANUP") + "_COMPLETE"
            self._status(name, ended)
            if ended == "DELETE_COMPLETE":
                del self.kept[name]
        return self.describe(name)

    def failures(self, name: str) -> tuple[str, ...]:
        return (self.kept[name].stack.reason,)

    def propose(self, spec: StackSpec, template: str) -> ChangeSet:
        self.calls.append(f"propose {spec.name}")
        if spec.name in self.refuses:
            raise self.refuses[spec.name]
        document = json.loads(template)
        _check(document, spec)
        found = self.describe(spec.name)
        creates = found is None or found.status == "REVIEW_IN_PROGRESS"
        changes = _changes(self.kept.get(spec.name), _resources(document, spec))
        if not creates and not changes and self._outputs(spec, document) == (found.outputs if found else {}):
            return ChangeSet(spec.name, "", creates=False)
        if creates:
            self.kept[spec.name] = Kept(Stack(spec.name, "REVIEW_IN_PROGRESS"))
        change_set = ChangeSet(spec.name, _id(spec, template), creates, changes)
        self.proposed[change_set.id] = (spec, document)
        return change_set

    def waiting(self, change_set: ChangeSet) -> tuple[str, ...]:
        return self.others.get(change_set.stack, ())

    def drift(self, name: str) -> StackDrift:
        self.detections.append(name)
        found = self.drifts.get(name, StackDrift())
        if isinstance(found, FlowopsError):
            raise found
        return found

    def roll_back(self, name: str, skip: Collection[str], progress: Progress) -> Stack:
        self.calls.append(" ".join(("roll back", name, *sorted(skip))))
        kept = self.kept[name]
        if way(kept.stack) is not Way.ROLL_BACK:
            raise OperationFailed(
                f"Stack:{name} is in {kept.stack.status} state and its rollback can not be continued."
            )
        failed = tuple(it for it in kept.left if it.stuck and it.logical_id not in skip)
        progress(f"UPDATE_ROLLBACK_IN_PROGRESS {name} (AWS::CloudFormation::Stack): User Initiated")
        self.kept[name] = replace(kept, left=failed)
        self._status(name, "UPDATE_ROLLBACK_FAILED" if failed else "UPDATE_ROLLBACK_COMPLETE")
        return self.kept[name].stack

    def discard(self, change_set: ChangeSet) -> None:
        if change_set.empty:
            return
        self.calls.append(f"discard {change_set.stack}")
        self.proposed.pop(change_set.id)
        if change_set.creates and not any(spec.name == change_set.stack for spec, _ in self.proposed.values()):
            self.kept.pop(change_set.stack)

    def execute(self, change_set: ChangeSet, progress: Progress) -> Stack:
        self.calls.append(f"execute {change_set.stack}")
        spec, document = self.proposed.pop(change_set.id)
        if spec.name in self.interrupts:
            self._status(spec.name, "CREATE_IN_PROGRESS" if change_set.creates else "UPDATE_IN_PROGRESS")
            raise self.interrupts[spec.name]
        verb = "CREATE" if change_set.creates else "UPDATE"
        progress(f"{verb}_IN_PROGRESS {spec.name} (AWS::CloudFormation::Stack): User Initiated")
        trouble = self.fails.get(spec.name) or self._trouble(change_set, _resources(document, spec))
        if trouble:
            self._status(spec.name, "ROLLBACK_COMPLETE" if change_set.creates else "UPDATE_ROLLBACK_COMPLETE")
            raise trouble
        before = self.kept[spec.name].stack
        stack = replace(
            before,
            status=f"{verb}_COMPLETE",
            parameters=spec.parameters,
            outputs=self._outputs(spec, document),
        )
        self.kept[spec.name] = Kept(stack, _resources(document, spec), spec)
        for change in change_set.changes:
            progress(f"{verb}_COMPLETE {change.logical_id} ({change.type})")
        return stack

    def delete(self, name: str, progress: Progress, *, retain: Collection[str] = ()) -> None:
        self.calls.append(" ".join(("delete", name, *sorted(retain))))
        if name in self.kept and self.kept[name].stack.protected:
            raise OperationFailed(f"Stack [{name}] cannot be deleted while TerminationProtection is enabled")
        if retain and self.kept[name].stack.status != "DELETE_FAILED":
            raise OperationFailed("RetainResources only when the stack is in the DELETE_FAILED state.")
        progress(f"DELETE_COMPLETE {name}")
        self.kept.pop(name, None)

    def secure(self, name: str, policy: str) -> None:
        if name in self.insecurable:
            raise self.insecurable[name]
        self.calls.append(f"secure {name}" + (" lifted" if "NotResource" in policy else ""))
        kept = self.kept[name]
        self.kept[name] = replace(kept, stack=replace(kept.stack, policy=policy))
        if name in self.unprotectable:
            raise self.unprotectable[name]
        self.kept[name] = replace(kept, stack=replace(kept.stack, protected=True, policy=policy))

    def _status(self, name: str, status: str) -> None:
        kept = self.kept[name]
        self.kept[name] = replace(kept, stack=replace(kept.stack, status=status))

    def _trouble(self, change_set: ChangeSet, resources: Mapping[str, Mapping[str, Any]]) -> OperationFailed | None:
        """Return why executing fails: a name taken twice, or the stack policy."""
        names = [it["Properties"].get("RoleName", key) for key, it in resources.items()]
        twice = next((key for key, name in zip(resources, names, strict=True) if names.count(name) > 1), "")
        policy = self.kept[change_set.stack].stack.policy
        denied = next((it.logical_id for it in change_set.changes if it.guarded and _denies(policy, it)), "")
        if twice:
            return OperationFailed(f"Stack {change_set.stack} is ROLLBACK_COMPLETE: {twice} CREATE_FAILED: exists")
        if denied:
            text = f"{denied} UPDATE_FAILED: Action denied by stack policy"
            return OperationFailed(f"Stack {change_set.stack} is UPDATE_ROLLBACK_COMPLETE: {text}")
        return None

    def _outputs(self, spec: StackSpec, document: Mapping[str, Any]) -> dict[str, str]:
        resources = _resources(document, spec)
        return {
            name: _resolved(it["Value"], spec, {key: _physical(spec.name, key, r) for key, r in resources.items()})
            for name, it in document.get("Outputs", {}).items()
        }


def _id(spec: StackSpec, template: str) -> str:
    content = (spec.name, template, tuple(sorted(spec.parameters.items())), tuple(sorted(spec.tags.items())))
    return f"arn:changeSet/{hash(content)}"


def _check(document: Mapping[str, Any], spec: StackSpec) -> None:
    unset = [name for name in document.get("Parameters", {}) if name not in spec.parameters]
    unknown = [name for name in spec.parameters if name not in document.get("Parameters", {})]
    if unset or unknown:
        raise OperationFailed(
            f"CloudFormation refuses {spec.template} for stack {spec.id}: Parameters: {unset or unknown}"
        )


def _resources(document: Mapping[str, Any], spec: StackSpec) -> dict[str, dict[str, Any]]:
    return {
        name: {"Type": it["Type"], "Properties": _properties(it, spec)} for name, it in document["Resources"].items()
    }


def _properties(resource: Mapping[str, Any], spec: StackSpec) -> dict[str, Any]:
    return {key: _resolved(value, spec, {}) for key, value in resource.get("Properties", {}).items()}


def _resolved(value: Any, spec: StackSpec, physical: Mapping[str, str]) -> Any:
    if isinstance(value, dict) and "Ref" in value:
        return {**spec.parameters, **physical}[value["Ref"]]
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return f"arn:{physical[value['Fn::GetAtt'][0]]}"
    return value


def _changes(before: Kept | None, after: Mapping[str, Mapping[str, Any]]) -> tuple[ResourceChange, ...]:
    old = before.resources if before else {}
    added = (ResourceChange(ChangeAction.ADD, name, after[name]["Type"]) for name in after if name not in old)
    removed = (ResourceChange(ChangeAction.REMOVE, name, old[name]["Type"]) for name in old if name not in after)
    modified = (
        ResourceChange(ChangeAction.MODIFY, name, after[name]["Type"], _replacement(old[name], after[name]))
        for name in after
        if name in old and old[name] != after[name]
    )
    return (*added, *modified, *removed)


def _replacement(old: Mapping[str, Any], new: Mapping[str, Any]) -> Replacement:
    renamed = any(old["Properties"].get(key) != new["Properties"].get(key) for key in NAMING)
    return Replacement.ALWAYS if renamed else Replacement.NEVER


def _made(stack: str, name: str, resource: Mapping[str, Any]) -> StackResource:
    return StackResource(name, resource["Type"], _physical(stack, name, resource), "CREATE_COMPLETE")


def _physical(stack: str, name: str, resource: Mapping[str, Any]) -> str:
    named = (str(resource["Properties"][key]) for key in NAMING[:4] if key in resource["Properties"])
    return next(named, f"{stack}-{name}")


def _denies(policy: str, change: ResourceChange) -> bool:
    statements = json.loads(policy)["Statement"] if policy else []
    return any(
        it["Effect"] == "Deny" and f"LogicalResourceId/{change.logical_id}" not in it.get("NotResource", ())
        for it in statements
    )
