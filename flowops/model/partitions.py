"""The partitions of AWS: regions that share nothing with those of another one, not even the sign-in.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """One partition: how its ARNs begin, and the host where people sign in."""

    name: str
    sign_in: str


_USUAL = Partition("aws", "signin.aws.amazon.com")
_OTHERS = {
    "cn-": Partition("aws-cn", "signin.amazonaws.cn"),
    "us-gov-": Partition("aws-us-gov", "signin.amazonaws-us-gov.com"),
}
"""By how the names of their regions begin."""


def partition_of(region: str) -> Partition:
    """Return the partition that a region is in."""
    return next((it for start, it in _OTHERS.items() if region.startswith(start)), _USUAL)
