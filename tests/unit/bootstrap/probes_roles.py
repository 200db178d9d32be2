"""The plan role and the two Flowable roles: what they read, and what stays shut."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import BUCKET, DEV, PROD, REGION, iam_arn, key_arn, secret_arn

_LOOK, _PUBLIC = "FlowopsPlanRole/Look/ReadInfrastructure", "FlowopsPlanRole/Look/ReadPublicParameters"
_NO_VALUES, _NO_PARAMETERS = "FlowopsPlanRole/Look/DenySecretValues", "FlowopsPlanRole/Look/DenyPrivateParameters"
_AMI = f"arn:aws:ssm:{REGION}::parameter/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/recommended"
_PARAMETER = f"arn:aws:ssm:{REGION}:{DEV}:parameter/database/password"


def _cluster(name: str) -> str:
    return f"arn:aws:eks:{REGION}:{DEV}:cluster/{name}"


def _logs(name: str) -> str:
    return f"arn:aws:logs:{REGION}:{DEV}:log-group:/aws/eks/{name}"


_OWN_SECRET = secret_arn("/flowable/dev/datasource")
_STATE = f"arn:aws:s3:::{BUCKET}/{DEV}/dev/foundation/vpc/terraform.tfstate"

PLAN: tuple[Case, ...] = (
    *(
        may("plan", action, "*", _LOOK, note)
        for action, note in (
            ("ec2:DescribeVpcs", "foundation: vpc"),
            ("ec2:DescribeLaunchTemplateVersions", "foundation: eks"),
            ("eks:DescribeCluster", "foundation: eks"),
            ("eks:ListAssociatedAccessPolicies", "foundation: eks"),
            ("elasticfilesystem:DescribeFileSystems", "foundation: efs"),
            ("elasticfilesystem:ListTagsForResource", "foundation: efs"),
            ("backup:GetBackupPlan", "foundation: efs"),
            ("backup:DescribeBackupVault", "foundation: efs"),
            ("iam:GetRole", "foundation: every role"),
            ("iam:ListAttachedRolePolicies", "foundation: every role"),
            ("kms:DescribeKey", "foundation: efs, eks"),
            ("kms:GetKeyPolicy", "foundation: efs, eks"),
            ("kms:GetKeyRotationStatus", "foundation: efs, eks"),
            ("kms:ListResourceTags", "foundation: efs, eks"),
            ("logs:DescribeLogGroups", "foundation: vpc, eks"),
            ("logs:ListTagsForResource", "foundation: vpc, eks"),
            ("autoscaling:DescribeAutoScalingGroups", "foundation: eks"),
            ("elasticloadbalancing:DescribeLoadBalancers", "foundation: eks-components"),
            ("resource-groups:GetGroupQuery", "foundation: resource-group"),
            ("sts:GetCallerIdentity", "foundation: every unit"),
            ("tag:GetResources", "drift --unmanaged"),
            ("cloudformation:DetectStackDrift", "drift: flowops-environment"),
            ("rds:DescribeDBInstances", "app: rds-postgres"),
            ("es:DescribeDomain", "app: opensearch"),
            ("secretsmanager:DescribeSecret", "app: rds-postgres"),
        )
    ),
    may("plan", "ssm:GetParameter", _AMI, _PUBLIC, "foundation: eks, the node image"),
    *(
        may_not("plan", action, "*", note="a plan changes nothing and opens nothing")
        for action in (
            "ec2:CreateVpc",
            "ec2:GetPasswordData",
            "eks:UpdateClusterConfig",
            "kms:Decrypt",
            "logs:GetLogEvents",
            "sts:AssumeRole",
        )
    ),
    *(
        may_not("plan bare", action, iam_arn("role/flowable/workload/any"))
        for action in ("iam:CreateRole", "iam:PassRole")
    ),
    may_not("plan", "secretsmanager:GetSecretValue", _OWN_SECRET, _NO_VALUES),
    may_not("plan+", "secretsmanager:GetSecretValue", _OWN_SECRET, _NO_VALUES),
    may_not("plan+", "secretsmanager:BatchGetSecretValue", "*", _NO_VALUES),
    may_not("plan+", "ssm:GetParameter", _PARAMETER, _NO_PARAMETERS),
    may_not("plan+", "ssm:GetParametersByPath", _PARAMETER, _NO_PARAMETERS),
    may_not("plan bare", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{PROD}:parameter/any", _NO_PARAMETERS),
)

_ADMIN, _NO_INFRASTRUCTURE = "FlowableAdminRole/Operate", "FlowableAdminRole/Operate/DenyInfrastructure"
_BOUND = {"iam:permissionsboundary": iam_arn("policy/flowable/FlowableWorkloadBoundary")}
_VIA_SECRETS = {"kms:viaservice": f"secretsmanager.{REGION}.amazonaws.com"}

FLOWABLE_ADMIN: tuple[Case, ...] = (
    *(
        case
        for who, by in (("admin", f"{_ADMIN}/UseClusters"), ("user", "FlowableUserRole/Look/UseClusters"))
        for case in (
            may(who, "eks:DescribeCluster", _cluster("flowable-dev"), by),
            may(who, "eks:AccessKubernetesApi", _cluster("flowable-dev"), by),
            may_not(who, "eks:DescribeCluster", _cluster("payroll")),
        )
    ),
    *(
        may("admin", f"secretsmanager:{verb}", _OWN_SECRET, f"{_ADMIN}/KeepSecrets")
        for verb in ("DescribeSecret", "GetSecretValue", "PutSecretValue")
    ),
    may_not("admin", "secretsmanager:GetSecretValue", secret_arn("payroll")),
    may("admin", "kms:Decrypt", key_arn("any", DEV), f"{_ADMIN}/UseKeysOfSecrets", context=_VIA_SECRETS),
    may_not("admin", "kms:Decrypt", key_arn("any", DEV), f"{_ADMIN}/UseKeysOfSecrets", "not through Secrets Manager"),
    replace(may_not("admin", "kms:Decrypt", key_arn("any", PROD), context=_VIA_SECRETS), one_sided=True),
    may("admin", "logs:FilterLogEvents", _logs("flowable-dev/cluster"), f"{_ADMIN}/ReadClusterLogs"),
    may_not("admin", "logs:FilterLogEvents", _logs("payroll/cluster")),
    may("admin", "logs:DescribeLogGroups", "*", f"{_ADMIN}/FindLogs"),
    may(
        "admin", "es:ESHttpPost", f"arn:aws:es:{REGION}:{DEV}:domain/flowable-dev/_search", f"{_ADMIN}/UseSearchIndexes"
    ),
    may_not("admin", "es:ESHttpPost", f"arn:aws:es:{REGION}:{DEV}:domain/payroll/_search"),
    may_not(
        "admin", "es:ESHttpDelete", f"arn:aws:es:{REGION}:{DEV}:domain/flowable-dev/index", note="an index is data"
    ),
    may(
        "admin",
        "rds:CreateDBSnapshot",
        f"arn:aws:rds:{REGION}:{DEV}:db:flowable-dev-work",
        f"{_ADMIN}/SnapshotDatabases",
    ),
    may(
        "admin",
        "rds:CreateDBSnapshot",
        f"arn:aws:rds:{REGION}:{DEV}:snapshot:flowable-dev-work-1",
        f"{_ADMIN}/SnapshotDatabases",
    ),
    may_not("admin", "rds:CreateDBSnapshot", f"arn:aws:rds:{REGION}:{DEV}:db:payroll"),
    *(
        may_not("admin+", action, resource, _NO_INFRASTRUCTURE)
        for action, resource in (
            ("eks:CreateAccessEntry", _cluster("flowable-dev")),
            ("eks:DeleteCluster", _cluster("flowable-dev")),
            ("eks:UpdateClusterConfig", _cluster("flowable-dev")),
            ("elasticfilesystem:DeleteFileSystem", f"arn:aws:elasticfilesystem:{REGION}:{DEV}:file-system/fs-1"),
            ("es:DeleteDomain", f"arn:aws:es:{REGION}:{DEV}:domain/flowable-dev"),
            ("rds:DeleteDBInstance", f"arn:aws:rds:{REGION}:{DEV}:db:flowable-dev-work"),
            ("s3:GetObject", _STATE),
        )
    ),
    *(
        may_not("admin+", f"iam:{verb}", iam_arn(name), _NO_INFRASTRUCTURE, context=_BOUND)
        for verb, name in (
            ("AddRoleToInstanceProfile", "instance-profile/flowable/workload/any"),
            ("AttachRolePolicy", "role/flowable/workload/any"),
            ("CreatePolicy", "policy/flowable/workload/any"),
            ("DeleteRole", "role/flowable/workload/any"),
            ("DetachRolePolicy", "role/flowable/workload/any"),
            ("PassRole", "role/flowable/workload/any"),
            ("PutRolePolicy", "role/flowable/workload/any"),
            ("RemoveRoleFromInstanceProfile", "instance-profile/flowable/workload/any"),
            ("SetDefaultPolicyVersion", "policy/flowable/workload/any"),
            ("TagRole", "role/flowable/workload/any"),
            ("UntagRole", "role/flowable/workload/any"),
            ("UpdateRole", "role/flowable/workload/any"),
        )
    ),
    may_not("admin", "ec2:TerminateInstances", "*"),
)

_USER, _NO_SECRETS = "FlowableUserRole/Look", "FlowableUserRole/Look/DenySecrets"

FLOWABLE_USER: tuple[Case, ...] = (
    may("user", "logs:GetLogEvents", _logs("flowable-dev/cluster"), f"{_USER}/ReadClusterLogs"),
    may_not("user", "logs:GetLogEvents", _logs("payroll/cluster")),
    may("user", "cloudwatch:GetMetricData", "*", f"{_USER}/FindLogsAndMetrics"),
    may("user", "logs:DescribeLogGroups", "*", f"{_USER}/FindLogsAndMetrics"),
    may_not("user", "eks:CreateAccessEntry", _cluster("flowable-dev")),
    *(
        may_not("user+", action, resource, _NO_SECRETS)
        for action, resource in (
            ("kms:Decrypt", key_arn("any", DEV)),
            ("s3:GetObject", _STATE),
            ("secretsmanager:BatchGetSecretValue", "*"),
            ("secretsmanager:GetSecretValue", _OWN_SECRET),
            ("ssm:GetParameter", _PARAMETER),
        )
    ),
)

ROLES: tuple[Case, ...] = (*PLAN, *FLOWABLE_ADMIN, *FLOWABLE_USER)
