"""Whether the code has what stands as a rule of a security group. Pure.

A group lists together what its rules say, one item for each port range, protocol and description; a rule that is a
resource of its own has one source, or lists of them. AWS provider, "aws_security_group", "aws_security_group_rule" and
"aws_vpc_security_group_ingress_rule".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flowops.model.drift.sameness import same, unset

GROUPS = frozenset({"aws_security_group", "aws_default_security_group"})
DIRECTIONS = frozenset({"ingress", "egress"})

_GROUP = "security_group_id"
_GROUP_SOURCES = ("source_security_group_id", "referenced_security_group_id")
_SOURCES = {
    "cidr_blocks": ("cidr_blocks", "cidr_ipv4"),
    "ipv6_cidr_blocks": ("ipv6_cidr_blocks", "cidr_ipv6"),
    "prefix_list_ids": ("prefix_list_ids", "prefix_list_id"),
    "security_groups": _GROUP_SOURCES,
}
"""Where a group has its sources, and where a rule has them."""

_EVERYTHING = "-1"
_PROTOCOLS = {"all": _EVERYTHING, "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""AWS answers with names (Amazon EC2 API Reference, "IpPermission")."""


def coded(
    group: str, direction: str, item: Mapping[str, Any], resources: Collection[tuple[str, Mapping[str, Any]]]
) -> bool:
    """Return whether each source that one item of a group's list has is in a rule that is otherwise like it."""
    alike = [it for type_, it in resources if _direction(type_, it) == direction and _alike(group, item, it)]
    sources = tuple(_sources(group, item))
    return bool(sources) and all(any(_has(rule, *source) for rule in alike) for source in sources)


def _direction(type_: str, rule: Mapping[str, Any]) -> str:
    match type_:
        case "aws_vpc_security_group_ingress_rule":
            return "ingress"
        case "aws_vpc_security_group_egress_rule":
            return "egress"
        case "aws_security_group_rule":
            return str(rule.get("type"))
        case _:
            return ""


def _alike(group: str, item: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    protocol = _protocol(item.get("protocol"))
    return (
        rule.get(_GROUP) == group
        and protocol == _protocol(rule.get("ip_protocol", rule.get("protocol")))
        # With all protocols, a rule may have no ports, or -1.
        and (protocol == _EVERYTHING or all(same(item.get(it), rule.get(it)) for it in ("from_port", "to_port")))
        and same(item.get("description"), rule.get("description"))
    )


def _protocol(said: Any) -> str:
    return _PROTOCOLS.get(str(said), str(said))


def _sources(group: str, item: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield where a rule would have each source, and the source."""
    for key, names in _SOURCES.items():
        yield from ((names, it) for it in item.get(key) or ())
    if not unset(item.get("self")):
        yield ("self", *_GROUP_SOURCES), group


def _has(rule: Mapping[str, Any], names: Collection[str], source: Any) -> bool:
    found = (rule.get(name) for name in names)
    return any(it is True or it == source or (isinstance(it, list) and source in it) for it in found)
