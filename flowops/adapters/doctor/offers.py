"""What an account and region have to give, as AWS tells it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.adapters.aws.client import AwsSession, tags_of
from flowops.model.doctor_facts import Quota, Use, Wanted
from flowops.model.tags import ENVIRONMENT_TAG, PROJECT_TAG


@dataclass(frozen=True)
class OffersOfAws:
    """Accounts and regions of AWS; `eyes` lead into an account, `project` is the value of flowops:project."""

    eyes: Callable[[str], AwsSession]
    project: str

    def region(self, account: str, region: str) -> str:
        """Return whether the account may use a region, as EC2 calls it; empty for no region."""
        known = self.eyes(account).call("ec2", "DescribeRegions", AllRegions=True)["Regions"]
        return next((str(it["OptInStatus"]) for it in known if it["RegionName"] == region), "")

    def zones(self, account: str, region: str) -> Collection[str]:
        """Return the availability zones that can be used."""
        found = self._in(account, region).call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
        return [it["ZoneName"] for it in found if it.get("State") == "available"]

    def instance_types(self, account: str, wanted: Wanted) -> Mapping[str, Collection[str]]:
        """Return the zones in which each wanted instance type is offered."""
        if not wanted.instance_types:
            return {}
        wish = [{"Name": "instance-type", "Values": list(wanted.instance_types)}]
        offered = self._in(account, wanted.region).each(
            "ec2",
            "DescribeInstanceTypeOfferings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=wish,
        )
        found: dict[str, list[str]] = {kind: [] for kind in wanted.instance_types}
        for it in offered:
            found.setdefault(it["InstanceType"], []).append(it["Location"])
        return found

    def databases(self, account: str, region: str, engine: str, instance_class: str) -> Collection[str]:
        """Return the versions of a database engine that are offered on an instance class."""
        offered = self._in(account, region).each(
            "rds",
            "DescribeOrderableDBInstanceOptions",
            "OrderableDBInstanceOptions",
            Engine=engine,
            DBInstanceClass=instance_class,
        )
        return {str(it["EngineVersion"]) for it in offered}

    def kubernetes(self, account: str, region: str) -> Mapping[str, str]:
        """Return the Kubernetes versions of EKS with the support that each gets."""
        found = self._in(account, region).call("eks", "DescribeClusterVersions", includeAll=True)["clusterVersions"]
        # The older of its two forms is in small letters with dashes.
        told = {it["clusterVersion"]: str(it.get("versionStatus") or it["status"]) for it in found}
        return {version: support.upper().replace("-", "_") for version, support in told.items()}

    def limit(self, account: str, region: str, quota: Quota) -> int:
        """Return a quota's value."""
        asked = {"ServiceCode": quota.service, "QuotaCode": quota.code}
        found = self._in(account, region).call("service-quotas", "GetServiceQuota", **asked)["Quota"]
        return int(found["Value"])

    def use(self, account: str, wanted: Wanted, quota: Quota) -> Use:
        """Return how much of a quota is used; what belongs to the environment is told by its tags."""
        session = self._in(account, wanted.region)
        if quota.service == "eks":
            names = list(session.each("eks", "ListClusters", "clusters"))
            return Use(len(names), names.count(wanted.cluster))
        if quota.service == "ec2":
            return self._counted(session.call("ec2", "DescribeAddresses")["Addresses"], wanted)
        return self._counted(session.each("ec2", "DescribeVpcs", "Vpcs"), wanted)

    def _counted(self, found: Iterable[Mapping[str, Any]], wanted: Wanted) -> Use:
        ours = {PROJECT_TAG: self.project, ENVIRONMENT_TAG: wanted.environment}
        tags = [tags_of(it.get("Tags")) for it in found]
        return Use(len(tags), sum(ours.items() <= it.items() for it in tags))

    def _in(self, account: str, region: str) -> AwsSession:
        return self.eyes(account).elsewhere(region)
