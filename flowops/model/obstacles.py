"""What would make AWS refuse a deletion halfway, told before anything is deleted, with the command that mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from shlex import quote

from flowops.model.changes import Action, Plan, ResourceChange

_WORKLOADS = ("helm_", "kubernetes_", "kubectl_")


@dataclass(frozen=True)
class Doomed:
    """What plans would delete that something can stand in the way of: names by address.

    `workloads` says that what runs in the cluster goes, too, from a layer above the network: with it go the load
    balancers that were made for it. The cluster's own components have none.
    """

    buckets: tuple[tuple[str, str], ...] = ()
    networks: tuple[tuple[str, str], ...] = ()
    snapshots: tuple[tuple[str, str], ...] = ()
    cluster_snapshots: tuple[tuple[str, str], ...] = ()
    workloads: bool = False

    def __bool__(self) -> bool:
        """Return whether there is anything to look at."""
        return bool(self.buckets or self.networks or self.snapshots or self.cluster_snapshots)


@dataclass(frozen=True)
class Made:
    """Something that Kubernetes made in a network; `kind` is a key of MENDS, `idle` says that nothing uses it."""

    kind: str
    name: str
    network: str
    idle: bool = True


@dataclass(frozen=True)
class Found:
    """What AWS has of it: buckets that are not empty, snapshots that exist, and what Kubernetes made in networks."""

    buckets: frozenset[str] = frozenset()
    snapshots: frozenset[str] = frozenset()
    cluster_snapshots: frozenset[str] = frozenset()
    made: tuple[Made, ...] = field(default=())


@dataclass(frozen=True)
class Obstacle:
    """One thing in the way: what it is, and the command that takes it away."""

    what: str
    mend: str


MENDS = {
    "load balancer": "aws elbv2 delete-load-balancer --load-balancer-arn {}",
    "classic load balancer": "aws elb delete-load-balancer --load-balancer-name {}",
    "network interface": "aws ec2 delete-network-interface --network-interface-id {}",
    "security group": "aws ec2 delete-security-group --group-id {}",
}
"""How each kind of thing that Kubernetes makes is deleted, in the order in which it can be."""

_VERSIONS = "{Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}"


def doomed(plans: Iterable[Plan]) -> Doomed:
    """Return what these plans would delete and what could stand in the way of that."""
    going = [(plan, it) for plan in plans for it in plan.changes if _goes(it)]
    gone = [(plan.address(it), it) for plan, it in going]
    layers = {plan.unit.layer for plan, it in going if it.type == "aws_vpc"}
    return Doomed(
        buckets=_named(gone, "aws_s3_bucket", "bucket", unless="force_destroy"),
        networks=_named(gone, "aws_vpc", "id"),
        snapshots=_named(gone, "aws_db_instance", "final_snapshot_identifier", unless="skip_final_snapshot"),
        cluster_snapshots=_named(gone, "aws_rds_cluster", "final_snapshot_identifier", unless="skip_final_snapshot"),
        workloads=any(it.type.startswith(_WORKLOADS) and plan.unit.layer not in layers for plan, it in going),
    )


def obstacles(wanted: Doomed, found: Found) -> tuple[Obstacle, ...]:
    """Return what stands in the way of `wanted`, in the order in which it is mended."""
    return (*_full(wanted, found), *_taken(wanted, found), *_in_networks(wanted, found))


def _goes(change: ResourceChange) -> bool:
    return change.action in (Action.DELETE, Action.REPLACE)


def _named(
    gone: Iterable[tuple[str, ResourceChange]], type_: str, attribute: str, *, unless: str = ""
) -> tuple[tuple[str, str], ...]:
    values = ((address, it.before) for address, it in gone if it.type == type_)
    return tuple((address, str(it[attribute])) for address, it in values if it.get(attribute) and not it.get(unless))


def _full(wanted: Doomed, found: Found) -> Iterator[Obstacle]:
    for address, name in wanted.buckets:
        if name in found.buckets:
            listed = f"aws s3api list-object-versions --bucket {name} --max-items 1000 --query '{_VERSIONS}'"
            mend = f'aws s3api delete-objects --bucket {name} --delete "$({listed})"'
            yield Obstacle(f"bucket {name} ({address}) is not empty", f"{mend}  # again until it is empty")


def _taken(wanted: Doomed, found: Found) -> Iterator[Obstacle]:
    pairs = (
        ("db-snapshot", "db-snapshot-identifier", wanted.snapshots, found.snapshots),
        ("db-cluster-snapshot", "db-cluster-snapshot-identifier", wanted.cluster_snapshots, found.cluster_snapshots),
    )
    for kind, option, names, existing in pairs:
        for address, name in names:
            if name in existing:
                kept = f"aws rds copy-{kind} --source-{option} {name} --target-{option} {name}-kept"
                mend = f"{kept} && aws rds delete-{kind} --{option} {name}"
                yield Obstacle(f"the final snapshot of {address} is to be called {name}, and there is one", mend)


def _in_networks(wanted: Doomed, found: Found) -> Iterator[Obstacle]:
    """Yield what Kubernetes left in a network, unless what it was made for goes first in the same run."""
    addresses = {name: address for address, name in wanted.networks}
    for made in sorted(found.made, key=lambda it: [*MENDS].index(it.kind)):
        if made.network in addresses and made.idle and not wanted.workloads:
            what = f"{made.kind} {made.name}, which Kubernetes made, stands in {addresses[made.network]}"
            yield Obstacle(what, MENDS[made.kind].format(quote(made.name)))
