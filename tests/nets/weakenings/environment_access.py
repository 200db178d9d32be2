"""The groups of one environment and its license."""

from __future__ import annotations

from tests.nets.changes import Change, Weakening, add, drop, put

_OWN = "OwnCredentials//"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

_SEE = "DevOpsAdminGroup//SeeWhetherThereIsALicense"
_LOOK = ("secretsmanager:DescribeSecret",)
_READER = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/flowable/repository_reader"}
_EVERY_LICENSE = {
    "Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:/flowable/*/license-??????"
}


def _weak(name: str, *changes: Change) -> Weakening:
    return Weakening(name, "environment-access.yaml", changes)


def _role(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:aws:iam::${{EnvironmentAccountId}}:role/flowable/{name}"}


_PEOPLE = (
    _weak("groups: nothing refused without MFA", drop(f"{_OWN}DenyWithoutMfa")),
    # The operator that reads the same and lets every access key pass: such a call carries no MFA key at all.
    _weak(
        "groups: access keys slip past MFA",
        put(f"{_OWN}DenyWithoutMfa/Condition", {"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
    ),
    _weak("groups: roles assumed without MFA", add(f"{_OWN}DenyWithoutMfa/NotAction", "sts:AssumeRole")),
    _weak("groups: own keys made without MFA", add(f"{_OWN}DenyWithoutMfa/NotAction", "iam:CreateAccessKey")),
    _weak(
        "groups: members take over other users",
        put(f"{_OWN}ManageOwnCredentials/Resource", {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:user/*"}),
    ),
    _weak(
        "groups: members enrol other users' devices",
        put(f"{_OWN}ManageOwnMfaDevice/Resource", {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:mfa/*"}),
    ),
    _weak("groups: members write their own policies", add(f"{_OWN}ManageOwnCredentials/Action", "iam:PutUserPolicy")),
    _weak("groups: members may do anything to themselves", put(f"{_OWN}ManageOwnCredentials/Action", "iam:*")),
    _weak("groups: deployers are not held to MFA", drop("DevOpsAdminGroup/Properties/ManagedPolicyArns")),
    _weak("groups: deployers are administrators", add("DevOpsAdminGroup/Properties/ManagedPolicyArns", _ADMINISTRATOR)),
    _weak("groups: deployers assume without MFA", drop("DevOpsAdminGroup//DeployAndPlan/Condition")),
    _weak("groups: deployers assume every role", put("DevOpsAdminGroup//DeployAndPlan/Resource", "*")),
    _weak("groups: deployers use every STS call", put("DevOpsAdminGroup//DeployAndPlan/Action", "sts:*")),
    _weak("groups: deployers see the license without MFA", drop(f"{_SEE}/Condition")),
    _weak("groups: deployers read the license", put(f"{_SEE}/Action", [*_LOOK, "secretsmanager:GetSecretValue"])),
    _weak("groups: deployers see every secret", put(f"{_SEE}/Resource", "*")),
    _weak("groups: deployers see every license", put(f"{_SEE}/Resource", _EVERY_LICENSE)),
    _weak(
        "groups: readers read the repository's credentials",
        add("FlowableUserGroup/Properties/ManagedPolicyArns", _READER),
    ),
    _weak("groups: readers deploy", add("FlowableUserGroup//LookAtFlowable/Resource", _role("DevOpsAdminRole"))),
    _weak(
        "groups: readers administer Flowable",
        put("FlowableUserGroup//LookAtFlowable/Resource", _role("FlowableAdminRole")),
    ),
    _weak(
        "groups: readers assume every role at /flowable/", put("FlowableUserGroup//LookAtFlowable/Resource", _role("*"))
    ),
    _weak("groups: at a path that others manage", put("FlowableAdminGroup/Properties/Path", "/")),
    _weak(
        "groups: a user made with an access key",
        put("Robot", {"Type": "AWS::IAM::User", "Properties": {"Path": "/flowable/"}}),
        put("RobotKey", {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "Robot"}}}),
    ),
)

_LICENSE = (
    _weak("license key: rotation off", put("LicenseKey/Properties/EnableKeyRotation", False)),
    _weak(
        "license key: used by any role of the environment",
        drop("LicenseKey//DecryptForExternalSecrets/Condition/ArnLike"),
    ),
    _weak("license key: goes when replaced", drop("LicenseKey/UpdateReplacePolicy")),
    _weak("license: no key of its own", drop("LicenseSecret/Properties/KmsKeyId")),
    _weak("license: public policies accepted", drop("LicenseSecretPolicy/Properties/BlockPublicPolicy")),
    _weak(
        "license: read by every environment",
        put(
            "LicenseSecretPolicy//ReadForExternalSecrets/Condition/ArnLike/aws:PrincipalArn",
            "arn:aws:iam::*:role/flowable/workload/*",
        ),
    ),
    _weak(
        "license: read by the other environment of the account",
        put(
            "LicenseSecretPolicy//ReadForExternalSecrets/Condition/ArnLike/aws:PrincipalArn",
            {"Fn::Sub": "arn:aws:iam::${EnvironmentAccountId}:role/flowable/workload/external-secrets-*"},
        ),
    ),
    _weak("license: its policy goes with the stack", put("LicenseSecretPolicy/DeletionPolicy", "Delete")),
)

ENVIRONMENT_ACCESS = (*_PEOPLE, *_LICENSE)
