"""CloudFormation: stacks change by change sets only, and what happens to them is told event by event."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.stack_events import StackEvents
from flowops.errors import OperationFailed
from flowops.model.plaintext import printable
from flowops.model.stack_changes import (
    ChangeAction,
    ChangeSet,
    Replacement,
    ResourceChange,
    Stack,
    StackResource,
    Standing,
    standing_of,
)
from flowops.model.stacks import StackSpec

CAPABILITY = "CAPABILITY_NAMED_IAM"
LONGEST_TEMPLATE = 51_200
"""Bytes of a template sent with the call (CloudFormation quotas)."""

_CHANGE_SET_SECONDS, _OPERATION_SECONDS = 600.0, 3600.0
_PAUSE_SECONDS = 2.0
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")
_PENDING = ("CREATE_PENDING", "CREATE_IN_PROGRESS", "DELETE_PENDING", "DELETE_IN_PROGRESS")

Progress = Callable[[str], None]


class CloudFormation:
    """The stacks of one account and region; `sleep` and `monotonic` pace the waiting."""

    def __init__(
        self,
        session: AwsSession,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._sleep, self._monotonic = session, sleep, monotonic

    def describe(self, name: str) -> Stack | None:
        """Return the stack of that name, or None where there is none."""
        found = self._raw(name)
        if found is None:
            return None
        return _stack(found, self._call("GetStackPolicy", StackName=found["StackId"]).get("StackPolicyBody") or "")

    def resources(self, name: str) -> tuple[StackResource, ...]:
        """Return the stack's resources, also deleted ones."""
        pages = self._session.pages("cloudformation", "ListStackResources", StackName=name)
        return tuple(_resource(it) for page in pages for it in page["StackResourceSummaries"])

    def settle(self, name: str, progress: Progress) -> Stack | None:
        """Wait until no operation works on the stack and return it; its new events are the progress."""
        found = self._raw(name)
        if found is not None and standing_of(found["StackStatus"]) is Standing.BUSY:
            self._wait(found["StackId"], StackEvents(self._session, found["StackId"]), progress, begun=True)
        return self.describe(name)

    def failures(self, name: str) -> tuple[str, ...]:
        """Return what went wrong in the stack's last operation, a sentence for each resource, the cause first."""
        return StackEvents(self._session, name).failures()

    def propose(self, spec: StackSpec, template: str) -> ChangeSet:
        """Return what making the stack as `spec` and `template` say would change; nothing is changed by asking.

        The change set's name is a hash of all that goes into it: asked twice, there is one. A stack that does not
        exist yet is REVIEW_IN_PROGRESS afterwards, without resources, until the change set is executed or discarded.
        """
        if len(template.encode()) > LONGEST_TEMPLATE:
            raise OperationFailed(
                f"{spec.template} is larger than {LONGEST_TEMPLATE} bytes, the most CloudFormation takes in a call."
            )
        before = self._raw(spec.name)
        creates = before is None or before["StackStatus"] == "REVIEW_IN_PROGRESS"
        name = _change_set_name(spec, template, None if creates else before)
        found = self._existing(spec.name, name) if before else None
        if found is None or found["ExecutionStatus"] != "AVAILABLE":
            self._forget(spec.name, name, found)
            found = self._create(_request(spec, template, name, creates=creates))
        if found["Status"] == "FAILED":
            return self._failed(spec.name, name, found, creates)
        return ChangeSet(spec.name, found["ChangeSetId"], creates, tuple(map(_change, found["Changes"])))

    def discard(self, change_set: ChangeSet) -> None:
        """Forget a change set, and the empty stack that asking for it made."""
        if change_set.empty:
            return
        self._call("DeleteChangeSet", ChangeSetName=change_set.id)
        stack = self._raw(change_set.stack) if change_set.creates else None
        if stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS" and not self._reviewed(stack["StackId"]):
            self._call("DeleteStack", StackName=stack["StackId"])

    def execute(self, change_set: ChangeSet, progress: Progress) -> Stack:
        """Do what the change set says and return the stack; OperationFailed names the resources that failed."""
        events = StackEvents(self._session, change_set.stack)
        token = "flowops-" + sha256(change_set.id.encode()).hexdigest()[:32]
        self._call("ExecuteChangeSet", ChangeSetName=change_set.id, ClientRequestToken=token)
        self._wait(change_set.stack, events, progress)
        stack = self.describe(change_set.stack)
        if stack is not None and stack.succeeded:
            return stack
        status = stack.status if stack else "gone"
        reasons = "; ".join(events.failures()) or (stack.reason if stack else "") or "CloudFormation names no reason"
        raise OperationFailed(
            f"Stack {change_set.stack} is {status}: {reasons}",
            not_done=f"{change_set.stack} is not as its template says; CloudFormation took back what it could.",
            next_step="flowops bootstrap, after mending the cause",
        )

    def delete(self, name: str, progress: Progress) -> None:
        """Delete the stack and wait until it is gone; OperationFailed names the resources that stay."""
        stack = self._raw(name)
        if stack is None:
            return
        events = StackEvents(self._session, stack["StackId"])
        self._call("DeleteStack", StackName=stack["StackId"])
        if self._wait(stack["StackId"], events, progress) is not Standing.ABSENT:
            raise OperationFailed(
                f"Stack {name} cannot be deleted: {'; '.join(events.failures())}", not_done=f"{name} still stands."
            )

    def secure(self, name: str, policy: str) -> None:
        """Switch termination protection on and set the stack policy."""
        self._call("SetStackPolicy", StackName=name, StackPolicyBody=policy)
        self._call("UpdateTerminationProtection", StackName=name, EnableTerminationProtection=True)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._session.call("cloudformation", operation, **parameters)

    def _raw(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._call("DescribeStacks", StackName=name)["Stacks"][0]
        except AwsFailed as error:
            if error.code == "ValidationError" and "does not exist" in error.message:
                return None
            raise
        return found

    def _existing(self, stack: str, name: str) -> dict[str, Any] | None:
        """Return a change set with all its changes."""
        try:
            found = self._call("DescribeChangeSet", StackName=stack, ChangeSetName=name)
        except AwsFailed as error:
            if error.code in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
                return None
            raise
        changes = list(found.get("Changes", []))
        while token := found.get("NextToken"):
            page = self._call("DescribeChangeSet", StackName=stack, ChangeSetName=name, NextToken=token)
            changes += page.get("Changes", [])
            found = {**found, "NextToken": page.get("NextToken")}
        return {**found, "Changes": changes}

    def _create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a change set and wait until CloudFormation knows what is in it."""
        stack, name = request["StackName"], request["ChangeSetName"]
        try:
            self._call("CreateChangeSet", **request)
        except AwsFailed as error:
            # The name is a hash of the content: a repeated call found the change set that the first one made.
            if error.code != "AlreadyExistsException":
                raise
        for _ in self._ticks(_CHANGE_SET_SECONDS, f"change set {name} of {stack}"):
            found = self._existing(stack, name)
            if found is not None and found["Status"] not in _PENDING:
                return found
        raise AssertionError("the waiting ends with an error")

    def _reviewed(self, stack: str) -> bool:
        """Return whether a change set of somebody else's waits for a stack."""
        return bool(self._call("ListChangeSets", StackName=stack)["Summaries"])

    def _forget(self, stack: str, name: str, found: Mapping[str, Any] | None) -> None:
        """Delete a change set that can no longer be executed, and wait until its name is free."""
        if found is None:
            return
        self._call("DeleteChangeSet", StackName=stack, ChangeSetName=name)
        for _ in self._ticks(_CHANGE_SET_SECONDS, f"the deletion of change set {name} of {stack}"):
            if self._existing(stack, name) is None:
                return

    def _failed(self, stack: str, name: str, found: Mapping[str, Any], creates: bool) -> ChangeSet:
        """Return the empty change set for one that failed only because there is nothing to change."""
        reason = str(found.get("StatusReason", ""))
        self.discard(ChangeSet(stack, found["ChangeSetId"], creates))
        if any(text in reason for text in _UNCHANGED):
            return ChangeSet(stack, "", creates=False)
        raise OperationFailed(f"CloudFormation cannot plan stack {stack}: {printable(reason)}")

    def _wait(self, name: str, events: StackEvents, progress: Progress, *, begun: bool = False) -> Standing:
        """Wait until the operation is over that was just asked for, or has `begun` before, and tell its events.

        CloudFormation answers before it begins: until the first event the status is still the old one.
        """
        for _ in self._ticks(_OPERATION_SECONDS, f"stack {name}"):
            found = self._raw(name)
            standing = standing_of(found["StackStatus"] if found else "")
            over = begun and standing is not Standing.BUSY
            # After the status, so that the last events are among those told.
            lines = events.new()
            for line in lines:
                progress(line)
            if over:
                return standing
            begun = begun or bool(lines) or found is None
        raise AssertionError("the waiting ends with an error")

    def _ticks(self, seconds: float, what: str) -> Iterator[None]:
        """Yield at once and then every few moments; OperationFailed when the time is over."""
        deadline = self._monotonic() + seconds
        pause = 0.1
        while self._monotonic() < deadline:
            yield
            self._sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS)
        raise OperationFailed(
            f"Waiting for {what} took longer than {seconds / 60:.0f} minutes.",
            not_done="CloudFormation goes on with it by itself.",
            next_step="flowops bootstrap, which waits for what is under way",
        )


