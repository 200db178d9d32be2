"""What else a call needs: actions under another name, and what a service does in the caller's name.

Service Authorization Reference, dependent actions, unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.history import History

RENAMED: Mapping[str, tuple[str, ...]] = {
    "budgets:CreateBudget": ("budgets:ModifyBudget",),
    "budgets:CreateNotification": ("budgets:ModifyBudget",),
    "budgets:CreateSubscriber": ("budgets:ModifyBudget",),
    "budgets:DeleteBudget": ("budgets:ModifyBudget",),
    "budgets:DeleteNotification": ("budgets:ModifyBudget",),
    "budgets:DeleteSubscriber": ("budgets:ModifyBudget",),
    "budgets:DescribeBudget": ("budgets:ViewBudget",),
    "budgets:DescribeBudgets": ("budgets:ViewBudget",),
    "budgets:DescribeNotificationsForBudget": ("budgets:ViewBudget",),
    "budgets:DescribeSubscribersForNotification": ("budgets:ViewBudget",),
    "budgets:UpdateBudget": ("budgets:ModifyBudget",),
    "budgets:UpdateNotification": ("budgets:ModifyBudget",),
    "budgets:UpdateSubscriber": ("budgets:ModifyBudget",),
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "sns:PublishBatch": ("sns:Publish",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
}
"""Operations whose permission has another name."""

ALONGSIDE: Mapping[str, tuple[str, ...]] = {
    # AWS Backup Developer Guide, "Access control", API permissions
    "backup:CreateBackupVault": ("backup-storage:MountCapsule",),
    # Amazon EFS API Reference, Required Permissions of each operation
    "elasticfilesystem:CreateMountTarget": (
        "ec2:DescribeSubnets",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateNetworkInterface",
    ),
    "elasticfilesystem:DeleteMountTarget": ("ec2:DeleteNetworkInterface",),
    "elasticfilesystem:DescribeMountTargetSecurityGroups": ("ec2:DescribeNetworkInterfaceAttribute",),
    "elasticfilesystem:ModifyMountTargetSecurityGroups": ("ec2:ModifyNetworkInterfaceAttribute",),
    "resource-groups:ListGroupResources": ("tag:GetResources",),
    "resource-groups:SearchResources": ("tag:GetResources",),
    "route53:AssociateVPCWithHostedZone": ("ec2:DescribeVpcs",),
}
"""Actions that every such call needs too, on any resource."""

CONDITIONAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ec2:CreateVpcEndpoint": (("PrivateDnsEnabled", "route53:AssociateVPCWithHostedZone"),),
    "kms:CreateKey": (("Policy", "kms:PutKeyPolicy"),),
    "rds:DeleteDBInstance": (("FinalDBSnapshotIdentifier", "rds:CreateDBSnapshot"),),
    "rds:DeleteDBCluster": (("FinalDBSnapshotIdentifier", "rds:CreateDBClusterSnapshot"),),
    "route53:CreateHostedZone": (("VPC", "ec2:DescribeVpcs"),),
    # Amazon RDS User Guide, "Permissions required for Secrets Manager integration"
    "rds:CreateDBCluster": (
        ("ManageMasterUserPassword", "secretsmanager:CreateSecret"),
        ("ManageMasterUserPassword", "secretsmanager:TagResource"),
    ),
    "rds:CreateDBInstance": (
        ("ManageMasterUserPassword", "secretsmanager:CreateSecret"),
        ("ManageMasterUserPassword", "secretsmanager:TagResource"),
    ),
    "rds:ModifyDBInstance": (
        ("RotateMasterUserPassword", "secretsmanager:RotateSecret"),
        ("ManageMasterUserPassword", "secretsmanager:CreateSecret"),
        ("ManageMasterUserPassword", "secretsmanager:TagResource"),
    ),
    # Amazon EKS User Guide, "Customize managed nodes with launch templates": EKS tries a launch as the caller.
    "eks:CreateNodegroup": (
        ("launchTemplate", "ec2:RunInstances"),
        ("launchTemplate", "ec2:CreateTags"),
        ("launchTemplate", "ec2:DescribeLaunchTemplateVersions"),
    ),
}
"""Actions that a parameter adds."""


def actions_of(call: Call) -> tuple[str, ...]:
    """Return the permissions that stand for the operation itself."""
    return RENAMED.get(call.action, (call.action,))


def needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield what the call needs besides."""
    for action in ALONGSIDE.get(call.action, ()):
        yield Need(action)
    for parameter, action in CONDITIONAL.get(call.action, ()):
        if call.has(parameter):
            yield Need(action, _secret_of_rds(call) if action.startswith("secretsmanager:") else "*")
    if call.action == "eks:CreateNodegroup":
        yield from _node_role(call)


def _secret_of_rds(call: Call) -> str:
    """Return the secret that RDS manages: its name begins with `rds!`."""
    return call.arn("secretsmanager", "secret:rds!*")


def _node_role(call: Call) -> Iterator[Need]:
    """Yield how EKS looks at a node role, as the caller (Amazon EKS User Guide, node IAM role)."""
    role = call.text("nodeRole")
    for action in ("iam:GetRole", "iam:ListAttachedRolePolicies"):
        yield Need(action, role)
