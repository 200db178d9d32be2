"""What `terraform import` wants to hear of a resource, where that is not what the provider calls its id.

Source: the section Import of each resource in the AWS provider's documentation, 5.100
(https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs), and in the Helm provider's, 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowops.model.plaintext import printable


def _after(mark: str) -> Callable[[str], str]:
    return lambda id_: id_.rpartition(mark)[2]


DERIVED: Mapping[str, Callable[[str], str]] = {
    "aws_opensearch_domain": _after("domain/"),  # id is the ARN
    "aws_elasticsearch_domain": _after("domain/"),
    "aws_opensearch_domain_policy": lambda id_: id_.removeprefix("esd-policy-"),
    "aws_vpc_dhcp_options_association": lambda id_: f"vpc-{id_.rpartition('-vpc-')[2]}",  # id is dopt-…-vpc-…
}
"""Types whose import id can be told from their id."""

TO_FILL_IN: Mapping[str, str] = {
    "aws_autoscaling_attachment": "",
    "aws_backup_selection": "<backup plan id>|{id}",
    "aws_cloudwatch_log_metric_filter": "<log group name>:{id}",
    "aws_cloudwatch_log_stream": "<log group name>:{id}",
    "aws_cloudwatch_log_subscription_filter": "<log group name>|<filter name>",
    "aws_db_instance": "<identifier>",  # since 5.0 the id is the DbiResourceId
    "aws_eks_pod_identity_association": "<cluster name>,{id}",
    "aws_iam_policy_attachment": "",
    "aws_iam_role_policy_attachment": "<role name>/<policy ARN>",
    "aws_iam_user_policy_attachment": "<user name>/<policy ARN>",
    "aws_iam_group_policy_attachment": "<group name>/<policy ARN>",
    "aws_lambda_permission": "<function name>/{id}",
    "aws_lb_target_group_attachment": "",
    "aws_network_acl_rule": "<network ACL id>:<rule number>:<protocol>:<egress>",
    "aws_route": "<route table id>_<destination>",
    "aws_route_table_association": "<subnet id>/<route table id>",
    "aws_s3_object": "<bucket>/{id}",
    "aws_security_group_rule": "<security group id>_<type>_<protocol>_<from port>_<to port>_<source>",
    "aws_volume_attachment": "<device name>:<volume id>:<instance id>",
    "aws_vpc_endpoint_route_table_association": "<endpoint id>/<route table id>",
    "aws_vpc_endpoint_subnet_association": "<endpoint id>/<subnet id>",
    "helm_release": "<namespace>/{id}",
}
"""Types whose import id holds what their id does not say; `{id}` is the id. An empty one cannot be imported at all."""

MADE_UP = frozenset(
    {
        "aws_autoscaling_attachment",
        "aws_iam_group_policy_attachment",
        "aws_iam_policy_attachment",
        "aws_iam_role_policy_attachment",
        "aws_iam_user_policy_attachment",
        "aws_lb_target_group_attachment",
    }
)
"""Types whose id the provider makes up anew each time: two ids may well mean the same thing in AWS."""


def import_id(type_: str, id_: str) -> str:
    """Return the import id of a resource, with a `<name>` for each part that people have to fill in."""
    known = printable(id_)
    if type_ in TO_FILL_IN:
        return TO_FILL_IN[type_].replace("{id}", known)
    return DERIVED[type_](known) if type_ in DERIVED else known


def importable(type_: str) -> bool:
    """Say whether terraform can import resources of this type."""
    return TO_FILL_IN.get(type_) != ""
