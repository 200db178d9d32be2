"""The events of one stack: those that are new as lines of progress, those that failed as reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.model.plaintext import printable

_SECOND = ("Resource creation Initiated", "Resource update Initiated")
_COLLATERAL = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


class StackEvents:
    """What happened to one stack since this object was made; a stack that is not there has no events."""

    def __init__(self, session: AwsSession, stack: str) -> None:
        self._session, self._stack = session, stack
        self._seen = next((event["EventId"] for event in self._newest_first()), "")
        self._since = self._seen

    def new(self) -> tuple[str, ...]:
        """Return a line for each event not told yet, oldest first; a second one of the same step is left out."""
        fresh = list(self._after(self._seen))
        if fresh:
            self._seen = fresh[0]["EventId"]
        return tuple(_line(event) for event in reversed(fresh) if event.get("ResourceStatusReason") not in _SECOND)

    def failures(self) -> tuple[str, ...]:
        """Return why the operation since then failed, or else the last one: the cause first, then what followed.

        Resources that were only cancelled because another one failed are left out.
        """
        events = list(self._after(self._since)) or list(self._last_operation())
        failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
        causes = [event for event in failed if not event.get("ResourceStatusReason", "").startswith(_COLLATERAL)]
        return tuple(dict.fromkeys(_reason(event) for event in causes))

    def _last_operation(self) -> Iterator[Mapping[str, Any]]:
        """Yield the events, newest first, back to the one with which somebody started the last operation."""
        for event in self._newest_first():
            yield event
            if event.get("ResourceStatusReason") == "User Initiated":
                return

    def _after(self, known: str) -> Iterator[Mapping[str, Any]]:
        for event in self._newest_first():
            if event["EventId"] == known:
                return
            yield event

    def _newest_first(self) -> Iterator[Mapping[str, Any]]:
        try:
            for page in self._session.pages("cloudformation", "DescribeStackEvents", StackName=self._stack):
                yield from page["StackEvents"]
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
