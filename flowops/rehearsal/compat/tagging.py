"""Resource Groups and its Tagging API: which resources carry which tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.backup.models import backup_backends
from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.eks.models import eks_backends
from moto.rds.models import rds_backends
from moto.resourcegroups import urls
from moto.resourcegroups.responses import ResourceGroupsResponse
from moto.resourcegroupstaggingapi.models import (
    ResourceGroupsTaggingAPIBackend,
    resourcegroupstaggingapi_backends,
)

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, add_actions, around

Tags = Mapping[str, str]


def install() -> None:
    """Report the tagged resources that moto leaves out, each key and value once, and the members of a group.

    The resource group of an environment and the search for what a destroy left behind go by tags.
    IAM, Route 53 and budgets stay out: AWS reports them in us-east-1 only.
    """
    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _all_resources)
    add_actions(ResourceGroupsTaggingAPIBackend, _get_tag_keys_generator, _get_tag_values_generator)
    add_actions(ResourceGroupsResponse, list_group_resources, search_resources)
    urls.url_paths["{0}/list-group-resources$"] = ResourceGroupsResponse.dispatch
    urls.url_paths["{0}/resources/search$"] = ResourceGroupsResponse.dispatch


def list_group_resources(self: Any) -> ActionResult:
    """Return the resources that the query of a group finds now."""
    name = (self._get_param("Group") or self._get_param("GroupName")).split("/")[-1]
    groups = self.resourcegroups_backend.groups
    if name not in groups:
        raise AwsError("NotFoundException", f"Cannot find group {name}")
    found = _search(self, groups[name].resource_query)
    return ActionResult({"Resources": [{"Identifier": each} for each in found], "ResourceIdentifiers": found})


def search_resources(self: Any) -> ActionResult:
    """Return the resources that a query finds now."""
    return ActionResult({"ResourceIdentifiers": _search(self, self._get_param("ResourceQuery"))})


def _search(self: Any, query: Mapping[str, str]) -> list[dict[str, str]]:
    backend = resourcegroupstaggingapi_backends[self.current_account][self.region]
    found = backend._get_resources_generator(json.loads(query["Query"]).get("TagFilters"))
    return [{"ResourceArn": each.arn, "ResourceType": _cloudformation_type(each.resource_type)} for each in found]


def _cloudformation_type(resource_type: str) -> str:
    """Return `AWS::EKS::Cluster` for `eks:cluster`, as groups name types."""
    service, _, kind = resource_type.partition(":")
    service = service.upper() if len(service) <= 3 else service.title()
    return f"AWS::{service}::{kind.title().replace('-', '')}"


def _all_resources(
    original: Function,
    self: Any,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> Iterator[TaggedResource]:
    matches = make_tag_matcher(tag_filters)
    reported = set()
    for resource in original(self, tag_filters, resource_type_filters, resource_arn_list):
        reported.add(resource.arn)
        if not _is_gone(self, resource.arn):
            yield _named(resource)
    for resource in _left_out(self.account_id, self.region_name):
        wanted = not resource_arn_list or resource.arn in resource_arn_list
        fits = match_resource_type(resource.resource_type, resource_type_filters)
        if resource.tags and resource.arn not in reported and wanted and fits and matches(resource.tags):
            yield resource


def _named(resource: TaggedResource) -> TaggedResource:
    """Return the resource with the ARN that EC2 gives it, where moto has another.

    Service Authorization Reference, "Resource types defined by Amazon EC2".
    """
    if ":flow-logs/" not in resource.arn:
        return resource
    return TaggedResource(resource.arn.replace(":flow-logs/", ":vpc-flow-log/"), resource.tags, "ec2:vpc-flow-log")


def _is_gone(self: Any, arn: str) -> bool:
    """Say whether it was deleted: moto keeps NAT gateways and VPC endpoints that are."""
    backend = ec2_backends[self.account_id][self.region_name]
    kept = {**backend.nat_gateways, **backend.vpc_end_points}
    found = kept.get(arn.rpartition("/")[2])
    return found is not None and found.state == "deleted"


def _get_tag_keys_generator(self: Any) -> Iterator[str]:
    return iter(sorted({key for resource in self._get_resources_generator() for key in resource.tags}))


def _get_tag_values_generator(self: Any, tag_key: str) -> Iterator[str]:
    resources = self._get_resources_generator()
    return iter(sorted({resource.tags[tag_key] for resource in resources if tag_key in resource.tags}))


def _left_out(account: str, region: str) -> Iterator[TaggedResource]:
    for source in LEFT_OUT:
        yield from source(account, region)


def _eks(account: str, region: str) -> Iterator[TaggedResource]:
    for cluster in eks_backends[account][region].clusters.values():
        yield TaggedResource(cluster.arn, dict(cluster.tags), "eks:cluster")
        for group in cluster.nodegroups.values():
            yield TaggedResource(group.arn, dict(group.tags), "eks:nodegroup")
        for profile in cluster.fargate_profiles.values():
            yield TaggedResource(profile.fargate_profile_arn, dict(profile.tags), "eks:fargateprofile")
        for part in (*cluster.addons.values(), *cluster.access_entries.values(), *cluster.pod_identities.values()):
            yield TaggedResource(part.arn, dict(part.tags), f"eks:{part.arn.split(':')[5].split('/')[0]}")


def _ecr(account: str, region: str) -> Iterator[TaggedResource]:
    backend = ecr_backends[account][region]
    for repository in backend.repositories.values():
        tags = backend.tagger.get_tag_dict_for_resource(repository.arn)
        yield TaggedResource(repository.arn, tags, "ecr:repository")


def _ec2(account: str, region: str) -> Iterator[TaggedResource]:
    backend = ec2_backends[account][region]
    rules = (
        rule.id
        for groups in backend.groups.values()
        for group in groups.values()
        for rule in group.ingress_rules + group.egress_rules
        if getattr(rule, "id", None)
    )
    ids = {
        "elastic-ip": [address.allocation_id for address in backend.addresses],
        "vpc-endpoint": [name for name, it in backend.vpc_end_points.items() if it.state != "deleted"],
        "launch-template": list(backend.launch_templates),
        "security-group-rule": list(rules),
    }
    for kind, found in ids.items():
        for each in found:
            yield TaggedResource(
                f"arn:aws:ec2:{region}:{account}:{kind}/{each}", dict(backend.tags.get(each, {})), f"ec2:{kind}"
            )


def _rds(account: str, region: str) -> Iterator[TaggedResource]:
    backend = rds_backends[account][region]
    groups = {"subgrp": backend.subnet_groups, "pg": backend.db_parameter_groups, "og": backend.option_groups}
    for kind, found in groups.items():
        for group in found.values():
            yield TaggedResource(group.arn, {tag["Key"]: tag["Value"] for tag in group.get_tags()}, f"rds:{kind}")


def _backup(account: str, region: str) -> Iterator[TaggedResource]:
    backend = backup_backends[account][region]
    for plan in backend.plans.values():
        tags = backend.tagger.get_tag_dict_for_resource(plan.backup_plan_arn)
        yield TaggedResource(plan.backup_plan_arn, tags, "backup:backup-plan")


LEFT_OUT: tuple[Callable[[str, str], Iterator[TaggedResource]], ...] = (_eks, _ecr, _ec2, _rds, _backup)
