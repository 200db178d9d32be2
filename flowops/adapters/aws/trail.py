"""Who changed a resource, and when: CloudTrail's event history.

It holds the management events of 90 days, in the region where they happened; those of IAM, CloudFront and Route 53 are
in us-east-1. An event appears some minutes after its call, usually within 15: nothing found may mean too soon. Sources:
AWS CloudTrail API Reference, "LookupEvents"; AWS CloudTrail User Guide, "Working with CloudTrail event history" and
"How CloudTrail works".
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.trail_events import trace, wrote
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Trace

GAP_SECONDS = 0.5
"""AWS answers two of these requests a second, for each account and region (the API reference's page above)."""

_MOST, _PAGES, _PAGE = 5, 4, 50
_PAUSES = (2.0, 4.0, 8.0)
_LONGEST_NAME = 2000
_THROTTLED = ("ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException")
_GLOBAL_TYPES = ("aws_cloudfront_", "aws_iam_", "aws_route53_", "AWS::CloudFront::", "AWS::IAM::", "AWS::Route53::")
_GLOBAL_SERVICES = ("cloudfront", "iam", "route53")
_GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


class CloudTrailHistory:
    """CloudTrail as the plan role reads it; `reader` returns its session in an environment's account and region.

    One of these serves all environments, because the pace is the account's: `clock` tells seconds, `sleep` waits.
    """

    def __init__(
        self,
        reader: Callable[[Environment], AwsSession],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reader, self._sleep = reader, sleep
        self._paces: dict[tuple[str, str], _Pace] = defaultdict(lambda: _Pace(clock, sleep))
        self._lock = Lock()

    def traces(
        self, environment: Environment, ids: Sequence[str], since: datetime, type_: str = ""
    ) -> tuple[Trace, ...]:
        """Return the last calls that wrote to a resource, newest first, at most five; () where CloudTrail has none.

        The first of `ids` that has any decides. What flowops' own roles did counts like everybody's. AwsDenied where
        the plan role may not look, AwsFailed where AWS keeps refusing.
        """
        session = self._reader(environment)
        if _is_global(ids, type_):
            session = session.elsewhere(_GLOBAL_REGION.get(session.partition(), session.wire.region))
        with self._lock:
            pace = self._paces[environment.account, session.wire.region]
        for name in (it for it in ids if 0 < len(it) <= _LONGEST_NAME):
            found = (it for it in self._events(session, pace, name, since) if wrote(it, name, type_))
            if traces := tuple(map(trace, islice(found, _MOST))):
                return traces
        return ()

    def _events(self, session: AwsSession, pace: _Pace, name: str, since: datetime) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._page(session, pace, name, since, more)
            yield from page["Events"]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _page(
        self, session: AwsSession, pace: _Pace, name: str, since: datetime, more: Mapping[str, str]
    ) -> dict[str, Any]:
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": name}]

        def ask() -> dict[str, Any]:
            pace.wait()
            return session.call(
                "cloudtrail", "LookupEvents", LookupAttributes=wanted, StartTime=since, MaxResults=_PAGE, **more
            )

        # Besides the SDK's own repeats: whoever else asks for this account shares its two requests a second.
        for pause in _PAUSES:
            try:
                return ask()
            except AwsFailed as error:
                if error.code not in _THROTTLED:
                    raise
                self._sleep(pause)
        return ask()


class _Pace:
    """Lets a request through when the one before it is long enough ago."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock, self._free = Lock(), float("-inf")

    def wait(self) -> None:
        with self._lock:
            now = self._clock()
            if now < self._free:
                self._sleep(self._free - now)
            self._free = max(now, self._free) + GAP_SECONDS


def _is_global(ids: Sequence[str], type_: str) -> bool:
    services = {it.split(":")[2] for it in ids if it.startswith("arn:") and it.count(":") >= 5}
    return type_.startswith(_GLOBAL_TYPES) or not services.isdisjoint(_GLOBAL_SERVICES)
