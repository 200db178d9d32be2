"""Twenty-two ways in which an environment comes to differ, each with the verdict that it has to get.

Those by hand go through the emulated AWS's own API, past terraform's back; those of the code are edits of HCL.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops.model.drift.finding import Verdict
from tests.e2e.aws import DEV as DEV_ACCOUNT
from tests.e2e.aws import Rehearsed

DEV = Path("deployments/aws/non-prod/eu-central-1/dev")
MODULES = Path("terraform-modules")


class Hands:
    """Somebody with all rights and an editor."""

    def __init__(self, rehearsed: Rehearsed, project: Path, scratch: Path) -> None:
        self._rehearsed, self._project, self._scratch = rehearsed, project, scratch
        self.states = {
            key.rpartition("/terraform")[0].rpartition("dev/")[2]: json.loads(it)
            for key, it in rehearsed.states().items()
        }

    def aws(self, service: str) -> Any:
        return self._rehearsed.in_dev(service)

    def security(self, service: str) -> Any:
        return self._rehearsed.in_security(service)

    def known(self, unit: str, address: str, key: str | None = None) -> dict[str, Any]:
        """Return the attributes that a state has of a resource."""
        type_, name = address.split(".")
        resources = self.states[unit]["resources"]
        (found,) = (it for it in resources if (it["type"], it["name"], it["mode"]) == (type_, name, "managed"))
        return next(it["attributes"] for it in found["instances"] if it.get("index_key") == key)

    def edit(self, path: Path, before: str, after: str) -> None:
        """Change the project's code, as a merge does."""
        file = self._project / path
        text = file.read_text()
        assert text.count(before) == 1, (path, before)
        file.write_text(text.replace(before, after))

    def add(self, path: Path, more: str) -> None:
        """Append to the project's code."""
        with (self._project / path).open("a") as file:
            file.write(more)

    def tamper(self, path: Path, more: str) -> None:
        """Append to a file of the tree that flowops works in."""
        with (self._scratch / path).open("a") as file:
            file.write(more)


@dataclass(frozen=True)
class Prepared:
    """One change: what is done, and where and how it has to be found; None for what is no drift at all."""

    name: str
    do: Callable[[Hands], object]
    verdict: Verdict | None
    address: str
    attribute: str = ""


