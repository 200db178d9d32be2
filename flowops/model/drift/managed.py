"""What flowops answers for: everything that a state knows, or a stack of its bootstrap. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowops.model.state_document import STATE_VERSION


@dataclass(frozen=True)
class Managed:
    """The names of what flowops answers for in an account: ARNs, and `TYPE/ID` in terraform's words."""

    ids: frozenset[str]


def managed_ids(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of every instance in a state, and of what AWS made along with it.

    ValueError, KeyError, TypeError or AttributeError for what is no state of the format that terraform writes.
    """
    if document["version"] != STATE_VERSION:
        raise ValueError(f"version {document['version']}, but this flowops reads version {STATE_VERSION}")
    names = (
        name
        for resource in document.get("resources", [])
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        for name in _names(str(resource["type"]), instance.get("attributes") or {})
    )
    return frozenset(names)


def stack_ids(type_: str, physical_id: str) -> frozenset[str]:
    """Return the names of a stack's resource; `type_` is CloudFormation's."""
    terraform = _OF_STACKS.get(type_)
    known = {physical_id} if physical_id.startswith("arn:") else set()
    return frozenset(known | ({f"{terraform}/{physical_id}"} if terraform else set()))


_OF_STACKS: Mapping[str, str] = {
    "AWS::IAM::Group": "aws_iam_group",
    "AWS::IAM::InstanceProfile": "aws_iam_instance_profile",
    "AWS::IAM::ManagedPolicy": "aws_iam_policy",
    "AWS::IAM::Role": "aws_iam_role",
    "AWS::IAM::User": "aws_iam_user",
    "AWS::KMS::Key": "aws_kms_key",
    "AWS::S3::Bucket": "aws_s3_bucket",
    "AWS::SecretsManager::Secret": "aws_secretsmanager_secret",
}

# An ARN elsewhere in the attributes, such as a role_arn, is a reference: what it names may be anybody's.
_OWN_ARNS = ("arn", "access_entry_arn", "association_arn")

MADE_ALONG: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_db_instance": (("master_user_secret.secret_arn", ""),),
    "aws_efs_mount_target": (("network_interface_id", "aws_network_interface"),),
    "aws_eks_cluster": (("vpc_config.cluster_security_group_id", "aws_security_group"),),
    "aws_eks_node_group": (
        ("resources.autoscaling_groups.name", "aws_autoscaling_group"),
        ("resources.remote_access_security_group_id", "aws_security_group"),
    ),
    "aws_instance": (
        ("primary_network_interface_id", "aws_network_interface"),
        ("root_block_device.volume_id", "aws_ebs_volume"),
        ("ebs_block_device.volume_id", "aws_ebs_volume"),
    ),
    "aws_nat_gateway": (("network_interface_id", "aws_network_interface"),),
    "aws_rds_cluster": (("master_user_secret.secret_arn", ""),),
    "aws_vpc": (
        ("default_network_acl_id", "aws_network_acl"),
        ("default_route_table_id", "aws_route_table"),
        ("default_security_group_id", "aws_security_group"),
        ("main_route_table_id", "aws_route_table"),
    ),
    "aws_vpc_endpoint": (("network_interface_ids", "aws_network_interface"),),
}
"""Where a resource's attributes name what AWS made with it, and terraform's type of that; none for an ARN."""


def _names(type_: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    if attributes.get("id"):
        yield f"{type_}/{attributes['id']}"
    yield from (str(attributes[key]) for key in _OWN_ARNS if attributes.get(key))
    for path, made in MADE_ALONG.get(type_, ()):
        yield from (f"{made}/{it}" if made else it for it in _at(attributes, path.split(".")))


def _at(tree: Any, path: list[str]) -> Iterator[str]:
    """Yield the texts at a path, through every item of each list on the way."""
    match tree:
        case list():
            for item in tree:
                yield from _at(item, path)
        case Mapping() if path:
            yield from _at(tree.get(path[0]), path[1:])
        case str() if tree and not path:
            yield tree
