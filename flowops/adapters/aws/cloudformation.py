"""CloudFormation: stacks change by change sets only, and what happens to them is told event by event."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.stack_drift import detected
from flowops.adapters.aws.stack_events import StackEvents
from flowops.adapters.aws.stack_shapes import change_of, change_set_name, request_of, resource_of, stack_of, token
from flowops.errors import OperationFailed
from flowops.model.plaintext import printable
from flowops.model.stack_changes import ChangeSet, Stack, StackResource
from flowops.model.stack_drift import StackDrift
from flowops.model.stack_status import Way, way_of
from flowops.model.stacks import StackSpec

CAPABILITIES = ("CAPABILITY_NAMED_IAM",)
LONGEST_TEMPLATE = 51_200
"""Bytes of a template sent with the call (CloudFormation quotas)."""

_CHANGE_SET_SECONDS, _OPERATION_SECONDS, _DRIFT_SECONDS = 600.0, 3600.0, 300.0
_PAUSE_SECONDS = 2.0
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")
_PENDING = ("CREATE_PENDING", "CREATE_IN_PROGRESS", "DELETE_PENDING", "DELETE_IN_PROGRESS")
_CAPABILITY = re.compile(r"CAPABILITY_\w+")
_OUTDATED = ("ChangeSetNotFound", "ChangeSetNotFoundException", "InvalidChangeSetStatus", "ValidationError")

Progress = Callable[[str], None]


class CloudFormation:
    """The stacks of one account and region; `sleep` and `monotonic` pace the waiting.

    `capabilities` are what templates may do without being asked again.
    """

    def __init__(
        self,
        session: AwsSession,
        *,
        capabilities: Sequence[str] = CAPABILITIES,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._sleep, self._monotonic = session, sleep, monotonic
        self._capabilities = tuple(capabilities)

    def describe(self, name: str) -> Stack | None:
        """Return the stack of that name, or None where there is none."""
        found = self._raw(name)
        if found is None:
            return None
        return stack_of(found, self._call("GetStackPolicy", StackName=found["StackId"]).get("StackPolicyBody") or "")

    def resources(self, name: str) -> tuple[StackResource, ...]:
        """Return the stack's resources, also deleted ones."""
        listed = self._session.each("cloudformation", "ListStackResources", "StackResourceSummaries", StackName=name)
        return tuple(map(resource_of, listed))

    def settle(self, name: str, progress: Progress) -> Stack | None:
        """Wait until no operation works on the stack and return it; what is waited for and its new events are told."""
        found = self._raw(name)
        if found is not None and way_of(found["StackStatus"]) is Way.WAIT:
            events = StackEvents(self._session, found["StackId"])
            progress(
                f"{found['StackStatus']}{events.begun()}: waiting for it, {_OPERATION_SECONDS / 60:.0f} minutes at most"
            )
            self._wait(found["StackId"], events, progress, begun=True)
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
        name = change_set_name(spec, template, None if creates else before)
        found = self._existing(spec.name, name) if before else None
        if found is None or found["ExecutionStatus"] != "AVAILABLE":
            self._forget(spec.name, name, found)
            found = self._create(spec, request_of(spec, template, name, self._capabilities, creates=creates))
        if found["Status"] == "FAILED":
            return self._failed(spec, found, creates)
        return ChangeSet(spec.name, found["ChangeSetId"], creates, tuple(map(change_of, found["Changes"])))

    def waiting(self, change_set: ChangeSet) -> tuple[str, ...]:
        """Return the other change sets of the stack, by name and time: executing this one makes them void."""
        listed = self._session.each("cloudformation", "ListChangeSets", "Summaries", StackName=change_set.stack)
        known = (it for it in listed if it.get("ExecutionStatus") == "AVAILABLE")
        others = [it for it in known if it["ChangeSetId"] != change_set.id]
        return tuple(f"{printable(it['ChangeSetName'])} of {it['CreationTime']:%Y-%m-%d %H:%M} UTC" for it in others)

    def drift(self, name: str) -> StackDrift:
        """Return what of the stack was changed behind its back, as far as CloudFormation can tell."""
        return detected(self._session, name, self._ticks(_DRIFT_SECONDS, f"the drift detection of {name}"))

    def template(self, name: str) -> str | None:
        """Return the text that the stack was made of, None where there is no such stack."""
        try:
            return str(self._call("GetTemplate", StackName=name, TemplateStage="Original")["TemplateBody"])
        except AwsFailed as error:
            if _absent(error):
                return None
            raise

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
        try:
            self._call("ExecuteChangeSet", ChangeSetName=change_set.id, ClientRequestToken=token(change_set.id))
        except AwsFailed as error:
            if error.code not in _OUTDATED:
                raise
            raise OperationFailed(
                f"The change set of {change_set.stack} that was shown can no longer be executed: {error.message}",
                not_done=f"{change_set.stack} was not changed.",
                next_step="flowops bootstrap, which shows what would change now",
            ) from error
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

    def roll_back(self, name: str, skip: Collection[str], progress: Progress) -> Stack:
        """Continue a rollback that failed, without the resources to skip, and return the stack as it is afterwards."""
        events = StackEvents(self._session, name)
        skipped = sorted(skip)
        # The newest event tells this attempt from an earlier one: a token used before would start nothing.
        asked = token(name, "continue", events.newest, *skipped)
        self._call("ContinueUpdateRollback", StackName=name, ResourcesToSkip=skipped, ClientRequestToken=asked)
        self._wait(name, events, progress)
        found = self.describe(name)
        if found is None:
            raise OperationFailed(
                f"Stack {name} is gone: somebody deleted it meanwhile.", next_step="flowops bootstrap"
            )
        return found

    def delete(self, name: str, progress: Progress, *, retain: Collection[str] = ()) -> None:
        """Delete the stack and wait until it is gone; OperationFailed names the resources that stay."""
        stack = self._raw(name)
        if stack is None:
            return
        events = StackEvents(self._session, stack["StackId"])
        kept = sorted(retain)
        retained = {"RetainResources": kept} if kept else {}
        asked = token(stack["StackId"], "delete", events.newest, *kept)
        self._call("DeleteStack", StackName=stack["StackId"], ClientRequestToken=asked, **retained)
        status = self._wait(stack["StackId"], events, progress)
        if status not in ("", "DELETE_COMPLETE"):
            reasons = "; ".join(events.failures()) or "CloudFormation names no reason"
            raise OperationFailed(
                f"Stack {name} cannot be deleted and is {status}: {reasons}",
                not_done=f"{name} still stands.",
                next_step="flowops bootstrap, after mending the cause",
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
            if _absent(error):
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

    def _create(self, spec: StackSpec, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a change set and wait until CloudFormation knows what is in it."""
        stack, name = request["StackName"], request["ChangeSetName"]
        try:
            self._call("CreateChangeSet", **request)
        except AwsFailed as error:
            if error.code in ("InsufficientCapabilitiesException", "ValidationError"):
                raise _unfit(spec, error) from error
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

    def _failed(self, spec: StackSpec, found: Mapping[str, Any], creates: bool) -> ChangeSet:
        """Return the empty change set for one that failed only because there is nothing to change."""
        reason = str(found.get("StatusReason", ""))
        self.discard(ChangeSet(spec.name, found["ChangeSetId"], creates))
        if any(text in reason for text in _UNCHANGED):
            return ChangeSet(spec.name, "", creates=False)
        raise OperationFailed(
            f"CloudFormation cannot plan stack {spec.id}: {printable(reason) or 'it names no reason'}",
            not_done=f"{spec.name} was not changed.",
            next_step="flowops bootstrap, after mending the template or what it refers to",
        )

    def _wait(self, name: str, events: StackEvents, progress: Progress, *, begun: bool = False) -> str:
        """Return the status once the operation is over that was just asked for, or has `begun`; empty is gone.

        Its events are told. CloudFormation answers before it begins: until then the status is still the old one.
        """
        for _ in self._ticks(_OPERATION_SECONDS, f"stack {name}"):
            found = self._raw(name)
            status = str(found["StackStatus"]) if found else ""
            over = begun and way_of(status) is not Way.WAIT
            # After the status, so that the last events are among those told.
            lines = events.new()
            for line in lines:
                progress(line)
            if over:
                return status
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


def _unfit(spec: StackSpec, error: AwsFailed) -> OperationFailed:
    """Return why no change set can be made of a template."""
    needed = ", ".join(dict.fromkeys(_CAPABILITY.findall(error.message)))
    busy = "_IN_PROGRESS state" in error.message
    lacking = f": it needs {needed}, which flowops does not give" if needed else ""
    return OperationFailed(
        f"CloudFormation refuses {spec.template} for stack {spec.id}{lacking}: {error.message}",
        not_done=f"{spec.name} was not changed.",
        next_step="flowops bootstrap, "
        + ("which waits for what is under way" if busy else "after mending the template"),
    )


def _absent(error: AwsFailed) -> bool:
    """Say whether AWS answered that there is no such stack."""
    return error.code == "ValidationError" and "does not exist" in error.message