def tag_vpc(hands: Hands) -> None:
    vpc = hands.known("foundation/vpc", "aws_vpc.this")["id"]
    hands.aws("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "Who", "Value": "ann"}])


def open_ssh(hands: Hands) -> None:
    group = hands.known("foundation/efs", "aws_security_group.mount_targets")["id"]
    hands.aws("ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="203.0.113.0/24"
    )


def scale_nodes(hands: Hands) -> None:
    hands.aws("eks").update_nodegroup_config(
        clusterName="flowable-dev",
        nodegroupName=hands.known("foundation/eks", "aws_eks_node_group.this")["node_group_name"],
        scalingConfig={"minSize": 2, "maxSize": 9, "desiredSize": 2},
    )


def delete_route(hands: Hands) -> None:
    route = hands.known("foundation/vpc", "aws_route.public_internet")
    hands.aws("ec2").delete_route(RouteTableId=route["route_table_id"], DestinationCidrBlock="0.0.0.0/0")


def attach_admin(hands: Hands) -> None:
    hands.aws("iam").attach_role_policy(
        RoleName=hands.known("foundation/eks", "aws_iam_role.node")["name"],
        PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
    )


def detach_policy(hands: Hands) -> None:
    found = hands.known("foundation/eks", "aws_iam_role_policy_attachment.cluster")
    hands.aws("iam").detach_role_policy(RoleName=found["role"], PolicyArn=found["policy_arn"])


def reorder_policy(hands: Hands) -> None:
    found = hands.known("foundation/vpc", "aws_iam_role_policy.flow_logs")
    document = json.loads(found["policy"])
    for statement in document["Statement"]:
        statement["Action"] = sorted(statement["Action"], reverse=True)
    hands.aws("iam").put_role_policy(
        RoleName=found["role"], PolicyName=found["name"], PolicyDocument=json.dumps(document, indent=1)
    )


def widen_policy(hands: Hands) -> None:
    found = hands.known("foundation/eks-components", "aws_iam_role_policy.component", "cluster-autoscaler")
    document = json.loads(found["policy"])
    document["Statement"].append({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    hands.aws("iam").put_role_policy(
        RoleName=found["role"], PolicyName=found["name"], PolicyDocument=json.dumps(document)
    )


def shorten_logs(hands: Hands) -> None:
    name = hands.known("foundation/vpc", "aws_cloudwatch_log_group.flow_logs")["name"]
    hands.aws("logs").put_retention_policy(logGroupName=name, retentionInDays=3)


def delete_log_group(hands: Hands) -> None:
    name = hands.known("foundation/eks", "aws_cloudwatch_log_group.control_plane")["name"]
    hands.aws("logs").delete_log_group(logGroupName=name)


def tag_and_merge(hands: Hands) -> None:
    group = hands.known("foundation/resource-group", "aws_resourcegroups_group.this")
    hands.aws("resource-groups").tag(Arn=group["arn"], Tags={"Who": "ann"})
    hands.edit(MODULES / "resource-group/main.tf", "description = ", 'description = "new ${var.name}" # ')


def other_class(hands: Hands) -> None:
    hands.edit(DEV / "app/rds-postgres/terragrunt.hcl", "db.t4g.medium", "db.t4g.large")


def new_output(hands: Hands) -> None:
    hands.add(MODULES / "opensearch/outputs.tf", '\noutput "extra" {\n  description = "x"\n  value       = "new"\n}\n')


def bucket(hands: Hands) -> None:
    where = {"LocationConstraint": "eu-central-1"}
    hands.aws("s3").create_bucket(Bucket="made-by-hand", CreateBucketConfiguration=where)


def log_group(hands: Hands) -> None:
    hands.aws("logs").create_log_group(logGroupName="by-hand")


def stack_role(hands: Hands) -> None:
    hands.aws("iam").update_role(RoleName="FlowableUserRole", Description="by hand", MaxSessionDuration=3600)


def user(hands: Hands) -> None:
    hands.security("iam").create_user(UserName="stray", Path="/flowable/")


def undeployed(hands: Hands) -> None:
    hands.edit(
        Path("bootstrap/environment-account.yaml"), "Plans and looks for drift; writes nothing", "Looks; writes nothing"
    )


def edited_file(hands: Hands) -> None:
    hands.tamper(DEV / "foundation/foundation.hcl", "# by hand\n")


def backups(hands: Hands) -> None:
    name = hands.known("app/rds-postgres", "aws_db_instance.this", "work")["identifier"]
    hands.aws("rds").modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=1, ApplyImmediately=True)


def access_point(hands: Hands) -> None:
    found = hands.known("foundation/efs", "aws_efs_access_point.flowable")
    hands.aws("efs").tag_resource(ResourceId=found["id"], Tags=[{"Key": "Who", "Value": "ann"}])


def backdoor(hands: Hands) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    hands.aws("iam").create_role(RoleName="backdoor", AssumeRolePolicyDocument=json.dumps(trust))


CHANGES = (
    Prepared("a tag added by hand", tag_vpc, Verdict.OUT_OF_BAND, "foundation/vpc//aws_vpc.this", "tags.Who"),
    Prepared(
        "a rule added by hand",
        open_ssh,
        Verdict.OUT_OF_BAND,
        "foundation/efs//aws_security_group.mount_targets",
        "ingress",
    ),
    Prepared(
        "a node group scaled",
        scale_nodes,
        Verdict.OUT_OF_BAND,
        "foundation/eks//aws_eks_node_group.this",
        "scaling_config",
    ),
    Prepared("a route deleted", delete_route, Verdict.MISSING, "foundation/vpc//aws_route.public_internet"),
    Prepared(
        "a policy attached",
        attach_admin,
        Verdict.OUT_OF_BAND,
        "foundation/eks//aws_iam_role.node",
        "managed_policy_arns",
    ),
    Prepared(
        "a policy detached", detach_policy, Verdict.MISSING, "foundation/eks//aws_iam_role_policy_attachment.cluster"
    ),
    Prepared("a policy reordered", reorder_policy, None, "foundation/vpc//aws_iam_role_policy.flow_logs"),
    Prepared(
        "a policy widened",
        widen_policy,
        Verdict.OUT_OF_BAND,
        'foundation/eks-components//aws_iam_role_policy.component["cluster-autoscaler"]',
        "policy",
    ),
    Prepared(
        "a retention shortened",
        shorten_logs,
        Verdict.OUT_OF_BAND,
        "foundation/vpc//aws_cloudwatch_log_group.flow_logs",
        "retention_in_days",
    ),
    Prepared(
        "a log group deleted",
        delete_log_group,
        Verdict.MISSING,
        "foundation/eks//aws_cloudwatch_log_group.control_plane",
    ),
    Prepared(
        "both at once",
        tag_and_merge,
        Verdict.BOTH,
        "foundation/resource-group//aws_resourcegroups_group.this",
        "tags.Who",
    ),
    Prepared(
        "another class in the code",
        other_class,
        Verdict.UNAPPLIED,
        'app/rds-postgres//aws_db_instance.this["design"]',
        "instance_class",
    ),
    Prepared(
        "backups shortened",
        backups,
        Verdict.BOTH,
        'app/rds-postgres//aws_db_instance.this["work"]',
        "backup_retention_period",
    ),
    Prepared(
        "a tag on an access point",
        access_point,
        Verdict.OUT_OF_BAND,
        "foundation/efs//aws_efs_access_point.flowable",
        "tags.Who",
    ),
    Prepared("a bucket made outside", bucket, Verdict.UNMANAGED, "arn:aws:s3:::made-by-hand"),
    Prepared(
        "a log group made outside",
        log_group,
        Verdict.UNMANAGED,
        "arn:aws:logs:eu-central-1:222222222222:log-group:by-hand",
    ),
    Prepared(
        "a stack's role changed",
        stack_role,
        Verdict.OUT_OF_BAND,
        "dev/flowops-environment//Resources/FlowableUserRole",
        "Description",
    ),
    Prepared("a role made outside our paths", backdoor, Verdict.UNMANAGED, f"arn:aws:iam::{DEV_ACCOUNT}:role/backdoor"),
    Prepared("an output merged", new_output, Verdict.UNAPPLIED, "app/opensearch//output.extra"),
    Prepared(
        "a template not deployed",
        undeployed,
        Verdict.UNAPPLIED,
        "dev/flowops-environment//Resources/FlowopsPlanRole",
    ),
    Prepared("a rendered file edited", edited_file, Verdict.UNAPPLIED, f"{DEV}/foundation/foundation.hcl"),
    Prepared(
        "a stray user", user, Verdict.OUT_OF_BAND, "arn:aws:iam::111111111111:user/flowable/stray//in-no-known-group"
    ),
)
