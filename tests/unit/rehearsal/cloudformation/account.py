"""CloudFormation's adapter over the rehearsal's engine, both real, with nothing but function calls in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.aws.errors import AwsFailed
from flowops.rehearsal.cloudformation.errors import Rejected
from tests.fakes.aws import FakeSecrets
from tests.unit.rehearsal.cloudformation.world import Cloud

CAPABILITIES = ("CAPABILITY_NAMED_IAM",)


@dataclass(frozen=True)
class EngineSession:
    """Calls as an AwsSession makes them, answered by an engine of this process."""

    cloud: Cloud

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] | None = self.cloud.ask(xform_name(operation), **parameters)
        except Rejected as refused:
            happened = f"AWS answered {refused.code} to {operation}: {refused}"
            raise AwsFailed(happened, code=refused.code, message=str(refused), not_done="") from refused
        return answer or {}

    def each(self, service: str, operation: str, key: str, /, **parameters: Any) -> Iterator[Any]:
        yield from self.call(service, operation, **parameters)[key]


def _nothing() -> None:
    """Let nothing happen."""


@dataclass
class Account:
    """An account whose stacks the engine keeps; `meanwhile` happens when somebody waits, then what runs ends."""

    cloud: Cloud = field(default_factory=Cloud)
    meanwhile: Callable[[], None] = _nothing
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    capabilities: tuple[str, ...] = CAPABILITIES

    @property
    def stacks(self) -> CloudFormation:
        session: Any = EngineSession(self.cloud)
        return CloudFormation(session, capabilities=self.capabilities, sleep=self._pass)

    def end(self) -> None:
        """Let everything end that is under way."""
        self.meanwhile()
        self.meanwhile = _nothing
        self.cloud.settle()

    def _pass(self, seconds: float) -> None:
        self.end()
