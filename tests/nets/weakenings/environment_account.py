"""An account of environments: who enters its roles, what they may, and the two boundaries."""

from __future__ import annotations

from tests.nets.changes import Change, Weakening, add, drop, put, take

_DEPLOY, _PLAN, _ADMIN, _USER = "DevOpsAdminRole", "FlowopsPlanRole", "FlowableAdminRole", "FlowableUserRole"
_BY_MFA, _BY_ID = "PeopleWithMfa", "PipelineWithExternalId"
_HUMANS, _WORKLOAD = "FlowableBoundary//", "FlowableWorkloadBoundary//"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def _weak(name: str, *changes: Change) -> Weakening:
    return Weakening(name, "environment-account.yaml", changes)


def _caller(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:aws:iam::${{SecurityAccountId}}:{name}"}


_TRUST = (
    _weak("deploy trust: no MFA", drop(f"{_DEPLOY}//{_BY_MFA}/Condition/Bool")),
    # What reads the same and admits every request that carries no MFA key.
    _weak(
        "user trust: a request without an MFA key passes",
        put(f"{_USER}//{_BY_MFA}/Condition/BoolIfExists", {"aws:MultiFactorAuthPresent": "true"}),
        drop(f"{_USER}//{_BY_MFA}/Condition/Bool"),
    ),
    _weak("deploy trust: MFA of any age", drop(f"{_DEPLOY}//{_BY_MFA}/Condition/NumericLessThan")),
    _weak(
        "admin trust: MFA of a week ago",
        put(f"{_ADMIN}//{_BY_MFA}/Condition/NumericLessThan/aws:MultiFactorAuthAge", "604800"),
    ),
    _weak("deploy trust: other organizations", drop(f"{_DEPLOY}//{_BY_MFA}/Condition/StringEquals")),
    _weak(
        "deploy trust: users of any path",
        put(f"{_DEPLOY}//{_BY_MFA}/Condition/ArnLike/aws:PrincipalArn", _caller("user/*")),
    ),
    _weak("plan trust: any principal of the account", drop(f"{_PLAN}//{_BY_MFA}/Condition/ArnLike")),
    _weak("deploy trust: everybody", put(f"{_DEPLOY}//{_BY_MFA}/Principal", {"AWS": "*"})),
    _weak(
        "deploy trust: pipeline without external id", drop(f"{_DEPLOY}//{_BY_ID}/Condition/StringEquals/sts:ExternalId")
    ),
    _weak(
        "deploy trust: pipeline with any external id",
        drop(f"{_DEPLOY}//{_BY_ID}/Condition/StringEquals/sts:ExternalId"),
        put(f"{_DEPLOY}//{_BY_ID}/Condition/StringLike", {"sts:ExternalId": "*"}),
    ),
    _weak(
        "plan trust: pipeline of another organization",
        drop(f"{_PLAN}//{_BY_ID}/Condition/StringEquals/aws:PrincipalOrgID"),
    ),
    _weak("deploy trust: any role is a pipeline", drop(f"{_DEPLOY}//{_BY_ID}/Condition/ArnEquals")),
    _weak(
        "deploy trust: the pull-request pipeline deploys",
        put(
            f"{_DEPLOY}//{_BY_ID}/Condition/ArnEquals/aws:PrincipalArn",
            [_caller("role/flowable/FlowopsCiRole"), _caller("role/flowable/FlowopsCiPlanRole")],
        ),
    ),
    _weak(
        "external id: one character will do",
        put("Parameters/ExternalId/AllowedPattern", "^[A-Za-z0-9_+=,.@:/-]{1,1224}$"),
    ),
    _weak("external id: known to everybody", put("Parameters/ExternalId/Default", "flowable-flowable-flowable")),
)

_FRAME = (
    _weak("deploy role: no boundary", drop(f"{_DEPLOY}/Properties/PermissionsBoundary")),
    _weak("plan role: no boundary", drop(f"{_PLAN}/Properties/PermissionsBoundary")),
    _weak("admin role: another boundary", put(f"{_ADMIN}/Properties/PermissionsBoundary", _ADMINISTRATOR)),
    _weak("deploy role: sessions of 12 hours", put(f"{_DEPLOY}/Properties/MaxSessionDuration", 43200)),
    _weak("user role: at a path that others manage", put(f"{_USER}/Properties/Path", "/")),
    _weak("plan role: administrator", put(f"{_PLAN}/Properties/ManagedPolicyArns", [_ADMINISTRATOR])),
)

_FIFTH = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "Backdoor",
        "Path": "/flowable/",
        "MaxSessionDuration": 3600,
        "PermissionsBoundary": {"Ref": "FlowableBoundary"},
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": _caller("root")}, "Action": "sts:AssumeRole"},
            ],
        },
        "Policies": [],
    },
}

