"""Tags of everything in EKS that has an ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.eks.models import EKSBackend

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions


def install() -> None:
    """Tag node groups, add-ons, access entries and associations too; moto tags clusters only."""
    add_actions(EKSBackend, tag_resource, untag_resource, list_tags_for_resource)


def tag_resource(self: Any, resource_arn: str, tags: dict[str, str]) -> None:
    """Add tags or change them."""
    _tags(self, resource_arn).update(tags)


def untag_resource(self: Any, resource_arn: str, tag_keys: list[str] | str) -> None:
    """Remove tags."""
    for key in [tag_keys] if isinstance(tag_keys, str) else tag_keys:
        _tags(self, resource_arn).pop(key, None)


def list_tags_for_resource(self: Any, resource_arn: str) -> dict[str, str]:
    """Return all tags."""
    return _tags(self, resource_arn)


def _tags(backend: Any, arn: str) -> dict[str, str]:
    for cluster in backend.clusters.values():
        for known, tags in _tagged(cluster):
            if known == arn:
                return tags
    raise AwsError("NotFoundException", f"Resource was not found: {arn}")


def _tagged(cluster: Any) -> Iterator[tuple[str, dict[str, str]]]:
    yield cluster.arn, cluster.tags
    for group in cluster.nodegroups.values():
        yield group.arn, group.tags
    for profile in cluster.fargate_profiles.values():
        yield profile.fargate_profile_arn, profile.tags
    for part in (*cluster.addons.values(), *cluster.access_entries.values(), *cluster.pod_identities.values()):
        yield part.arn, part.tags
