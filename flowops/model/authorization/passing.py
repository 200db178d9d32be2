"""Roles that a call hands to a service: iam:PassRole, and the service-linked roles that it brings into being.

IAM User Guide, "Grant a user permissions to pass a role to an AWS service"; Service Authorization Reference, dependent
actions; for service-linked roles each service's "Using service-linked roles" page. AWS asks for
iam:CreateServiceLinkedRole only while the role is missing; here it is always asked, because a new account has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowops.model.authorization.call import Call, Need
from flowops.model.authorization.history import History

PASSED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "autoscaling:CreateAutoScalingGroup": (("ServiceLinkedRoleARN", "autoscaling.amazonaws.com"),),
    "backup:CreateBackupSelection": (("BackupSelection.IamRoleArn", "backup.amazonaws.com"),),
    "backup:CreateRestoreTestingSelection": (("RestoreTestingSelection.IamRoleArn", "backup.amazonaws.com"),),
    "backup:StartBackupJob": (("IamRoleArn", "backup.amazonaws.com"),),
    "backup:StartRestoreJob": (("IamRoleArn", "backup.amazonaws.com"),),
    "cloudformation:CreateChangeSet": (("RoleARN", "cloudformation.amazonaws.com"),),
    "cloudformation:CreateStack": (("RoleARN", "cloudformation.amazonaws.com"),),
    "cloudformation:UpdateStack": (("RoleARN", "cloudformation.amazonaws.com"),),
    "cloudtrail:CreateTrail": (("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),),
    "codebuild:CreateProject": (("serviceRole", "codebuild.amazonaws.com"),),
    "ec2:CreateFlowLogs": (("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),),
    "eks:CreateAddon": (
        ("serviceAccountRoleArn", "eks.amazonaws.com"),
        ("podIdentityAssociations[].roleArn", "pods.eks.amazonaws.com"),
    ),
    "eks:CreateCluster": (
        ("roleArn", "eks.amazonaws.com"),
        ("computeConfig.nodeRoleArn", "eks.amazonaws.com"),
    ),
    "eks:CreateNodegroup": (("nodeRole", "eks.amazonaws.com"),),
    "eks:CreatePodIdentityAssociation": (("roleArn", "pods.eks.amazonaws.com"),),
    "eks:UpdateAddon": (
        ("serviceAccountRoleArn", "eks.amazonaws.com"),
        ("podIdentityAssociations[].roleArn", "pods.eks.amazonaws.com"),
    ),
    "eks:UpdatePodIdentityAssociation": (("roleArn", "pods.eks.amazonaws.com"),),
    "events:PutTargets": (("Targets[].RoleArn", "events.amazonaws.com"),),
    "lambda:CreateFunction": (("Role", "lambda.amazonaws.com"),),
    "logs:PutSubscriptionFilter": (("roleArn", "logs.amazonaws.com"),),
    "rds:AddRoleToDBCluster": (("RoleArn", "rds.amazonaws.com"),),
    "rds:AddRoleToDBInstance": (("RoleArn", "rds.amazonaws.com"),),
    "rds:CreateDBCluster": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    "rds:CreateDBInstance": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    "rds:ModifyDBCluster": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    "rds:ModifyDBInstance": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    "s3:PutBucketReplication": (("ReplicationConfiguration.Role", "s3.amazonaws.com"),),
    "states:CreateStateMachine": (("roleArn", "states.amazonaws.com"),),
}
"""Where each operation names a role, and iam:PassedToService for it."""

LINKED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "autoscaling:CreateAutoScalingGroup": (("autoscaling", "AutoScaling"),),
    "ecr:CreatePullThroughCacheRule": (("pullthroughcache.ecr", "ECRPullThroughCache"),),
    "eks:CreateCluster": (("eks", "AmazonEKS"),),
    "eks:CreateFargateProfile": (("eks-fargate", "AmazonEKSForFargate"),),
    "eks:CreateNodegroup": (("eks-nodegroup", "AmazonEKSNodegroup"),),
    "elasticfilesystem:CreateMountTarget": (("elasticfilesystem", "AmazonElasticFileSystem"),),
    "elasticloadbalancing:CreateLoadBalancer": (("elasticloadbalancing", "ElasticLoadBalancing"),),
    "es:CreateDomain": (("opensearchservice", "AmazonOpenSearchService"),),
    "guardduty:CreateDetector": (("guardduty", "AmazonGuardDuty"),),
    "rds:CreateDBCluster": (("rds", "RDS"),),
    "rds:CreateDBInstance": (("rds", "RDS"),),
}
"""Service-linked roles by the operation that makes them: the service before `.amazonaws.com`, and the role's name."""


def needs_of(call: Call, history: History) -> Iterator[Need]:
    """Yield PassRole and CreateServiceLinkedRole as far as the call implies them."""
    for path, service in PASSED.get(call.action, ()):
        for role in call.texts(path):
            yield _pass(role, service)
    if call.action == "ec2:RunInstances":
        yield from _through_profile(call, history)
    if call.action == "iam:AddRoleToInstanceProfile":
        yield _pass(history.entity(call, "role", call.text("RoleName")), "ec2.amazonaws.com")
    for service, name in LINKED.get(call.action, ()):
        principal = f"{service}.amazonaws.com"
        role = call.arn("iam", f"role/aws-service-role/{principal}/AWSServiceRoleFor{name}", region="")
        yield Need("iam:CreateServiceLinkedRole", role, {"iam:awsservicename": (principal,)})


def _pass(role: str, service: str) -> Need:
    return Need("iam:PassRole", role, {"iam:passedtoservice": (service,)})


def _through_profile(call: Call, history: History) -> Iterator[Need]:
    """Yield PassRole for the role in an instance profile (EC2 User Guide, "Grant permissions to attach a role")."""
    name = call.text("IamInstanceProfile.Name")
    profile = call.text("IamInstanceProfile.Arn") or (history.entity(call, "instance-profile", name) if name else "")
    role = history.role_in(profile)
    if role:
        yield _pass(role, "ec2.amazonaws.com")
