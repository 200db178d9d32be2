"""The plan role, the two Flowable roles, and the boundary of what Terraform makes."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import BUCKET, DEV, LICENSE_KEY, PROD, REGION, SECRETS_KEY, SECURITY, key_arn

_LOOK, _PUBLIC = "FlowopsPlanRole/Look/ReadInfrastructure", "FlowopsPlanRole/Look/ReadPublicParameters"
_NO_VALUES, _NO_PARAMETERS = "FlowopsPlanRole/Look/DenySecretValues", "FlowopsPlanRole/Look/DenyPrivateParameters"
_AMI = f"arn:aws:ssm:{REGION}::parameter/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/recommended"
_PARAMETER = f"arn:aws:ssm:{REGION}:{DEV}:parameter/database/password"


def _secret(name: str, account: str = DEV) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-AbCdEf"


def _cluster(name: str) -> str:
    return f"arn:aws:eks:{REGION}:{DEV}:cluster/{name}"


def _logs(name: str) -> str:
    return f"arn:aws:logs:{REGION}:{DEV}:log-group:/aws/eks/{name}"


_OWN_SECRET = _secret("/flowable/dev/datasource")
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
    *(may_not("plan bare", action, f"arn:aws:iam::{DEV}:role/flowable/workload/any") for action in ("iam:CreateRole", "iam:PassRole")),
    may_not("plan", "secretsmanager:GetSecretValue", _OWN_SECRET, _NO_VALUES),
    may_not("plan+", "secretsmanager:GetSecretValue", _OWN_SECRET, _NO_VALUES),
    may_not("plan+", "secretsmanager:BatchGetSecretValue", "*", _NO_VALUES),
    may_not("plan+", "ssm:GetParameter", _PARAMETER, _NO_PARAMETERS),
    may_not("plan+", "ssm:GetParametersByPath", _PARAMETER, _NO_PARAMETERS),
    may_not("plan bare", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{PROD}:parameter/any", _NO_PARAMETERS),
)

_ADMIN, _NO_INFRASTRUCTURE = "FlowableAdminRole/Operate", "FlowableAdminRole/Operate/DenyInfrastructure"
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
    may_not("admin", "secretsmanager:GetSecretValue", _secret("payroll")),
    may("admin", "kms:Decrypt", key_arn("any", DEV), f"{_ADMIN}/UseKeysOfSecrets", context=_VIA_SECRETS),
    may_not("admin", "kms:Decrypt", key_arn("any", DEV), f"{_ADMIN}/UseKeysOfSecrets", "not through Secrets Manager"),
    replace(may_not("admin", "kms:Decrypt", key_arn("any", PROD), context=_VIA_SECRETS), one_sided=True),
    may("admin", "logs:FilterLogEvents", _logs("flowable-dev/cluster"), f"{_ADMIN}/ReadClusterLogs"),
    may_not("admin", "logs:FilterLogEvents", _logs("payroll/cluster")),
    may("admin", "logs:DescribeLogGroups", "*", f"{_ADMIN}/FindLogs"),
    may("admin", "es:ESHttpPost", f"arn:aws:es:{REGION}:{DEV}:domain/flowable-dev/_search", f"{_ADMIN}/UseSearchIndexes"),
    may_not("admin", "es:ESHttpPost", f"arn:aws:es:{REGION}:{DEV}:domain/payroll/_search"),
    may("admin", "rds:CreateDBSnapshot", f"arn:aws:rds:{REGION}:{DEV}:db:flowable-dev-work", f"{_ADMIN}/SnapshotDatabases"),
    may("admin", "rds:CreateDBSnapshot", f"arn:aws:rds:{REGION}:{DEV}:snapshot:flowable-dev-work-1", f"{_ADMIN}/SnapshotDatabases"),
    may_not("admin", "rds:CreateDBSnapshot", f"arn:aws:rds:{REGION}:{DEV}:db:payroll"),
    *(
        may_not("admin+", action, resource, _NO_INFRASTRUCTURE)
        for action, resource in (
            ("eks:CreateAccessEntry", _cluster("flowable-dev")),
            ("eks:DeleteCluster", _cluster("flowable-dev")),
            ("eks:UpdateClusterConfig", _cluster("flowable-dev")),
            ("elasticfilesystem:DeleteFileSystem", f"arn:aws:elasticfilesystem:{REGION}:{DEV}:file-system/fs-1"),
            ("es:DeleteDomain", f"arn:aws:es:{REGION}:{DEV}:domain/flowable-dev"),
            ("iam:PassRole", f"arn:aws:iam::{DEV}:role/flowable/workload/any"),
            ("iam:DetachRolePolicy", f"arn:aws:iam::{DEV}:role/flowable/workload/any"),
            ("rds:DeleteDBInstance", f"arn:aws:rds:{REGION}:{DEV}:db:flowable-dev-work"),
            ("s3:GetObject", _STATE),
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

_ALL = "AdministratorAccess/All"
_ELB = "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing"

WORKLOAD: tuple[Case, ...] = (
    *(
        may("workload", action, "*", _ALL, note)
        for action, note in (
            ("ec2:AssignPrivateIpAddresses", "foundation: node role, CNI"),
            ("ecr:GetAuthorizationToken", "foundation: node role"),
            ("eks:DescribeCluster", "foundation: node role"),
            ("eks-auth:AssumeRoleForPodIdentity", "foundation: node role"),
            ("ec2:CreateNetworkInterface", "foundation: cluster role"),
            ("elasticloadbalancing:CreateLoadBalancer", "foundation: eks-components, load balancer controller"),
            ("acm:ListCertificates", "foundation: eks-components, load balancer controller"),
            ("autoscaling:SetDesiredCapacity", "foundation: eks-components, autoscaler"),
            ("elasticfilesystem:CreateAccessPoint", "foundation: eks-components, EFS driver"),
            ("ec2:CreateVolume", "foundation: eks-components, EBS driver"),
            ("logs:PutLogEvents", "foundation: vpc, flow log role"),
            ("cloudwatch:PutMetricData", "foundation: eks-components"),
            ("elasticfilesystem:Backup", "foundation: efs, backup role"),
            ("backup:StartBackupJob", "foundation: efs, backup role"),
            ("backup-storage:MountCapsule", "foundation: efs, backup role"),
            ("tag:GetResources", "foundation: efs, backup role"),
            ("rds:CreateDBSnapshot", "app: backup role"),
            ("es:ESHttpPost", "app: flowable-app"),
        )
    ),
    may("workload", "kms:Decrypt", key_arn("eks", DEV), _ALL, "foundation: cluster role, secrets of the cluster"),
    may("workload", "iam:CreateServiceLinkedRole", f"arn:aws:iam::{DEV}:{_ELB}", _ALL, "first load balancer of an account"),
    *(
        may_not("workload", action, resource, note="not in the boundary")
        for action, resource in (
            ("eks:CreateAccessEntry", _cluster("flowable-dev")),
            ("iam:CreateRole", f"arn:aws:iam::{DEV}:role/flowable/workload/any"),
            ("iam:CreateServiceLinkedRole", f"arn:aws:iam::{DEV}:role/aws-service-role/eks.amazonaws.com/AWSServiceRole"),
            ("iam:GetRole", f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"),
            ("iam:PassRole", f"arn:aws:iam::{DEV}:role/flowable/workload/any"),
            ("organizations:LeaveOrganization", "*"),
            ("rds:DeleteDBInstance", "*"),
            ("s3:GetObject", _STATE),
            ("secretsmanager:GetSecretValue", _secret("payroll")),
            ("secretsmanager:PutSecretValue", _OWN_SECRET),
            ("sts:AssumeRole", f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"),
        )
    ),
    replace(may_not("workload", "kms:Decrypt", key_arn("any", PROD)), one_sided=True),
    may_not("workload", "ec2:RunInstances", "*", "FlowableWorkloadBoundary/DenyOtherRegions", context={"aws:requestedregion": "us-east-1"}),
)

_REPOSITORY, _LICENSE = _secret("/flowable/repository", SECURITY), _secret("/flowable/dev/license", SECURITY)
_ELSEWHERE = {"aws:principalorgid": "o-somebodyelse"}

SECRETS: tuple[Case, ...] = (
    may("external-secrets", "secretsmanager:GetSecretValue", _secret("rds!db-1"), _ALL, "app: database credentials"),
    may("external-secrets", "secretsmanager:DescribeSecret", _REPOSITORY, "RepositorySecretPolicy/ReadForExternalSecrets"),
    may("prod external-secrets", "secretsmanager:GetSecretValue", _REPOSITORY, "RepositorySecretPolicy/ReadForExternalSecrets"),
    may("prod external-secrets", "kms:Decrypt", SECRETS_KEY, "SecretsKey/DecryptForExternalSecrets", context=_VIA_SECRETS),
    *(
        case
        for secret, policy in ((_REPOSITORY, "RepositorySecretPolicy"), (_LICENSE, "LicenseSecretPolicy"))
        for case in (
            may("external-secrets", "secretsmanager:GetSecretValue", secret, f"{policy}/ReadForExternalSecrets", "app"),
            may_not("external-secrets", "secretsmanager:PutSecretValue", secret),
            may_not("external-secrets", "secretsmanager:GetSecretValue", secret, f"{policy}/ReadForExternalSecrets", context=_ELSEWHERE),
            may_not("workload", "secretsmanager:GetSecretValue", secret, f"{policy}/ReadForExternalSecrets"),
            may_not("dev administrator", "secretsmanager:GetSecretValue", secret, f"{policy}/ReadForExternalSecrets"),
            may_not("unlisted external-secrets", "secretsmanager:GetSecretValue", secret),
            may("bootstrap", "secretsmanager:PutSecretValue", secret, _ALL, "secrets set"),
        )
    ),
    *(
        case
        for key, name in ((SECRETS_KEY, "SecretsKey"), (LICENSE_KEY, "LicenseKey"))
        for case in (
            may("external-secrets", "kms:Decrypt", key, f"{name}/DecryptForExternalSecrets", "app", context=_VIA_SECRETS),
            may_not("external-secrets", "kms:Decrypt", key, f"{name}/DecryptForExternalSecrets", "not through Secrets Manager"),
            may_not("external-secrets", "kms:GenerateDataKey", key, context=_VIA_SECRETS),
            may_not("external-secrets", "kms:Decrypt", key, f"{name}/DecryptForExternalSecrets", context={**_VIA_SECRETS, **_ELSEWHERE}),
            may_not("workload", "kms:Decrypt", key, f"{name}/DecryptForExternalSecrets", context=_VIA_SECRETS),
            may_not("unlisted external-secrets", "kms:Decrypt", key, context=_VIA_SECRETS),
            may("bootstrap", "kms:GenerateDataKey", key, f"{name}/AdministerFromThisAccount", "secrets set", context=_VIA_SECRETS),
        )
    ),
    may_not("prod external-secrets", "secretsmanager:GetSecretValue", _LICENSE, note="dev's license is not prod's"),
    may_not("prod external-secrets", "kms:Decrypt", LICENSE_KEY, note="dev's license is not prod's", context=_VIA_SECRETS),
    may_not("deploy+", "secretsmanager:GetSecretValue", _REPOSITORY, "RepositorySecretPolicy/ReadForExternalSecrets"),
)

ROLES: tuple[Case, ...] = (*PLAN, *FLOWABLE_ADMIN, *FLOWABLE_USER, *WORKLOAD, *SECRETS)
