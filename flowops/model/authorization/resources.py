"""Resource ARNs of the other services, as far as a call itself tells them; `*` where it does not.

The forms are those of the Service Authorization Reference, "Resource types defined by …". Where AWS appends an
identifier of its own, the ARN ends with `*` or `?`, which a policy's wildcard fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flowops.model.authorization.call import Call

_DIRECT = (
    "ResourceArn",
    "resourceArn",
    "ResourceARN",
    "resourceARN",
    "ResourceName",
    "CertificateArn",
    "LoadBalancerArn",
    "TargetGroupArn",
    "ListenerArn",
    "TopicArn",
    "stateMachineArn",
    "logGroupArn",
    "GroupArn",
    "ARN",
)

NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "backup": (("BackupVaultName", "backup-vault:{}"), ("BackupPlanId", "backup-plan:{}")),
    "cloudformation": (("StackName", "stack/{}/*"),),
    "dynamodb": (("TableName", "table/{}"),),
    "ecr": (("repositoryName", "repository/{}"),),
    "elasticfilesystem": (("AccessPointId", "access-point/{}"), ("FileSystemId", "file-system/{}")),
    "es": (("DomainName", "domain/{}"),),
    "events": (("Name", "rule/{}"), ("Rule", "rule/{}")),
    "lambda": (("FunctionName", "function:{}"),),
    "logs": (("logGroupName", "log-group:{}:*"),),
    "rds": (
        ("DBSnapshotIdentifier", "snapshot:{}"),
        ("DBInstanceIdentifier", "db:{}"),
        ("DBClusterIdentifier", "cluster:{}"),
        ("DBParameterGroupName", "pg:{}"),
        ("DBClusterParameterGroupName", "cluster-pg:{}"),
        ("DBSubnetGroupName", "subgrp:{}"),
        ("OptionGroupName", "og:{}"),
    ),
    "secretsmanager": (("SecretId", "secret:{}-??????"), ("Name", "secret:{}-??????")),
    "sns": (("Name", "{}"),),
    "sqs": (("QueueName", "{}"),),
}
"""Parameters that name a resource, in the order they count, and the form of its ARN after the account.

EC2 has none: one call of it touches many resources, and few policies name them.
"""

_EKS_PARTS: tuple[tuple[str, str], ...] = (
    ("nodegroupName", "nodegroup"),
    ("addonName", "addon"),
    ("fargateProfileName", "fargateprofile"),
)


def resource_of(call: Call) -> str:
    """Return the ARN of what a call is about."""
    direct = call.text(*_DIRECT)
    if direct.startswith("arn:"):
        return direct
    special = _SPECIAL.get(call.service)
    return special(call) if special else _named(call)


def _named(call: Call) -> str:
    for parameter, form in NAMED.get(call.service, ()):
        name = call.text(parameter)
        if name.startswith("arn:"):
            return name
        if name:
            return call.arn(call.service, form.format(name))
    return "*"


def _eks(call: Call) -> str:
    """Return the cluster, or what hangs on it once it exists; creating a cluster itself has no resource."""
    if call.operation in ("CreateCluster", "ListClusters", "DescribeAddonVersions", "DescribeClusterVersions"):
        return "*"
    cluster = call.text("clusterName", "name")
    if not cluster:
        return "*"
    if not call.operation.startswith("Create"):
        for parameter, kind in _EKS_PARTS:
            if name := call.text(parameter):
                return call.arn("eks", f"{kind}/{cluster}/{name}/*")
        if principal := call.text("principalArn"):
            return call.arn("eks", f"access-entry/{cluster}/{_iam_identity(principal)}/*")
        if association := call.text("associationId"):
            return call.arn("eks", f"podidentityassociation/{cluster}/{association}")
    return call.arn("eks", f"cluster/{cluster}")


def _iam_identity(principal: str) -> str:
    """Return `role/<account>/<name>` as the ARN of an access entry has it, without the role's path."""
    _, _, _, _, account, resource = principal.split(":", 5)
    return f"{resource.partition('/')[0]}/{account}/{resource.rpartition('/')[2]}"


def _parameter(call: Call) -> str:
    """Return a parameter of Systems Manager; those below /aws/service belong to no account."""
    name = call.text("Name", "Names[]")
    if not name:
        return "*"
    slash = "" if name.startswith("/") else "/"
    if name.startswith("/aws/service/"):
        return f"arn:aws:ssm:{call.region}::parameter{name}"
    return call.arn("ssm", f"parameter{slash}{name}")


_SPECIAL: Mapping[str, Callable[[Call], str]] = {"eks": _eks, "ssm": _parameter}
