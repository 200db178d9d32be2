"""One recorded API call, and what it needs to be allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, tuple[str, ...]]

# Endpoints of these services stand in us-east-1 for all regions: IAM User Guide, aws:RequestedRegion.
GLOBAL_SERVICES = {"iam", "organizations", "route53", "budgets", "cloudfront", "account"}


@dataclass(frozen=True)
class Call:
    """A call as the emulator writes it down: `operation` as the API spells it, `parameters` as boto3 does."""

    service: str
    operation: str
    account: str
    region: str
    principal: str
    role: str = ""
    time: str = ""
    status: int = 200
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Call:
        """Read one object of calls.jsonl."""
        service, _, operation = str(record["action"]).partition(":")
        return cls(
            service=service,
            operation=operation,
            account=str(record["account"]),
            region=requested_region(service, str(record["region"])),
            principal=str(record["principal"]),
            role=str(record.get("role") or ""),
            time=str(record.get("time") or ""),
            status=int(record.get("status", 200)),
            parameters=record.get("parameters") or {},
        )

    @property
    def action(self) -> str:
        """The operation behind the policy prefix of its service."""
        return f"{self.service}:{self.operation}"

    def texts(self, *paths: str) -> tuple[str, ...]:
        """Return the texts at paths into the parameters, such as `encryptionConfig[].provider.keyArn`."""
        return tuple(str(found) for path in paths for found in _at(self.parameters, path) if found not in (None, ""))

    def text(self, *paths: str) -> str:
        """Return the first text at the paths, or nothing."""
        return next(iter(self.texts(*paths)), "")

    def has(self, path: str) -> bool:
        """Tell whether a parameter is given and neither empty nor false."""
        return any(found not in (None, "", False, [], {}) for found in _at(self.parameters, path))

    def arn(self, service: str, resource: str, *, account: str = "", region: str | None = None) -> str:
        """Return an ARN in the call's region and account."""
        return f"arn:aws:{service}:{self.region if region is None else region}:{account or self.account}:{resource}"


@dataclass(frozen=True)
class Need:
    """One permission a call needs; `facts` are the condition keys that only this permission has."""

    action: str
    resource: str = "*"
    facts: Facts = field(default_factory=dict)


def requested_region(service: str, region: str) -> str:
    """Return the region that aws:RequestedRegion tells for a request to a service, made from a region."""
    return "us-east-1" if service in GLOBAL_SERVICES else region


def _at(value: Any, path: str) -> Iterator[Any]:
    step, _, rest = path.partition(".")
    name = step.removesuffix("[]")
    found = value.get(name) if isinstance(value, Mapping) else None
    items = found if isinstance(found, list | tuple) and step.endswith("[]") else [found]
    for item in items:
        if item is not None:
            yield from _at(item, rest) if rest else (item,)
