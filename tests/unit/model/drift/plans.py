"""Plan documents in a few lines: what terraform's JSON says of the resources of one unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flowops.model.changes import Plan, plan_from_json
from tests.fakes import tree

VPC = tree.unit("foundation/vpc")
Values = Mapping[str, Any]


class Resource:
    """One resource: what the state has, what AWS answers, and what the code wants; None for nothing there."""

    def __init__(
        self,
        state: Values | None,
        cloud: Values | None,
        code: Values | None,
        *,
        name: str = "this",
        unknown: Values | None = None,
        sensitive: Values | bool | None = None,
        replace: bool = False,
        reason: str = "",
        deposed: str = "",
        former: str = "",
    ) -> None:
        self.reason, self.deposed, self.former = reason, deposed, former
        self.address, self.type = f"aws_thing.{name}", "aws_thing"
        self.state, self.cloud, self.code = state, cloud, code
        self.unknown, self.sensitive, self.replace = unknown or {}, sensitive or {}, replace

    def drift(self) -> Iterable[dict[str, Any]]:
        """Yield the entry below `resource_drift`, as terraform has one for whatever differs at all."""
        if self.state is not None and self.state != self.cloud:
            yield self._entry(self.state, self.cloud, ["delete"] if self.cloud is None else ["update"])

    def change(self) -> dict[str, Any]:
        """Return the entry below `resource_changes`."""
        if self.deposed:
            return self._entry(self.state, None, ["delete"])
        if self.cloud is None:
            actions = ["create"]
        elif self.code is None:
            actions = ["delete"]
        elif self.replace:
            actions = ["delete", "create"]
        else:
            actions = ["no-op"] if self.cloud == self.code and not self.unknown else ["update"]
        return self._entry(self.cloud, self.code, actions)

    def _entry(self, before: Values | None, after: Values | None, actions: list[str]) -> dict[str, Any]:
        change = {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": self.unknown,
            "before_sensitive": self.sensitive,
            "after_sensitive": self.sensitive,
        }
        more = {"action_reason": self.reason, "deposed": self.deposed, "previous_address": self.former}
        named = {name: it for name, it in more.items() if it}
        return {"address": self.address, "type": self.type, "mode": "managed", "change": change, **named}


def plan(*resources: Resource, outputs: Iterable[str] = ()) -> Plan:
    """Return the parsed plan of a unit with these resources, in which these outputs change."""
    document = {
        "resource_changes": [it.change() for it in resources if it.deposed or it.cloud or it.code],
        "resource_drift": [entry for it in resources for entry in it.drift()],
        "output_changes": {name: {"actions": ["update"]} for name in outputs},
    }
    return plan_from_json(VPC, document)
