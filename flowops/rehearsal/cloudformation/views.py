"""Stacks, resources, events and change sets in the shapes of the API; what is empty is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowops.rehearsal.cloudformation.engine import masked
from flowops.rehearsal.cloudformation.stack import (
    Change,
    ChangeSet,
    Detection,
    Event,
    Resource,
    ResourceDrift,
    Revision,
    Stack,
)

_SUMMARY = (
    "StackId",
    "StackName",
    "TemplateDescription",
    "CreationTime",
    "LastUpdatedTime",
    "DeletionTime",
    "StackStatus",
    "StackStatusReason",
    "DriftInformation",
)
_CHANGE_SET_SUMMARY = (
    "StackId",
    "StackName",
    "ChangeSetId",
    "ChangeSetName",
    "ExecutionStatus",
    "Status",
    "StatusReason",
    "CreationTime",
    "Description",
)
Shape = dict[str, Any]


def stack_view(shown: Stack) -> Shape:
    """Return a stack as DescribeStacks shows it."""
    revision = shown.revision
    return _filled(
        StackId=shown.arn,
        StackName=shown.name,
        Description=revision.template.description if revision else "",
        Parameters=parameters_view(revision) if revision else [],
        CreationTime=shown.created,
        LastUpdatedTime=shown.updated,
        DeletionTime=shown.deleted,
        StackStatus=str(shown.status),
        StackStatusReason=shown.reason,
        DisableRollback=shown.disable_rollback,
        NotificationARNs=[],
        Capabilities=list(revision.capabilities) if revision else [],
        Outputs=_outputs(shown),
        Tags=tags_view(revision) if revision else [],
        EnableTerminationProtection=shown.protected,
        DriftInformation=_filled(StackDriftStatus=shown.drift_status, LastCheckTimestamp=shown.drift_checked),
        RoleARN=shown.role,
    )


def summary_view(shown: Stack) -> Shape:
    """Return a stack as ListStacks shows it."""
    described = stack_view(shown)
    described["TemplateDescription"] = described.get("Description", "")
    return {name: described[name] for name in _SUMMARY if described.get(name) not in (None, "")}


def parameters_view(revision: Revision) -> list[Shape]:
    """Return parameter values with the secret ones masked."""
    declared = revision.template.parameters
    return [
        {"ParameterKey": name, "ParameterValue": declared[name].shown(value)}
        for name, value in revision.parameters.items()
    ]


def tags_view(revision: Revision) -> list[Shape]:
    """Return the stack's own tags."""
    return [{"Key": key, "Value": value} for key, value in revision.tags]


def resources_view(shown: Stack) -> list[Shape]:
    """Return the resources that are there, then those that an ended operation removed or never made."""
    there = [resource_view(shown, each) for each in shown.resources.values()]
    names = set(shown.resources)
    return there + [resource_view(shown, each) for each in shown.gone if each.logical_id not in names]


def resource_view(shown: Stack, each: Resource) -> Shape:
    """Return a resource with the names that the three resource calls use."""
    drift = next((found for found in shown.drifts if found.resource.logical_id == each.logical_id), None)
    information = {"StackResourceDriftStatus": drift.status if drift else "NOT_CHECKED"}
    return _filled(
        StackId=shown.arn,
        StackName=shown.name,
        LogicalResourceId=each.logical_id,
        PhysicalResourceId=each.physical_id,
        ResourceType=each.type,
        Timestamp=each.changed,
        LastUpdatedTimestamp=each.changed,
        ResourceStatus=str(each.status),
        ResourceStatusReason=masked(each.reason, shown.secrets),
        DriftInformation=information,
    )


def event_view(shown: Stack, each: Event) -> Shape:
    """Return an event as DescribeStackEvents shows it."""
    return _filled(
        StackId=shown.arn,
        StackName=shown.name,
        EventId=each.event_id,
        LogicalResourceId=each.logical_id,
        PhysicalResourceId=each.physical_id,
        ResourceType=each.type,
        Timestamp=each.time,
        ResourceStatus=str(each.status),
        ResourceStatusReason=each.reason,
        ClientRequestToken=each.token,
    )


def change_set_view(shown: Stack, each: ChangeSet) -> Shape:
    """Return a change set as DescribeChangeSet shows it."""
    return _filled(
        ChangeSetName=each.name,
        ChangeSetId=each.arn,
        StackId=shown.arn,
        StackName=shown.name,
        Description=each.description,
        Parameters=parameters_view(each.revision),
        CreationTime=each.created,
        ExecutionStatus=each.execution,
        Status=each.status,
        StatusReason=masked(each.reason, shown.secrets),
        NotificationARNs=[],
        Capabilities=list(each.revision.capabilities),
        Tags=tags_view(each.revision),
        Changes=[_change(change) for change in each.changes],
        OnStackFailure=each.on_failure,
    )


def change_set_summary_view(shown: Stack, each: ChangeSet) -> Shape:
    """Return a change set as ListChangeSets shows it."""
    described = change_set_view(shown, each)
    return {name: described[name] for name in _CHANGE_SET_SUMMARY if name in described}


def detection_view(each: Detection) -> Shape:
    """Return a run of drift detection."""
    finished = each.status == "DETECTION_COMPLETE"
    return _filled(
        StackId=each.stack_arn,
        StackDriftDetectionId=each.id,
        DetectionStatus=each.status,
        DetectionStatusReason=each.reason,
        StackDriftStatus=each.drift_status if finished else None,
        DriftedStackResourceCount=each.drifted if finished else None,
        Timestamp=each.time,
    )


def drift_view(shown: Stack, each: ResourceDrift) -> Shape:
    """Return the drift of a resource, without any secret value."""
    return _filled(
        StackId=shown.arn,
        LogicalResourceId=each.resource.logical_id,
        PhysicalResourceId=each.resource.physical_id,
        ResourceType=each.resource.type,
        ExpectedProperties=_properties(shown, each.resource.properties),
        ActualProperties=_properties(shown, each.actual) if each.actual else None,
        PropertyDifferences=[dict(difference) for difference in each.differences],
        StackResourceDriftStatus=each.status,
        Timestamp=each.time,
    )


def _properties(shown: Stack, properties: Mapping[str, Any]) -> str:
    # AWS never returns a secret's value, whichever parameter or text it came from.
    visible = {name: value for name, value in properties.items() if name != "SecretString"}
    return masked(json.dumps(visible), shown.secrets)


def _change(change: Change) -> Shape:
    described = _filled(
        PolicyAction=change.policy_action,
        Action=change.action,
        LogicalResourceId=change.logical_id,
        PhysicalResourceId=change.physical_id,
        ResourceType=change.type,
        Replacement=change.replacement,
        Scope=list(change.scope),
        Details=[dict(detail) for detail in change.details],
    )
    return {"Type": "Resource", "ResourceChange": described}


def _outputs(shown: Stack) -> list[Shape]:
    return [
        _filled(
            OutputKey=output.key,
            OutputValue=output.value,
            Description=output.description,
            ExportName=output.export,
        )
        for output in shown.outputs
    ]


def _filled(**members: Any) -> Shape:
    return {name: value for name, value in members.items() if value is not None and value != ""}
