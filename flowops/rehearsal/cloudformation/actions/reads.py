"""The calls that only look."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.cloudformation.call import Answer, Call, stack_of, template_of
from flowops.rehearsal.cloudformation.checks import needed_capabilities
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import ChangeSetNotFound, Rejected
from flowops.rehearsal.cloudformation.exports import importers
from flowops.rehearsal.cloudformation.stack import Stack
from flowops.rehearsal.cloudformation.template import Template
from flowops.rehearsal.cloudformation.views import event_view, resources_view, stack_view, summary_view

_NO_STACK = "Stack [{name}] does not exist"
_TEMPLATE_VERSION = "2010-09-09"


def describe_stacks(engine: Engine, call: Call) -> Answer:
    """Return one stack, or all that are not deleted."""
    if call.text("StackName"):
        return {"Stacks": [stack_view(stack_of(engine, call))]}
    return {"Stacks": [stack_view(stack) for stack in engine.stacks(call.scope) if stack.alive]}


def list_stacks(engine: Engine, call: Call) -> Answer:
    """Return all stacks, deleted ones too, or those in the wanted states."""
    wanted = set(call.items("StackStatusFilter"))
    stacks = [stack for stack in engine.stacks(call.scope) if not wanted or stack.status in wanted]
    return {"StackSummaries": [summary_view(stack) for stack in stacks]}


def describe_stack_events(engine: Engine, call: Call) -> Answer:
    """Return what happened to a stack, the latest first."""
    stack = stack_of(engine, call, _NO_STACK)
    return {"StackEvents": [event_view(stack, event) for event in stack.events]}


def describe_stack_resources(engine: Engine, call: Call) -> Answer:
    """Return the resources of a stack, or the stack's resources around a physical id."""
    stack = _stack_by_resource(engine, call) if call.text("PhysicalResourceId") else stack_of(engine, call)
    wanted = call.text("LogicalResourceId")
    rows = [row for row in resources_view(stack) if not wanted or row["LogicalResourceId"] == wanted]
    return {"StackResources": rows}


def _stack_by_resource(engine: Engine, call: Call) -> Stack:
    physical_id = call.text("PhysicalResourceId")
    for stack in engine.stacks(call.scope):
        if stack.alive and any(each.physical_id == physical_id for each in stack.resources.values()):
            return stack
    raise Rejected(f"Stack for {physical_id} does not exist")


def list_stack_resources(engine: Engine, call: Call) -> Answer:
    """Return the resources of a stack."""
    return {"StackResourceSummaries": resources_view(stack_of(engine, call))}


def describe_stack_resource(engine: Engine, call: Call) -> Answer:
    """Return one resource of a stack."""
    stack, wanted = stack_of(engine, call, _NO_STACK), call.text("LogicalResourceId")
    for row in resources_view(stack):
        if row["LogicalResourceId"] == wanted:
            return {"StackResourceDetail": row}
    raise Rejected(f"Resource {wanted} does not exist for stack {stack.name}")


def get_template(engine: Engine, call: Call) -> Answer:
    """Return the text of the template that a stack has, or that a change set would give it."""
    stack = stack_of(engine, call)
    named = call.text("ChangeSetName")
    change_set = next((each for each in stack.change_sets.values() if named in (each.name, each.arn)), None)
    if named and change_set is None:
        raise ChangeSetNotFound(f"ChangeSet [{named}] does not exist")
    revision = change_set.revision if change_set else stack.revision
    if revision is None:
        raise Rejected(f"Stack [{stack.name}] has no template yet")
    return {"TemplateBody": revision.template.body, "StagesAvailable": ["Original", "Processed"]}


def validate_template(engine: Engine, call: Call) -> Answer:
    """Return what a template asks for."""
    template = template_of(engine, call)
    return {
        "Parameters": [_parameter(template, name) for name in template.parameters],
        "Description": template.description,
        **_capabilities(engine, template),
    }


def get_template_summary(engine: Engine, call: Call) -> Answer:
    """Return what a template, or the one of a stack, asks for and makes."""
    template = _template(engine, call)
    parameters = []
    for name, parameter in template.parameters.items():
        constraints = {"AllowedValues": list(parameter.allowed_values)} if parameter.allowed_values else {}
        described = _parameter(template, name)
        parameters.append({**described, "ParameterType": parameter.type, "ParameterConstraints": constraints})
    return {
        "Parameters": parameters,
        "Description": template.description,
        "ResourceTypes": sorted({declared.type for declared in template.resources.values()}),
        "Version": _TEMPLATE_VERSION,
        **_capabilities(engine, template),
    }


def _template(engine: Engine, call: Call) -> Template:
    if not call.text("StackName"):
        return template_of(engine, call)
    stack = stack_of(engine, call)
    if stack.revision is None:
        raise Rejected(f"Stack [{stack.name}] has no template yet")
    return stack.revision.template


def _parameter(template: Template, name: str) -> dict[str, Any]:
    declared = template.parameters[name]
    shown = {"ParameterKey": name, "NoEcho": declared.no_echo, "Description": declared.description}
    return shown if declared.default is None else {**shown, "DefaultValue": declared.shown(declared.default)}


def _capabilities(engine: Engine, template: Template) -> dict[str, Any]:
    needed = list(needed_capabilities(template, engine.types))
    iam = sorted({each.type for each in template.resources.values() if engine.types[each.type].needs_capability})
    reason = f"The following resource(s) require capabilities: [{', '.join(iam)}]"
    return {"Capabilities": needed, "CapabilitiesReason": reason} if needed else {"Capabilities": []}


def list_exports(engine: Engine, call: Call) -> Answer:
    """Return the exports of an account and region."""
    values = engine.exports(call.scope)
    exporters = engine.exporters(call.scope)
    return {
        "Exports": [
            {"ExportingStackId": exporters[name].arn, "Name": name, "Value": value} for name, value in values.items()
        ]
    }


def list_imports(engine: Engine, call: Call) -> Answer:
    """Return the stacks that import an export."""
    name = call.text("ExportName")
    exporter = engine.exporters(call.scope).get(name)
    users = importers(engine, exporter, name) if exporter else []
    if not users:
        raise Rejected(f"Export '{name}' is not imported by any stack.")
    return {"Imports": users}