def _change_set_name(spec: StackSpec, template: str, before: Mapping[str, Any] | None) -> str:
    """Return a name that is the same for the same change to the same state of a stack, and for no other."""
    state = (
        [str(before[key]) for key in ("StackId", "StackStatus", "LastUpdatedTime") if key in before] if before else []
    )
    content = [spec.name, template, sorted(spec.parameters.items()), sorted(spec.tags.items()), state]
    return "flowops-" + sha256(json.dumps(content).encode()).hexdigest()[:32]


def _request(spec: StackSpec, template: str, name: str, *, creates: bool) -> dict[str, Any]:
    return {
        "StackName": spec.name,
        "ChangeSetName": name,
        "ChangeSetType": "CREATE" if creates else "UPDATE",
        "TemplateBody": template,
        "Capabilities": [CAPABILITY],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in spec.parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in spec.tags.items()],
    }


def _stack(found: Mapping[str, Any], policy: str) -> Stack:
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        reason=printable(found.get("StackStatusReason", "")),
        parameters={it["ParameterKey"]: it.get("ParameterValue", "") for it in found.get("Parameters", [])},
        outputs={it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])},
        protected=bool(found.get("EnableTerminationProtection")),
        policy=policy,
    )


def _resource(found: Mapping[str, Any]) -> StackResource:
    return StackResource(
        found["LogicalResourceId"],
        found["ResourceType"],
        found.get("PhysicalResourceId", ""),
        found["ResourceStatus"],
        printable(found.get("ResourceStatusReason", "")),
    )


def _change(found: Mapping[str, Any]) -> ResourceChange:
    change = found["ResourceChange"]
    action = ChangeAction(change["Action"])
    replacement = Replacement(change.get("Replacement") or "False")
    return ResourceChange(action, change["LogicalResourceId"], change["ResourceType"], replacement)
