"""What is wrong with a template whatever its parameters are: types, property names, references, capabilities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from flowops.rehearsal.cloudformation.errors import InsufficientCapabilities, Rejected
from flowops.rehearsal.cloudformation.intrinsics import PSEUDO_PARAMETERS
from flowops.rehearsal.cloudformation.ordering import check_acyclic
from flowops.rehearsal.cloudformation.references import Reference, arguments_of, references
from flowops.rehearsal.cloudformation.resources.base import ResourceType
from flowops.rehearsal.cloudformation.shapes import offences
from flowops.rehearsal.cloudformation.template import Declaration, Template

Types = Mapping[str, ResourceType]

CAPABILITY_IAM = "CAPABILITY_IAM"
CAPABILITY_NAMED_IAM = "CAPABILITY_NAMED_IAM"


def check(template: Template, types: Types) -> None:
    """Reject a template that cannot work."""
    unknown = sorted({declared.type for declared in template.resources.values()} - types.keys())
    if unknown:
        raise Rejected(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for declared in template.resources.values():
        _check_properties(declared, types[declared.type])
    _check_conditions(template)
    _check_references(template, types)
    check_acyclic(template)


def _check_properties(declared: Declaration, handler: ResourceType) -> None:
    found = list(offences(handler.fields, declared.properties))
    if found:
        reasons = ", ".join(found)
        raise Rejected(
            f"Properties validation failed for resource {declared.logical_id} ({declared.type}) with message: {reasons}"
        )


def _check_conditions(template: Template) -> None:
    used: set[str] = {declared.condition for declared in template.resources.values() if declared.condition}
    used |= {output.condition for output in template.outputs.values() if output.condition}
    for _, node in _nodes(template):
        used |= {argument[0] for argument in arguments_of("Fn::If", node) if isinstance(argument, list)}
    missing = sorted(used - template.conditions.keys())
    if missing:
        raise Rejected(f"Template format error: Unresolved condition dependencies [{', '.join(missing)}]")


def _check_references(template: Template, types: Types) -> None:
    for block, node in _nodes(template):
        missing = sorted({target.name for target in references(node) if not _leads_somewhere(target, template)})
        if missing:
            raise Rejected(_unresolved(missing, block))
        for target in references(node):
            _check_attribute(target, template, types)
    after = {name for declared in template.resources.values() for name in declared.depends_on}
    if after - template.resources.keys():
        raise Rejected(_unresolved(sorted(after - template.resources.keys()), "Resources"))


def _leads_somewhere(target: Reference, template: Template) -> bool:
    if target.name in template.resources:
        return True
    return not target.attribute and (target.name in template.parameters or target.name in PSEUDO_PARAMETERS)


def _check_attribute(target: Reference, template: Template, types: Types) -> None:
    if not target.attribute:
        return
    known = types[template.resources[target.name].type].attribute_names
    if target.attribute not in known:
        raise Rejected(
            f"Template error: resource {target.name} does not support attribute type {target.attribute} in Fn::GetAtt"
        )


def _nodes(template: Template) -> Iterator[tuple[str, Any]]:
    for declared in template.resources.values():
        yield "Resources", declared.properties
    for output in template.outputs.values():
        yield "Outputs", [output.value, output.export]


def _unresolved(names: Iterable[str], block: str) -> str:
    listed = ", ".join(names)
    return f"Template format error: Unresolved resource dependencies [{listed}] in the {block} block of the template"


def needed_capabilities(template: Template, types: Types) -> tuple[str, ...]:
    """Return the capability that the template needs, if any."""
    iam = [declared for declared in template.resources.values() if types[declared.type].needs_capability]
    if any(types[declared.type].name_property in declared.properties for declared in iam):
        return (CAPABILITY_NAMED_IAM,)
    return (CAPABILITY_IAM,) if iam else ()


def check_capabilities(template: Template, types: Types, acknowledged: Collection[str]) -> None:
    """Raise InsufficientCapabilities unless the caller acknowledged what the template makes."""
    for needed in needed_capabilities(template, types):
        if not {needed, CAPABILITY_NAMED_IAM} & set(acknowledged):
            raise InsufficientCapabilities(f"Requires capabilities : [{needed}]")
