"""What Terraform makes: the boundary of its roles, and the one role that reads secrets of the security account."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import (
    BUCKET,
    DEV,
    LICENSE_KEY,
    PROD,
    REGION,
    SECRETS_KEY,
    SECURITY,
    iam_arn,
    key_arn,
    secret_arn,
)

_ALL = "AdministratorAccess/All"
_OWN_SECRET = secret_arn("/flowable/dev/datasource")
_STATE = f"arn:aws:s3:::{BUCKET}/{DEV}/dev/foundation/vpc/terraform.tfstate"
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
    may(
        "workload",
        "iam:CreateServiceLinkedRole",
        f"arn:aws:iam::{DEV}:{_ELB}",
        _ALL,
        "first load balancer of an account",
    ),
    *(
        may_not("workload", action, resource, note="not in the boundary")
        for action, resource in (
            ("eks:CreateAccessEntry", f"arn:aws:eks:{REGION}:{DEV}:cluster/flowable-dev"),
            ("iam:CreateRole", iam_arn("role/flowable/workload/any")),
            (
                "iam:CreateServiceLinkedRole",
                iam_arn("role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"),
            ),
            ("iam:GetRole", iam_arn("role/flowable/DevOpsAdminRole")),
            ("iam:PassRole", iam_arn("role/flowable/workload/any")),
            ("organizations:LeaveOrganization", "*"),
            ("rds:DeleteDBInstance", "*"),
            ("s3:GetObject", _STATE),
            ("secretsmanager:GetSecretValue", secret_arn("payroll")),
            ("secretsmanager:PutSecretValue", _OWN_SECRET),
            ("sts:AssumeRole", iam_arn("role/flowable/DevOpsAdminRole")),
        )
    ),
    replace(may_not("workload", "kms:Decrypt", key_arn("any", PROD)), one_sided=True),
    may_not(
        "workload",
        "ec2:RunInstances",
        "*",
        "FlowableWorkloadBoundary/DenyOtherRegions",
        context={"aws:requestedregion": "us-east-1"},
    ),
)

_REPOSITORY, _LICENSE = secret_arn("/flowable/repository", SECURITY), secret_arn("/flowable/dev/license", SECURITY)
_READ_REPOSITORY = "RepositorySecretPolicy/ReadForExternalSecrets"
_READ_LICENSE = "LicenseSecretPolicy/ReadForExternalSecrets"
_USE_SECRETS_KEY, _USE_LICENSE_KEY = "SecretsKey/DecryptForExternalSecrets", "LicenseKey/DecryptForExternalSecrets"
_VIA_SECRETS = {"kms:viaservice": f"secretsmanager.{REGION}.amazonaws.com"}
_ELSEWHERE = {"aws:principalorgid": "o-somebodyelse"}

SECRETS: tuple[Case, ...] = (
    may("external-secrets", "secretsmanager:GetSecretValue", secret_arn("rds!db-1"), _ALL, "app: database credentials"),
    may(
        "external-secrets",
        "secretsmanager:DescribeSecret",
        _REPOSITORY,
        _READ_REPOSITORY,
    ),
    may(
        "prod external-secrets",
        "secretsmanager:GetSecretValue",
        _REPOSITORY,
        _READ_REPOSITORY,
    ),
    may(
        "prod external-secrets",
        "kms:Decrypt",
        SECRETS_KEY,
        "SecretsKey/DecryptForExternalSecrets",
        context=_VIA_SECRETS,
    ),
    *(
        case
        for secret, by in ((_REPOSITORY, _READ_REPOSITORY), (_LICENSE, _READ_LICENSE))
        for case in (
            may("external-secrets", "secretsmanager:GetSecretValue", secret, by, "app"),
            may_not("external-secrets", "secretsmanager:PutSecretValue", secret),
            may_not("external-secrets", "secretsmanager:GetSecretValue", secret, by, context=_ELSEWHERE),
            may_not("workload", "secretsmanager:GetSecretValue", secret, by),
            may_not("dev administrator", "secretsmanager:GetSecretValue", secret, by),
            may_not("unlisted external-secrets", "secretsmanager:GetSecretValue", secret),
            may("bootstrap", "secretsmanager:PutSecretValue", secret, _ALL, "secrets set"),
        )
    ),
    *(
        case
        for key, by, owner in (
            (SECRETS_KEY, _USE_SECRETS_KEY, "SecretsKey/AdministerFromThisAccount"),
            (LICENSE_KEY, _USE_LICENSE_KEY, "LicenseKey/AdministerFromThisAccount"),
        )
        for case in (
            may("external-secrets", "kms:Decrypt", key, by, "app", context=_VIA_SECRETS),
            may_not("external-secrets", "kms:Decrypt", key, by, "not through Secrets Manager"),
            may_not("external-secrets", "kms:GenerateDataKey", key, context=_VIA_SECRETS),
            may_not("external-secrets", "kms:Decrypt", key, by, context={**_VIA_SECRETS, **_ELSEWHERE}),
            may_not("workload", "kms:Decrypt", key, by, context=_VIA_SECRETS),
            may_not("unlisted external-secrets", "kms:Decrypt", key, context=_VIA_SECRETS),
            may("bootstrap", "kms:GenerateDataKey", key, owner, "secrets set", context=_VIA_SECRETS),
        )
    ),
    *(
        case
        for actor in ("qa external-secrets", "prod external-secrets", "prod external-secrets named dev")
        for note in (f"dev's license is not that of the {actor}",)
        for case in (
            may_not(actor, "secretsmanager:GetSecretValue", _LICENSE, note=note),
            may_not(actor, "kms:Decrypt", LICENSE_KEY, note=note, context=_VIA_SECRETS),
        )
    ),
    may("qa external-secrets", "secretsmanager:GetSecretValue", _REPOSITORY, _READ_REPOSITORY, "an account of two"),
    may_not("deploy+", "secretsmanager:GetSecretValue", _REPOSITORY, _READ_REPOSITORY),
)
