"""What a revision would change: the rows of a change set, and the same comparison for the update itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flowops.rehearsal.cloudformation.checks import Types
from flowops.rehearsal.cloudformation.conditions import evaluate
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import Unknown, View, has_unknown, resolve
from flowops.rehearsal.cloudformation.ordering import creation_order
from flowops.rehearsal.cloudformation.parameters import as_text
from flowops.rehearsal.cloudformation.resources.base import ResourceType
from flowops.rehearsal.cloudformation.shapes import typed
from flowops.rehearsal.cloudformation.stack import Change, Output, Resource, Revision, Stack, Status
from flowops.rehearsal.cloudformation.template import Declaration, OutputDeclaration

NO_UPDATES = "No updates are to be performed."
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@dataclass(frozen=True)
class Difference:
    """How a resource would change; `dynamic` names properties whose new value is not known yet."""

    names: tuple[str, ...]
    dynamic: frozenset[str]
    scope: tuple[str, ...]
    replacement: str

    @property
    def touches(self) -> bool:
        """Whether the service has to be called at all."""
        return bool(self.names)


def view_of(stack: Stack, revision: Revision, exports: Mapping[str, str]) -> View:
    """Return what the intrinsic functions of a revision see, before any resource is there."""
    declared = revision.template.parameters
    bare = View(
        scope=stack.scope,
        stack_name=stack.name,
        stack_arn=stack.arn,
        parameters={name: declared[name].typed(value) for name, value in revision.parameters.items()},
        mappings=revision.template.mappings,
        exports=exports,
    )
    return replace(bare, conditions=evaluate(revision.template.conditions, bare))


def properties_of(declared: Declaration, view: View, revision: Revision, handler: ResourceType) -> dict[str, Any]:
    """Return a resource's properties, resolved and typed, with the stack's own tags."""
    resolved = resolve(declared.properties, view)
    if handler.taggable and revision.tags:
        own = resolved.get("Tags", [])
        held = {tag["Key"] for tag in own}
        resolved["Tags"] = own + [{"Key": key, "Value": value} for key, value in revision.tags if key not in held]
    try:
        result: dict[str, Any] = typed(handler.fields, resolved)
    except Rejected as unfit:
        where = f"Properties validation failed for resource {declared.logical_id}"
        raise Rejected(f"{where} with message: {unfit}") from unfit
    return result


def difference(
    resource: Resource, declared: Declaration, properties: Mapping[str, Any], handler: ResourceType
) -> Difference | None:
    """Return how a declaration differs from the resource that is there, None where it does not."""
    old: Mapping[str, Any] = {} if resource.status is Status.CREATE_FAILED else resource.properties
    names = tuple(sorted(name for name in old.keys() | properties.keys() if old.get(name) != properties.get(name)))
    scope = _scope(names, resource.declaration, declared)
    if not scope:
        return None
    dynamic = frozenset(name for name in names if has_unknown(properties.get(name)))
    replacing = set() if resource.status is Status.CREATE_FAILED else handler.replaced_by & set(names)
    replacement = "False" if not replacing else "True" if replacing - dynamic else "Conditional"
    return Difference(names, dynamic, scope, replacement)


def _scope(names: tuple[str, ...], old: Declaration, new: Declaration) -> tuple[str, ...]:
    changed = {
        "Properties": bool(set(names) - {"Tags"}),
        "Tags": "Tags" in names,
        "Metadata": old.metadata != new.metadata,
        "DeletionPolicy": old.deletion_policy != new.deletion_policy,
        "UpdateReplacePolicy": old.update_replace_policy != new.update_replace_policy,
    }
    return tuple(name for name, differs in changed.items() if differs)


def preview(stack: Stack, revision: Revision, exports: Mapping[str, str], types: Types) -> tuple[Change, ...]:
    """Return the changes of a revision, those that CloudFormation would show in a change set."""
    view = view_of(stack, revision, exports)
    order = creation_order(revision.template, view.conditions)
    _check_types(stack, order)
    known: dict[str, Resource | None] = {}
    found: list[Change] = []
    for declared in order:
        handler = types[declared.type]
        properties = properties_of(declared, replace(view, resources=known), revision, handler)
        resource = stack.resources.get(declared.logical_id)
        differs = difference(resource, declared, properties, handler) if resource else None
        known[declared.logical_id] = None if differs and differs.replacement != "False" else resource
        if resource is None:
            found.append(Change("Add", declared.logical_id, declared.type))
        elif differs:
            found.append(_modification(resource, differs, handler))
    kept = {declared.logical_id for declared in order}
    return (*found, *(_removal(gone) for name, gone in stack.resources.items() if name not in kept))


def is_empty(stack: Stack, revision: Revision, changes: tuple[Change, ...], exports: Mapping[str, str]) -> bool:
    """Whether a revision asks for what is there: the same resources, outputs and tags."""
    if changes or stack.revision is None or revision.tags != stack.revision.tags:
        return False
    view = replace(view_of(stack, revision, exports), resources=dict(stack.resources))
    return outputs_of(revision, view) == stack.outputs


def outputs_of(revision: Revision, view: View) -> tuple[Output, ...]:
    """Return the outputs whose conditions hold, with their values."""
    result = []
    for declared in live_outputs(revision, view):
        value = resolve(declared.value, view)
        if isinstance(value, (list, dict, Unknown)):
            raise Rejected(f"Template format error: The Value field of output {declared.key} must be a string.")
        export = "" if declared.export is None else as_text(resolve(declared.export, view))
        result.append(Output(declared.key, as_text(value), declared.description, export))
    return tuple(result)


def live_outputs(revision: Revision, view: View) -> list[OutputDeclaration]:
    """Return the declarations of the outputs whose conditions hold."""
    declared = revision.template.outputs.values()
    return [output for output in declared if not output.condition or view.conditions[output.condition]]


def _check_types(stack: Stack, order: list[Declaration]) -> None:
    other = [
        declared.logical_id
        for declared in order
        if declared.logical_id in stack.resources and stack.resources[declared.logical_id].type != declared.type
    ]
    if other:
        raise Rejected(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(other)}]"
        )


def _modification(resource: Resource, differs: Difference, handler: ResourceType) -> Change:
    keeps = resource.declaration.update_replace_policy == "Retain"
    replaced = "ReplaceAndRetain" if keeps else "ReplaceAndDelete"
    return Change(
        action="Modify",
        logical_id=resource.logical_id,
        type=resource.type,
        physical_id=resource.physical_id,
        replacement=differs.replacement,
        policy_action="" if differs.replacement == "False" else replaced,
        scope=differs.scope,
        details=tuple(_detail(name, differs, handler) for name in differs.names),
    )


def _detail(name: str, differs: Difference, handler: ResourceType) -> Mapping[str, Any]:
    dynamic = name in differs.dynamic
    recreation = "Never" if name not in handler.replaced_by else "Conditionally" if dynamic else "Always"
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    if name == "Tags":
        target = {"Attribute": "Tags", "RequiresRecreation": "Never"}
    return {
        "Target": target,
        "Evaluation": "Dynamic" if dynamic else "Static",
        "ChangeSource": "ResourceReference" if dynamic else "DirectModification",
    }


def _removal(resource: Resource) -> Change:
    retained = resource.declaration.deletion_policy in ("Retain", "RetainExceptOnCreate")
    return Change(
        action="Remove",
        logical_id=resource.logical_id,
        type=resource.type,
        physical_id=resource.physical_id,
        policy_action="Retain" if retained else "Delete",
    )
