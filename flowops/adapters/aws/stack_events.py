"""The events of one stack: those that are new as lines of progress, those that failed as reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.plaintext import printable
from flowops.model.stack_changes import CANCELLED

_SECOND = ("Resource creation Initiated", "Resource update Initiated")
INITIATED = "User Initiated"
"""The reason of the event with which somebody starts an operation."""
_BY = {"flowops-": " by flowops", "Console-": " in the console"}
"""Who began an operation, by the beginning of its ClientRequestToken: all that CloudFormation tells about it."""


class StackEvents:
    """What happened to one stack since this object was made; a stack that is not there has no events."""

    def __init__(self, session: AwsSession, stack: str) -> None:
        self._session, self._stack = session, stack
        self._seen = next((event["EventId"] for event in self._newest_first()), "")
        self._since = self._seen

    @property
    def newest(self) -> str:
        """Return the id of the newest event there was, empty where there was none."""
        return self._since

    def begun(self) -> str:
        """Return ` since when, begun by whom` of the last operation, as far as its events tell."""
        first = next((it for it in self._last_operation() if it.get("ResourceStatusReason") == INITIATED), None)
        if first is None:
            return ""
        token = str(first.get("ClientRequestToken", ""))
        who = next((words for start, words in _BY.items() if token.startswith(start)), "")
        return f" since {first['Timestamp']:%Y-%m-%d %H:%M:%S} UTC{f', begun{who}' if who else ''}"

    def new(self) -> tuple[str, ...]:
        """Return a line for each event not told yet, oldest first; a second one of the same step is left out."""
        fresh = list(self._after(self._seen))
        if fresh:
            self._seen = fresh[0]["EventId"]
        return tuple(_line(event) for event in reversed(fresh) if event.get("ResourceStatusReason") not in _SECOND)

    def failures(self) -> tuple[str, ...]:
        """Return why the operation since then failed, or else the last one: the cause first, then what followed.

        Resources that were only cancelled because another one failed are left out, and so is what the stack itself says
        where its resources say it.
        """
        events = list(self._after(self._since)) or list(self._last_operation())
        failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
        causes = [event for event in failed if not event.get("ResourceStatusReason", "").startswith(CANCELLED)]
        own = [event for event in causes if event.get("PhysicalResourceId") != event["StackId"]]
        return tuple(dict.fromkeys(_reason(event) for event in own or causes))

    def _last_operation(self) -> Iterator[Mapping[str, Any]]:
        """Yield the events, newest first, back to the one with which somebody started the last operation."""
        for event in self._newest_first():
            yield event
            if event.get("ResourceStatusReason") == INITIATED:
                return

    def _after(self, known: str) -> Iterator[Mapping[str, Any]]:
        for event in self._newest_first():
            if event["EventId"] == known:
                return
            yield event

    def _newest_first(self) -> Iterator[Mapping[str, Any]]:
        try:
            yield from self._session.each("cloudformation", "DescribeStackEvents", "StackEvents", StackName=self._stack)
        except AwsFailed as error:
            if "does not exist" not in error.message:
                raise


def _line(event: Mapping[str, Any]) -> str:
    reason = printable(event.get("ResourceStatusReason", ""))
    line = f"{event['ResourceStatus']} {event['LogicalResourceId']} ({event['ResourceType']})"
    return f"{line}: {reason}" if reason else line


def _reason(event: Mapping[str, Any]) -> str:
    reason = printable(event.get("ResourceStatusReason", "")) or "no reason given"
    return f"{event['LogicalResourceId']} ({event['ResourceType']}) {event['ResourceStatus']}: {reason}"
