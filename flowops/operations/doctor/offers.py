"""What account and region have to give, against what an environment's units ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flowops.model.doctor import Line, doubtful, fine, wrong
from flowops.model.doctor_facts import Database, Quota, Use, Wanted

_NEVER_ASKED = ("opt-in-not-required", "opted-in")


def region(wanted: Wanted, status: str, reach: str) -> Line:
    """Judge whether the account may use the region; `status` as EC2 DescribeRegions says it, empty for no region."""
    said = f"{wanted.environment}: region {wanted.region}"
    if status in _NEVER_ASKED:
        return fine("region", f"{said} can be used")
    if not status:
        return wrong("region", f"{said} does not exist", "aws ec2 describe-regions --all-regions " + reach)
    mend = f"aws account enable-region --region-name {wanted.region} {reach}"
    return wrong("region", f"{said} is not enabled in the account ({status})", mend)


def zones(wanted: Wanted, available: Collection[str], reach: str) -> Line:
    """Judge the availability zones that the tree names."""
    missing = [it for it in wanted.zones if it not in available]
    if not missing:
        return fine("availability-zones", f"{wanted.environment}: {', '.join(wanted.zones) or 'none is named'}")
    text = f"{_at(wanted, 'availability_zones')}: {', '.join(missing)} cannot be used; there are {', '.join(available)}"
    command = f"aws ec2 describe-availability-zones --region {wanted.region} {reach}"
    return wrong("availability-zones", text, command)


def instance_types(wanted: Wanted, offered: Mapping[str, Collection[str]], reach: str) -> Iterator[Line]:
    """Judge the instance types of the nodes by the zones in which EC2 offers each."""
    for kind in wanted.instance_types:
        lacking = [it for it in wanted.zones if it not in offered.get(kind, ())]
        command = (
            "aws ec2 describe-instance-type-offerings --location-type availability-zone "
            f"--filters Name=instance-type,Values={kind} --region {wanted.region} {reach}"
        )
        if not offered.get(kind):
            text = f"{_at(wanted, 'node_group')}: {kind} is not offered in {wanted.region}"
            yield wrong("instance-types", text, command)
        elif lacking:
            text = f"{_at(wanted, 'node_group')}: {kind} is not offered in {', '.join(lacking)}"
            yield doubtful("instance-types", text, command)
        else:
            yield fine("instance-types", f"{wanted.environment}: {kind} is offered in every zone")
    if not wanted.instance_types:
        yield fine("instance-types", f"{wanted.environment}: no unit names one")


def database(wanted: Wanted, it: Database, versions: Collection[str], reach: str) -> Line:
    """Judge one kind of database by the versions that RDS offers its engine and class in."""
    if any(offered == it.version or offered.startswith(f"{it.version}.") for offered in versions):
        return fine("database-engines", f"{wanted.environment}: {it.engine} {it.version} on {it.instance_class}")
    there = f"; it has {', '.join(sorted(versions)[:5])}" if versions else ""
    text = f"{it.place}: RDS does not offer {it.engine} {it.version} on {it.instance_class} in {wanted.region}{there}"
    command = f"aws rds describe-orderable-db-instance-options --engine {it.engine} --region {wanted.region} {reach}"
    return wrong("database-engines", text, command)


def kubernetes(wanted: Wanted, versions: Mapping[str, str], reach: str) -> Line:
    """Judge the cluster's Kubernetes version; `versions` are those that EKS has, with the support that they get.

    Amazon EKS User Guide, "Understand the Kubernetes version lifecycle on EKS".
    """
    if not wanted.kubernetes:
        return fine("kubernetes-version", f"{wanted.environment}: no unit names one")
    support = versions.get(wanted.kubernetes, "")
    said = f"Kubernetes {wanted.kubernetes}"
    command = f"aws eks describe-cluster-versions --region {wanted.region} {reach}"
    if support == "STANDARD_SUPPORT":
        return fine("kubernetes-version", f"{wanted.environment}: {said} is supported")
    if support == "EXTENDED_SUPPORT":
        text = f"{_at(wanted, 'kubernetes_version')}: {said} is in extended support, which costs extra"
        return doubtful("kubernetes-version", text, command)
    text = f"{_at(wanted, 'kubernetes_version')}: EKS supports {said} no more; it has {', '.join(sorted(versions))}"
    return wrong("kubernetes-version", text, command)


def needed(wanted: Wanted, quota: Quota) -> int:
    """Return how much of a quota the environment takes once it stands."""
    by_check = {
        "quota-clusters": 1 if wanted.cluster else 0,
        "quota-addresses": wanted.addresses,
        "quota-vpcs": wanted.networks,
    }
    return by_check[quota.check]


def quota(wanted: Wanted, it: Quota, use: Use, limit: int, reach: str) -> Line:
    """Judge whether a quota has room for what does not stand yet."""
    more = max(0, needed(wanted, it) - use.own)
    said = f"{wanted.environment}: {use.all} of {limit} {it.title} are used in {wanted.region}"
    if use.all + more <= limit:
        return fine(it.check, f"{said}, {more} more will be")
    mend = (
        f"aws service-quotas request-service-quota-increase --service-code {it.service} --quota-code {it.code} "
        f"--desired-value {use.all + more} --region {wanted.region} {reach}"
    )
    return wrong(it.check, f"{said}, and {more} more are needed", mend)


def _at(wanted: Wanted, setting: str) -> str:
    return wanted.places.get(setting, wanted.environment)
