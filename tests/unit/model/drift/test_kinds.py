"""ARNs in terraform's words."""

from __future__ import annotations

import pytest

from flowops.model.drift.kinds import parsed, terraform_name

HERE = "eu-central-1:222222222222"
BALANCER = f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/web/50dc6c495c0c9188"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:/flowable/dev/db-AbCdEf"
DOMAIN = f"arn:aws:es:{HERE}:domain/flowable-dev"


@pytest.mark.parametrize(
    ("arn", "type_", "id_"),
    [
        (f"arn:aws:ec2:{HERE}:vpc/vpc-1", "aws_vpc", "vpc-1"),
        (f"arn:aws:ec2:{HERE}:natgateway/nat-1", "aws_nat_gateway", "nat-1"),
        ("arn:aws:s3:::flowable-files", "aws_s3_bucket", "flowable-files"),
        ("arn:aws:iam::222222222222:role/flowable/workload/node", "aws_iam_role", "node"),
        (BALANCER, "aws_lb", BALANCER),
        (f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/a1b2", "aws_elb", "a1b2"),
        (f"arn:aws:rds:{HERE}:db:flowable-dev-work", "aws_db_instance", "flowable-dev-work"),
        (f"arn:aws:eks:{HERE}:nodegroup/flowable-dev/blue/6ac-uuid", "aws_eks_node_group", "flowable-dev:blue"),
        (
            f"arn:aws:logs:{HERE}:log-group:/aws/eks/flowable-dev/cluster",
            "aws_cloudwatch_log_group",
            "/aws/eks/flowable-dev/cluster",
        ),
        (f"arn:aws:logs:{HERE}:log-group:mine:*", "aws_cloudwatch_log_group", "mine"),
        (f"arn:aws:sns:{HERE}:alarms", "aws_sns_topic", f"arn:aws:sns:{HERE}:alarms"),
        (f"arn:aws:sqs:{HERE}:work", "aws_sqs_queue", "https://sqs.eu-central-1.amazonaws.com/222222222222/work"),
        (f"arn:aws:ssm:{HERE}:parameter/flowable/key", "aws_ssm_parameter", "/flowable/key"),
        (f"arn:aws:ssm:{HERE}:parameter/key", "aws_ssm_parameter", "key"),
        (SECRET, "aws_secretsmanager_secret", SECRET),
        (DOMAIN, "aws_opensearch_domain", DOMAIN),
        (
            f"arn:aws:autoscaling:{HERE}:autoScalingGroup:uuid:autoScalingGroupName/eks-blue-1",
            "aws_autoscaling_group",
            "eks-blue-1",
        ),
        (f"arn:aws:cloudformation:{HERE}:stack/theirs/uuid", "aws_cloudformation_stack", "theirs"),
        (f"arn:aws:sagemaker:{HERE}:notebook-instance/n", "sagemaker:notebook-instance", "n"),
        (f"arn:aws:s3:{HERE}:accesspoint/files", "s3:accesspoint", "files"),
    ],
)
def test_an_arn_names_what_terraform_would_import(arn: str, type_: str, id_: str) -> None:
    assert terraform_name(parsed(arn)) == (type_, id_)


@pytest.mark.parametrize("text", ["", "vpc-1", "arn:aws:ec2", "urn:aws:ec2:a:b:vpc/1"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no ARN"):
        parsed(text)
