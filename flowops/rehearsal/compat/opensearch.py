"""OpenSearch: the role that a domain in a VPC needs, and domains found by their tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.iam.models import SERVICE_NAME_CONVERSION, iam_backends
from moto.opensearch.models import OpenSearchServiceBackend, opensearch_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.utilities.utils import get_partition

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, around

SERVICE = "opensearchservice"
SERVICE_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
NO_SERVICE_ROLE = (
    "Before you can proceed, you must enable a service-linked role to give Amazon OpenSearch Service "
    "permissions to access your VPC."
)


def install() -> None:
    """Refuse a domain in a VPC to an account without the service's role, and report domains with their tags.

    moto calls that role by another name than AWS, and makes a domain without it: a module that forgets the role
    would fail in AWS alone.
    """
    SERVICE_NAME_CONVERSION[SERVICE] = SERVICE_ROLE.removeprefix("AWSServiceRoleFor")
    around(OpenSearchServiceBackend, "create_domain", _create_domain)
    around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", _with_domains)


def _create_domain(original: Function, self: Any, *given: Any, **settings: Any) -> Any:
    roles = iam_backends[self.account_id][get_partition(self.region_name)].roles.values()
    if settings.get("vpc_options") and SERVICE_ROLE not in {role.name for role in roles}:
        raise AwsError("ValidationException", NO_SERVICE_ROLE)
    return original(self, *given, **settings)


def _with_domains(
    original: Function,
    self: Any,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
    resource_arn_list: list[str] | None = None,
) -> Iterator[TaggedResource]:
    yield from original(self, tag_filters, resource_type_filters, resource_arn_list)
    matches = make_tag_matcher(tag_filters)
    for domain in _domains(self.account_id, self.region_name):
        wanted = not resource_arn_list or domain.arn in resource_arn_list
        if wanted and match_resource_type(domain.resource_type, resource_type_filters) and matches(domain.tags):
            yield domain


def _domains(account: str, region: str) -> Iterator[TaggedResource]:
    backend = opensearch_backends[account][region]
    for domain in backend.domains.values():
        if tags := backend.tagger.get_tag_dict_for_resource(domain.arn):
            yield TaggedResource(domain.arn, tags, "es:domain")
