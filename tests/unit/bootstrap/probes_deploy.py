"""The deploy role and the boundary of the human roles: enough for every layer, and no way out."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.bootstrap.probe import Case, may, may_not
from tests.unit.bootstrap.resolve import DEV, PROD, REGION, iam_arn, key_arn, secret_arn

_INFRASTRUCTURE = "DevOpsAdminRole/Infrastructure/ManageInfrastructure"
_IDENTITIES = "DevOpsAdminRole/Identities/ManageWorkloadIdentities"
_PASS, _LINK = "DevOpsAdminRole/Identities/PassWorkloadRoles", "DevOpsAdminRole/Identities/CreateServiceLinkedRoles"
_OUTSIDE = "FlowableBoundary/DenyIdentitiesOutsideWorkload"
_UNBOUND, _ESCAPE = "FlowableBoundary/DenyRolesWithoutBoundary", "FlowableBoundary/DenyEscapeFromBoundary"
_REGIONS = "FlowableBoundary/DenyOtherRegions"
_SEARCH_ROLE = "DevOpsAdminRole/Identities/KeepServiceLinkedRoleOfSearch"

_ROLE, _OWN_ROLE = iam_arn("role/flowable/workload/flowable-dev-node"), iam_arn("role/flowable/DevOpsAdminRole")
_BOUND = {"iam:permissionsboundary": iam_arn("policy/flowable/FlowableWorkloadBoundary")}
_WRONGLY_BOUND = {"iam:permissionsboundary": iam_arn("policy/flowable/FlowableBoundary")}
_OIDC = iam_arn(f"oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/ABC")

INFRASTRUCTURE = [
    may("deploy", action, "*", _INFRASTRUCTURE, note)
    for action, note in (
        ("ec2:CreateVpc", "foundation: vpc"),
        ("ec2:CreateFlowLogs", "foundation: vpc"),
        ("ec2:CreateLaunchTemplate", "foundation: eks"),
        ("elasticfilesystem:CreateFileSystem", "foundation: efs"),
        ("backup:CreateBackupPlan", "foundation: efs"),
        ("backup-storage:MountCapsule", "foundation: efs, the vault"),
        ("eks:CreateCluster", "foundation: eks"),
        ("eks:CreatePodIdentityAssociation", "foundation: eks-components"),
        ("autoscaling:DescribeAutoScalingGroups", "foundation: eks"),
        ("elasticloadbalancing:DescribeLoadBalancers", "foundation: eks-components"),
        ("logs:CreateLogGroup", "foundation: vpc, eks"),
        ("kms:CreateKey", "foundation: efs, eks"),
        ("kms:PutKeyPolicy", "foundation: efs, eks"),
        ("kms:ScheduleKeyDeletion", "foundation: destroy"),
        ("resource-groups:CreateGroup", "foundation: resource-group"),
        ("tag:GetResources", "foundation: resource-group"),
        ("cloudwatch:PutMetricAlarm", "app: rds"),
        ("acm:RequestCertificate", "app: flowable-app"),
        ("ecr:CreateRepository", "app: flowable-app"),
        ("rds:CreateDBInstance", "app: rds-postgres"),
        ("es:CreateDomain", "app: opensearch"),
    )
]

_GRANT, _THROUGH = (
    "DevOpsAdminRole/Infrastructure/LendOwnKeys",
    "DevOpsAdminRole/Infrastructure/UseKeysThroughServices",
)
_KEY, _PROD_KEY = key_arn("efs", DEV), key_arn("efs", PROD)
_VIA_BACKUP = {"kms:viaservice": f"backup.{REGION}.amazonaws.com"}
_VIA_SECRETS = {"kms:viaservice": f"secretsmanager.{REGION}.amazonaws.com"}
_VIA_EFS = {"kms:viaservice": f"elasticfilesystem.{REGION}.amazonaws.com"}

KEYS = [
    may("deploy", "kms:CreateGrant", _KEY, _GRANT, "foundation: eks secrets, efs"),
    replace(may_not("deploy", "kms:CreateGrant", _PROD_KEY, note="a key of another account"), one_sided=True),
    *(
        may("deploy", action, _KEY, _THROUGH, "foundation: efs, the vault", context=_VIA_BACKUP)
        for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant")
    ),
    may("deploy", "kms:GenerateDataKeyWithoutPlaintext", _KEY, _THROUGH, "foundation: efs", context=_VIA_EFS),
    may("deploy", "kms:Decrypt", _KEY, _THROUGH, "app: key of a database's master secret", context=_VIA_SECRETS),
    may_not(
        "deploy",
        "kms:Decrypt",
        _KEY,
        _THROUGH,
        "data of a service",
        context={"kms:viaservice": f"rds.{REGION}.amazonaws.com"},
    ),
    replace(may_not("deploy", "kms:Decrypt", _PROD_KEY, context=_VIA_BACKUP), one_sided=True),
]

_SECRETS = "DevOpsAdminRole/Infrastructure/ManageSecrets"
_PARAMETERS = "DevOpsAdminRole/Infrastructure/ReadPublicParameters"
_AMI = f"arn:aws:ssm:{REGION}::parameter/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/recommended"

SECRETS = [
    may("deploy", "secretsmanager:CreateSecret", secret_arn("/flowable/dev/datasource"), _SECRETS, "app: rds-postgres"),
    may("deploy", "secretsmanager:CreateSecret", secret_arn("rds!db-1"), _SECRETS, "app: managed master password"),
    may("deploy", "secretsmanager:CancelRotateSecret", secret_arn("rds!db-1"), _SECRETS, "app: rds, end of rotation"),
    may_not("deploy", "secretsmanager:CreateSecret", secret_arn("elsewhere")),
    may_not("deploy", "secretsmanager:CancelRotateSecret", secret_arn("elsewhere")),
    may_not("deploy", "secretsmanager:GetSecretValue", secret_arn("/flowable/dev/datasource")),
    may_not("deploy", "secretsmanager:GetSecretValue", secret_arn("rds!db-1")),
    may("deploy", "ssm:GetParameter", _AMI, _PARAMETERS, "foundation: eks, the node image"),
    may_not("deploy", "ssm:GetParameter", f"arn:aws:ssm:{REGION}:{DEV}:parameter/database/password"),
]

IDENTITIES = [
    may("deploy", "iam:GetRole", _OWN_ROLE, "DevOpsAdminRole/Identities/ReadIdentities", "foundation: every role"),
    may("deploy", "sts:GetCallerIdentity", "*", "DevOpsAdminRole/Identities/ReadIdentities", "foundation: every unit"),
    may("deploy", "iam:CreateRole", _ROLE, _IDENTITIES, "foundation: eks", context=_BOUND),
    may("deploy", "iam:AttachRolePolicy", _ROLE, _IDENTITIES, "foundation: eks", context=_BOUND),
    may("deploy", "iam:PutRolePolicy", _ROLE, _IDENTITIES, "foundation: vpc, flow logs", context=_BOUND),
    may("deploy", "iam:PutRolePermissionsBoundary", _ROLE, _IDENTITIES, context=_BOUND),
    may("deploy", "iam:DeleteRole", _ROLE, _IDENTITIES, "foundation: destroy"),
    may(
        "deploy",
        "iam:CreatePolicy",
        iam_arn("policy/flowable/workload/autoscaler"),
        _IDENTITIES,
        "foundation: eks-components",
    ),
    may("deploy", "iam:CreateInstanceProfile", iam_arn("instance-profile/flowable/workload/node"), _IDENTITIES),
    may("deploy", "iam:CreateOpenIDConnectProvider", _OIDC, _IDENTITIES),
    may_not("deploy", "iam:CreateRole", _ROLE, _UNBOUND, "no boundary"),
    may_not("deploy", "iam:CreateRole", _ROLE, _UNBOUND, "the wrong one", context=_WRONGLY_BOUND),
    may_not("deploy", "iam:AttachRolePolicy", _ROLE, _UNBOUND, "to a role that has none"),
    may_not("deploy", "iam:PutRolePolicy", _ROLE, _UNBOUND, "to a role that has none"),
    may_not("deploy", "iam:PutRolePermissionsBoundary", _ROLE, _UNBOUND, context=_WRONGLY_BOUND),
    may_not("deploy+", "iam:DeleteRolePermissionsBoundary", _ROLE, _ESCAPE),
    may_not("deploy+", "iam:UpdateAssumeRolePolicy", _ROLE, _ESCAPE),
    *(
        may_not("deploy bare", action, arn, note="by its own policies", context=_BOUND)
        for action, arn in (
            ("iam:CreateRole", iam_arn("role/Backdoor")),
            ("iam:DeleteRolePermissionsBoundary", _ROLE),
            ("iam:UpdateAssumeRolePolicy", _ROLE),
        )
    ),
]

OUTSIDE_WORKLOAD = [
    may_not("deploy+", action, iam_arn(name), _OUTSIDE, context=_BOUND)
    for action, name in (
        ("iam:AddUserToGroup", "group/admins"),
        ("iam:AttachGroupPolicy", "group/admins"),
        ("iam:AttachRolePolicy", "role/flowable/DevOpsAdminRole"),
        ("iam:AttachUserPolicy", "user/mallory"),
        ("iam:CreateRole", "role/Backdoor"),
        ("iam:CreateUser", "user/mallory"),
        ("iam:CreateAccessKey", "user/mallory"),
        ("iam:CreateLoginProfile", "user/mallory"),
        ("iam:CreatePolicyVersion", "policy/flowable/FlowableBoundary"),
        ("iam:CreatePolicyVersion", "policy/flowable/FlowableWorkloadBoundary"),
        ("iam:CreateOpenIDConnectProvider", "oidc-provider/token.actions.githubusercontent.com"),
        ("iam:DeletePolicyVersion", "policy/flowable/FlowableBoundary"),
        ("iam:DeleteRolePermissionsBoundary", "role/flowable/DevOpsAdminRole"),
        ("iam:DeleteRolePolicy", "role/flowable/FlowopsPlanRole"),
        ("iam:DetachRolePolicy", "role/OrganizationAccountAccessRole"),
        ("iam:PassRole", "role/flowable/DevOpsAdminRole"),
        ("iam:PutRolePermissionsBoundary", "role/flowable/DevOpsAdminRole"),
        ("iam:PutRolePolicy", "role/OrganizationAccountAccessRole"),
        ("iam:PutRolePolicy", "role/flowable/DevOpsAdminRole"),
        ("iam:PutUserPolicy", "user/mallory"),
        ("iam:RemoveUserFromGroup", "group/admins"),
        ("iam:SetDefaultPolicyVersion", "policy/flowable/FlowableBoundary"),
        ("iam:TagRole", "role/flowable/DevOpsAdminRole"),
        ("iam:UntagRole", "role/flowable/DevOpsAdminRole"),
        ("iam:UpdateAccessKey", "user/mallory"),
        ("iam:UpdateAssumeRolePolicy", "role/OrganizationAccountAccessRole"),
        ("iam:UpdateAssumeRolePolicy", "role/flowable/DevOpsAdminRole"),
        ("iam:UpdateLoginProfile", "user/mallory"),
        ("iam:UpdateRole", "role/flowable/DevOpsAdminRole"),
        ("iam:UploadServerCertificate", "server-certificate/any"),
    )
]


def _passed(service: str) -> dict[str, str]:
    return {"iam:passedtoservice": f"{service}.amazonaws.com"}


def _linked(service: str) -> dict[str, str]:
    return {"iam:awsservicename": f"{service}.amazonaws.com"}


def _service_role(service: str) -> str:
    return iam_arn(f"role/aws-service-role/{service}.amazonaws.com/AWSServiceRole")


PASSED = [
    *(
        may("deploy", "iam:PassRole", _ROLE, _PASS, note, context=_passed(service))
        for service, note in (
            ("backup", "foundation: efs"),
            ("ec2", "foundation: eks nodes"),
            ("eks", "foundation: eks"),
            ("es", "app: opensearch"),
            ("monitoring.rds", "app: rds-postgres"),
            ("pods.eks", "foundation: eks-components"),
            ("vpc-flow-logs", "foundation: vpc"),
        )
    ),
    may_not("deploy", "iam:PassRole", _ROLE, _PASS, context=_passed("lambda")),
    may_not("deploy bare", "iam:PassRole", _OWN_ROLE, context=_passed("ec2")),
    *(
        may("deploy", "iam:CreateServiceLinkedRole", _service_role(name), _LINK, "first use", context=_linked(name))
        for name in (
            "autoscaling",
            "backup",
            "eks",
            "eks-nodegroup",
            "elasticfilesystem",
            "elasticloadbalancing",
            "opensearchservice",
            "rds",
            "spot",
        )
    ),
    may_not(
        "deploy", "iam:CreateServiceLinkedRole", _service_role("organizations"), _LINK, context=_linked("organizations")
    ),
    may_not("deploy bare", "iam:CreateServiceLinkedRole", _OWN_ROLE, context=_linked("eks")),
    *(
        may("deploy", action, _service_role("opensearchservice"), _SEARCH_ROLE, "app: opensearch")
        for action in ("iam:DeleteServiceLinkedRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRoleDescription")
    ),
    *(
        may_not("deploy", action, _service_role("eks"), note="a role of AWS that terraform did not make")
        for action in ("iam:DeleteServiceLinkedRole", "iam:TagRole")
    ),
]

BEYOND = [
    may_not("deploy", "ec2:CreateVpc", "*", _REGIONS, context={"aws:requestedregion": "us-east-1"}),
    may_not("user+", "cloudwatch:ListMetrics", "*", _REGIONS, context={"aws:requestedregion": "us-east-1"}),
    *(
        may_not("deploy+", action, "*", note="not in the boundary")
        for action in (
            "account:CloseAccount",
            "cloudtrail:StopLogging",
            "config:StopConfigurationRecorder",
            "guardduty:DeleteDetector",
            "lambda:CreateFunction",
            "organizations:LeaveOrganization",
            "s3:DeleteBucket",
            "sts:AssumeRole",
        )
    ),
]

DEPLOY: tuple[Case, ...] = (*INFRASTRUCTURE, *KEYS, *SECRETS, *IDENTITIES, *OUTSIDE_WORKLOAD, *PASSED, *BEYOND)
