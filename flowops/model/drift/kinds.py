"""What an ARN names, in terraform's words. Pure.

Forms of ARNs: Service Authorization Reference, "Resource types defined by …" of each service. Ids: the section Import
of each resource in the AWS provider's documentation, 5.100.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN; `kind` is empty for services that have but one kind, such as S3's buckets."""

    text: str
    partition: str
    service: str
    region: str
    account: str
    kind: str
    name: str

    @property
    def key(self) -> str:
        """Return service and kind as KINDS has them."""
        return f"{self.service}:{self.kind}" if self.kind else self.service

    def filled(self, form: str, value: str) -> str:
        """Return a form of another ARN with this one's place and a value filled in."""
        return form.format(partition=self.partition, region=self.region, account=self.account, value=value)


def parsed(text: str) -> Arn:
    """Return the parts of an ARN; ValueError for anything else."""
    # CloudWatch Logs names a group with and without the streams in it.
    text = text.removesuffix(":*") if ":log-group:" in text else text
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise ValueError(f"{text!r} is no ARN")
    _, partition, service, region, account, resource = parts
    found = re.match(r"([^/:]*)[/:](.*)", resource, re.DOTALL)
    alone = service in ("sns", "sqs") or (service == "s3" and not region)
    kind, name = found.groups() if found and not alone else ("", resource)
    return Arn(text, partition, service, region, account, kind, name)


Form = Callable[[Arn], str]


def _name(arn: Arn) -> str:
    return arn.name


def _last(arn: Arn) -> str:
    return arn.name.rpartition("/")[2]


def _whole(arn: Arn) -> str:
    return arn.text


def _pair(arn: Arn) -> str:
    return ":".join(arn.name.split("/")[:2])


def _parameter(arn: Arn) -> str:
    return f"/{arn.name}" if "/" in arn.name else arn.name


def _queue(arn: Arn) -> str:
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.name}"


KINDS: Mapping[str, tuple[str, Form]] = {
    "acm:certificate": ("aws_acm_certificate", _whole),
    "autoscaling:autoScalingGroup": ("aws_autoscaling_group", _last),
    "backup:backup-plan": ("aws_backup_plan", _name),
    "backup:backup-vault": ("aws_backup_vault", _name),
    "cloudformation:stack": ("aws_cloudformation_stack", lambda arn: arn.name.partition("/")[0]),
    "cloudwatch:alarm": ("aws_cloudwatch_metric_alarm", _name),
    "dynamodb:table": ("aws_dynamodb_table", _name),
    "ec2:elastic-ip": ("aws_eip", _name),
    "ec2:image": ("aws_ami", _name),
    "ec2:instance": ("aws_instance", _name),
    "ec2:internet-gateway": ("aws_internet_gateway", _name),
    "ec2:launch-template": ("aws_launch_template", _name),
    "ec2:natgateway": ("aws_nat_gateway", _name),
    "ec2:network-acl": ("aws_network_acl", _name),
    "ec2:network-interface": ("aws_network_interface", _name),
    "ec2:prefix-list": ("aws_ec2_managed_prefix_list", _name),
    "ec2:route-table": ("aws_route_table", _name),
    "ec2:security-group": ("aws_security_group", _name),
    "ec2:snapshot": ("aws_ebs_snapshot", _name),
    "ec2:subnet": ("aws_subnet", _name),
    "ec2:volume": ("aws_ebs_volume", _name),
    "ec2:vpc": ("aws_vpc", _name),
    "ec2:vpc-endpoint": ("aws_vpc_endpoint", _name),
    "ec2:vpc-flow-log": ("aws_flow_log", _name),
    "ec2:vpc-peering-connection": ("aws_vpc_peering_connection", _name),
    "ecr:repository": ("aws_ecr_repository", _name),
    "eks:addon": ("aws_eks_addon", _pair),
    "eks:cluster": ("aws_eks_cluster", _name),
    "eks:fargateprofile": ("aws_eks_fargate_profile", _pair),
    "eks:nodegroup": ("aws_eks_node_group", _pair),
    "elasticfilesystem:access-point": ("aws_efs_access_point", _name),
    "elasticfilesystem:file-system": ("aws_efs_file_system", _name),
    "elasticloadbalancing:listener": ("aws_lb_listener", _whole),
    "elasticloadbalancing:loadbalancer": ("aws_lb", _whole),
    "elasticloadbalancing:targetgroup": ("aws_lb_target_group", _whole),
    "es:domain": ("aws_opensearch_domain", _whole),
    "iam:group": ("aws_iam_group", _last),
    "iam:instance-profile": ("aws_iam_instance_profile", _last),
    "iam:oidc-provider": ("aws_iam_openid_connect_provider", _whole),
    "iam:policy": ("aws_iam_policy", _whole),
    "iam:role": ("aws_iam_role", _last),
    "iam:user": ("aws_iam_user", _last),
    "kms:key": ("aws_kms_key", _name),
    "lambda:function": ("aws_lambda_function", _name),
    "logs:log-group": ("aws_cloudwatch_log_group", _name),
    "rds:cluster": ("aws_rds_cluster", _name),
    "rds:db": ("aws_db_instance", _name),
    "rds:og": ("aws_db_option_group", _name),
    "rds:pg": ("aws_db_parameter_group", _name),
    "rds:snapshot": ("aws_db_snapshot", _name),
    "rds:subgrp": ("aws_db_subnet_group", _name),
    "resource-groups:group": ("aws_resourcegroups_group", lambda arn: arn.name.partition("/")[0]),
    "s3": ("aws_s3_bucket", _name),
    "secretsmanager:secret": ("aws_secretsmanager_secret", _whole),
    "sns": ("aws_sns_topic", _whole),
    "sqs": ("aws_sqs_queue", _queue),
    "ssm:parameter": ("aws_ssm_parameter", _parameter),
}
"""Service and kind of an ARN: terraform's type, and how its id follows."""


def terraform_name(arn: Arn) -> tuple[str, str]:
    """Return terraform's type and id of what an ARN names; service and kind stand for a type that KINDS lacks."""
    if arn.key == "elasticloadbalancing:loadbalancer" and "/" not in arn.name:
        return "aws_elb", arn.name
    type_, form = KINDS.get(arn.key, (arn.key, _name))
    return type_, form(arn)
