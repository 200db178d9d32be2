"""CloudFormation's shapes as the model's, and what we want of it in its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from flowops.model.plaintext import printable
from flowops.model.stack_changes import ChangeAction, Replacement, ResourceChange, Stack, StackResource
from flowops.model.stacks import StackSpec


def token(*content: str) -> str:
    """Return a ClientRequestToken that is the same for the same wish: sent again, it starts nothing new."""
    return "flowops-" + sha256(json.dumps(content).encode()).hexdigest()[:32]


def change_set_name(spec: StackSpec, template: str, before: Mapping[str, Any] | None) -> str:
    """Return a name that is the same for the same change to the same state of a stack, and for no other."""
    state = (
        [str(before[key]) for key in ("StackId", "StackStatus", "LastUpdatedTime") if key in before] if before else []
    )
    content = [spec.name, template, sorted(spec.parameters.items()), sorted(spec.tags.items()), state]
    return "flowops-" + sha256(json.dumps(content).encode()).hexdigest()[:32]


def request_of(
    spec: StackSpec, template: str, name: str, capabilities: Sequence[str], *, creates: bool
) -> dict[str, Any]:
    """Return the request that makes a change set."""
    return {
        "StackName": spec.name,
        "ChangeSetName": name,
        "ChangeSetType": "CREATE" if creates else "UPDATE",
        "TemplateBody": template,
        "Capabilities": list(capabilities),
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in spec.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in spec.tags.items()],
    }


def stack_of(found: Mapping[str, Any], policy: str) -> Stack:
    """Return a stack of DescribeStacks with its policy."""
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        reason=printable(found.get("StackStatusReason", "")),
        parameters={it["ParameterKey"]: it.get("ParameterValue", "") for it in found.get("Parameters", [])},
        outputs={it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])},
        protected=bool(found.get("EnableTerminationProtection")),
        policy=policy,
    )


def resource_of(found: Mapping[str, Any]) -> StackResource:
    """Return a resource of ListStackResources."""
    return StackResource(
        found["LogicalResourceId"],
        found["ResourceType"],
        found.get("PhysicalResourceId", ""),
        found["ResourceStatus"],
        printable(found.get("ResourceStatusReason", "")),
    )


def change_of(found: Mapping[str, Any]) -> ResourceChange:
    """Return a change of DescribeChangeSet."""
    change = found["ResourceChange"]
    action = ChangeAction(change["Action"])
    replacement = Replacement(change.get("Replacement") or "False")
    return ResourceChange(action, change["LogicalResourceId"], change["ResourceType"], replacement)