_GRANTS = (
    _weak("a fifth role that anybody of the security account assumes", put("Backdoor", _FIFTH)),
    _weak("deploy role: passes every role", put(f"{_DEPLOY}//PassWorkloadRoles/Resource", "*")),
    _weak("deploy role: passes roles to every service", drop(f"{_DEPLOY}//PassWorkloadRoles/Condition")),
    _weak(
        "deploy role: passes roles to Lambda",
        add(f"{_DEPLOY}//PassWorkloadRoles/Condition/StringEquals/iam:PassedToService", "lambda.amazonaws.com"),
    ),
    _weak("deploy role: writes every identity", put(f"{_DEPLOY}//ManageWorkloadIdentities/Resource", "*")),
    _weak("deploy role: every action of IAM", put(f"{_DEPLOY}//ManageWorkloadIdentities/Action", "iam:*")),
    _weak(
        "deploy role: changes a role's trust",
        add(f"{_DEPLOY}//ManageWorkloadIdentities/Action", "iam:UpdateAssumeRolePolicy"),
    ),
    _weak("deploy role: makes every service-linked role", drop(f"{_DEPLOY}//CreateServiceLinkedRoles/Condition")),
    _weak(
        "deploy role: deletes every service-linked role",
        put(
            f"{_DEPLOY}//KeepServiceLinkedRoleOfSearch/Resource",
            {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/aws-service-role/*"},
        ),
    ),
    _weak("deploy role: everything", put(f"{_DEPLOY}//ManageInfrastructure/Action", "*")),
    _weak("deploy role: reads secrets", add(f"{_DEPLOY}//ManageSecrets/Action", "secretsmanager:GetSecretValue")),
    _weak("deploy role: every secret of the account", put(f"{_DEPLOY}//ManageSecrets/Resource", "*")),
    _weak("deploy role: decrypts with every key", add(f"{_DEPLOY}//ManageInfrastructure/Action", "kms:Decrypt")),
    _weak("deploy role: lends keys of every account", put(f"{_DEPLOY}//LendOwnKeys/Resource", "*")),
    _weak("deploy role: reads private parameters", put(f"{_DEPLOY}//ReadPublicParameters/Resource", "*")),
    _weak("deploy role: assumes other roles", add(f"{_DEPLOY}//ReadIdentities/Action", "sts:AssumeRole")),
    _weak(
        "deploy role: state of every account",
        put(f"{_DEPLOY}//ReadAndWriteOwnState/Resource", {"Fn::Sub": "arn:aws:s3:::${StateBucketName}/*"}),
    ),
    _weak(
        "deploy role: deletes states",
        put(f"{_DEPLOY}//ReleaseOwnLocks/Resource", {"Fn::Sub": "arn:aws:s3:::${StateBucketName}/${AWS::AccountId}/*"}),
    ),
    _weak("deploy role: deletes versions", add(f"{_DEPLOY}//ReleaseOwnLocks/Action", "s3:DeleteObjectVersion")),
    _weak("deploy role: state key opens to direct calls", drop(f"{_DEPLOY}//UseStateKey/Condition")),
    _weak(
        "deploy role: stops the audit trail", add(f"{_DEPLOY}//ManageInfrastructure/Action", "cloudtrail:StopLogging")
    ),
    _weak("plan role: secret values not refused", drop(f"{_PLAN}//DenySecretValues")),
    _weak(
        "plan role: secret values refused with MFA only",
        put(f"{_PLAN}//DenySecretValues/Condition", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ),
    _weak("plan role: private parameters not refused", drop(f"{_PLAN}//DenyPrivateParameters")),
    _weak(
        "plan role: reads secrets, were it not refused",
        add(f"{_PLAN}//ReadInfrastructure/Action", "secretsmanager:GetSecretValue"),
    ),
    _weak("plan role: reads objects of every bucket", add(f"{_PLAN}//ReadInfrastructure/Action", "s3:GetObject")),
    _weak("plan role: writes state", add(f"{_PLAN}//ReadOwnState/Action", "s3:PutObject")),
    _weak("plan role: changes infrastructure", add(f"{_PLAN}//ReadInfrastructure/Action", "ec2:*")),
    _weak("plan role: reads every bucket", put(f"{_PLAN}//ReadOwnState/Resource", "*")),
    _weak("admin role: infrastructure not refused", drop(f"{_ADMIN}//DenyInfrastructure")),
    _weak("admin role: passing roles not refused", take(f"{_ADMIN}//DenyInfrastructure/Action", "iam:PassRole")),
    _weak("admin role: every secret of the account", put(f"{_ADMIN}//KeepSecrets/Resource", "*")),
    _weak("admin role: keys open to direct calls", drop(f"{_ADMIN}//UseKeysOfSecrets/Condition")),
    _weak("admin role: every cluster", put(f"{_ADMIN}//UseClusters/Resource", "*")),
    _weak("admin role: every search index", put(f"{_ADMIN}//UseSearchIndexes/Resource", "*")),
    _weak("admin role: deletes indexes", add(f"{_ADMIN}//UseSearchIndexes/Action", "es:ESHttpDelete")),
    _weak("user role: secrets not refused", drop(f"{_USER}//DenySecrets")),
    _weak(
        "user role: reads secrets",
        drop(f"{_USER}//DenySecrets"),
        add(f"{_USER}//FindLogsAndMetrics/Action", "secretsmanager:GetSecretValue"),
    ),
    _weak("user role: logs of everything", put(f"{_USER}//ReadClusterLogs/Resource", "*")),
    _weak(
        "user role: reads start scripts of instances",
        add(f"{_USER}//FindLogsAndMetrics/Action", "ec2:DescribeInstanceAttribute"),
    ),
    _weak("user role: changes clusters", add(f"{_USER}//UseClusters/Action", "eks:UpdateClusterConfig")),
)

_BOUNDARIES = (
    _weak("boundary: can be removed, and trust changed", drop(f"{_HUMANS}DenyEscapeFromBoundary")),
    _weak(
        "boundary: can be removed", take(f"{_HUMANS}DenyEscapeFromBoundary/Action", "iam:DeleteRolePermissionsBoundary")
    ),
    _weak(
        "boundary: trust can be changed", take(f"{_HUMANS}DenyEscapeFromBoundary/Action", "iam:UpdateAssumeRolePolicy")
    ),
    _weak("boundary: roles without boundary", drop(f"{_HUMANS}DenyRolesWithoutBoundary")),
    _weak(
        "boundary: policies on roles without boundary",
        take(f"{_HUMANS}DenyRolesWithoutBoundary/Action", "iam:PutRolePolicy"),
    ),
    _weak(
        "boundary: new roles get the wider boundary",
        put(
            f"{_HUMANS}DenyRolesWithoutBoundary/Condition/StringNotEquals/iam:PermissionsBoundary",
            {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/flowable/FlowableBoundary"},
        ),
    ),
    _weak("boundary: identities anywhere", drop(f"{_HUMANS}DenyIdentitiesOutsideWorkload")),
    _weak(
        "boundary: its own roles can be written",
        add(
            f"{_HUMANS}DenyIdentitiesOutsideWorkload/NotResource",
            {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/flowable/*"},
        ),
    ),
    _weak("boundary: any role can be passed", take(f"{_HUMANS}DenyIdentitiesOutsideWorkload/Action", "iam:PassRole")),
    _weak("boundary: users can be made", take(f"{_HUMANS}DenyIdentitiesOutsideWorkload/Action", "iam:Create*")),
    _weak("boundary: any region", drop(f"{_HUMANS}DenyOtherRegions")),
    _weak(
        "boundary: one more region",
        put(
            f"{_HUMANS}DenyOtherRegions/Condition/StringNotEquals/aws:RequestedRegion",
            [{"Fn::Select": [0, {"Ref": "Regions"}]}, "us-east-1"],
        ),
    ),
    _weak(
        "boundary: EC2 in any region",
        put(f"{_HUMANS}DenyOtherRegions/NotAction", ["iam:*", "ec2:*"]),
    ),
    _weak("boundary: the audit trail in any region", add(f"{_HUMANS}DenyOtherRegions/NotAction", "cloudtrail:*")),
    _weak("boundary: objects of every bucket", add(f"{_HUMANS}PlatformServices/Action", "s3:GetObject")),
    _weak("boundary: every action of IAM, also those to come", add(f"{_HUMANS}PlatformServices/Action", "iam:*")),
    _weak("boundary: other roles assumed", add(f"{_HUMANS}PlatformServices/Action", "sts:AssumeRole")),
    _weak("boundary: every bucket", put(f"{_HUMANS}OwnState/Resource", "*")),
    _weak("boundary: versions deleted", add(f"{_HUMANS}OwnState/Action", "s3:DeleteObjectVersion")),
    _weak("boundary: everything", put(f"{_HUMANS}PlatformServices/Action", "*")),
    _weak("boundary: where the deploy role writes", put("FlowableBoundary/Properties/Path", "/flowable/workload/")),
    _weak("workload boundary: any region", drop(f"{_WORKLOAD}DenyOtherRegions")),
    _weak("workload boundary: identities", add(f"{_WORKLOAD}WorkloadServices/Action", "iam:*")),
    _weak("workload boundary: other roles assumed", add(f"{_WORKLOAD}WorkloadServices/Action", "sts:AssumeRole")),
    _weak("workload boundary: every secret", put(f"{_WORKLOAD}ReadSecrets/Resource", "*")),
    _weak("workload boundary: secrets written", add(f"{_WORKLOAD}ReadSecrets/Action", "secretsmanager:PutSecretValue")),
    _weak("workload boundary: every key", put(f"{_WORKLOAD}UseKeys/Resource", "*")),
    _weak("workload boundary: cluster access", add(f"{_WORKLOAD}WorkloadServices/Action", "eks:CreateAccessEntry")),
    _weak("workload boundary: state", add(f"{_WORKLOAD}WorkloadServices/Action", "s3:GetObject")),
    _weak("workload boundary: every service-linked role", put(f"{_WORKLOAD}StartLoadBalancing/Resource", "*")),
    _weak("workload boundary: messages of other applications", add(f"{_WORKLOAD}WorkloadServices/Action", "sqs:*")),
    _weak("workload boundary: databases deleted", add(f"{_WORKLOAD}WorkloadServices/Action", "rds:*")),
    _weak("regions: any text accepted", drop("Parameters/Regions/AllowedPattern")),
)

ENVIRONMENT_ACCOUNT = (*_TRUST, *_FRAME, *_GRANTS, *_BOUNDARIES)
