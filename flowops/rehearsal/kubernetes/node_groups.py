"""The nodes that a managed node group would have: as many as it wants, spread over its subnets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES

from flowops.rehearsal.kubernetes.nodes import GROUP_LABEL
from flowops.rehearsal.kubernetes.wanted import Node

DEFAULT_TYPE = "t3.medium"
PODS = "110"
"""EKS counts network interfaces; how many addresses a node has depends on the settings of the VPC add-on."""

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
RESERVED_ADDRESSES = 4  # AWS keeps the first four of each subnet, and the last


def nodes_of(cluster: Any, region: str) -> tuple[Node, ...]:
    """Return the nodes of all node groups of a cluster; a node keeps its name for as long as its group wants it."""
    taken: set[str] = set()
    account = cluster.arn.split(":")[4]
    found = []
    for group in cluster.nodegroups.values():
        for subnet, number in _places(group, account, region):
            address = _address(subnet.cidr_block, f"{group.arn} {number}", taken)
            found.append(_node(group, subnet.availability_zone, address, account, region))
    return tuple(found)


def _places(group: Any, account: str, region: str) -> Iterator[tuple[Any, int]]:
    """Yield a subnet for each node: in turn, as an auto scaling group does it."""
    known = {subnet.id: subnet for zone in ec2_backends[account][region].subnets.values() for subnet in zone.values()}
    subnets = [known[name] for name in group.subnets if name in known]
    for number in range(int(group.scaling_config.get("desiredSize") or 0) if subnets else 0):
        yield subnets[number % len(subnets)], number


def _address(block: str, seed: str, taken: set[str]) -> str:
    """Return an address of a subnet that is the same each time and nobody else's."""
    network = ip_network(block)
    room = max(network.num_addresses - RESERVED_ADDRESSES - 1, 1)
    offset = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % room
    candidates = (str(network[RESERVED_ADDRESSES + (offset + step) % room]) for step in range(room))
    address = next(it for it in candidates if it not in taken)
    taken.add(address)
    return address


def _node(group: Any, zone: str, address: str, account: str, region: str) -> Node:
    kind = _instance_type(group, account, region)
    about = INSTANCE_TYPES.get(kind, {})
    name = f"ip-{address.replace('.', '-')}.{region}.compute.internal"
    architecture = next(iter(about.get("ProcessorInfo", {}).get("SupportedArchitectures", ())), "x86_64")
    return Node(
        name=name,
        address=address,
        labels={
            **(group.labels or {}),
            GROUP_LABEL: group.nodegroup_name,
            "eks.amazonaws.com/capacityType": group.capacity_type,
            "kubernetes.io/arch": ARCHITECTURES.get(architecture, "amd64"),
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": kind,
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": zone,
        },
        taints=tuple(_taint(it) for it in group.taints or ()),
        capacity={
            "cpu": str(about.get("VCpuInfo", {}).get("DefaultVCpus", 2)),
            "memory": f"{about.get('MemoryInfo', {}).get('SizeInMiB', 4096)}Mi",
            "pods": PODS,
        },
        provider_id=f"aws:///{zone}/i-{hashlib.sha256(f'{group.arn} {address}'.encode()).hexdigest()[:17]}",
        version=f"v{group.version}",
    )


def _taint(given: Mapping[str, str]) -> Mapping[str, str]:
    effect = given.get("effect", "")
    return {"key": given["key"], "value": given.get("value") or "", "effect": EFFECTS.get(effect, effect)}


def _instance_type(group: Any, account: str, region: str) -> str:
    """Return the type that the group names, or else its launch template."""
    if group.instance_types:
        return str(group.instance_types[0])
    given = group.launch_template or {}
    template = ec2_backends[account][region].launch_templates.get(given.get("id"))
    if template is None:
        return DEFAULT_TYPE
    return str(template.get_version(given.get("version") or "$Default").data.get("InstanceType") or DEFAULT_TYPE)
