"""What stands in an account and is nobody's oversight: AWS made it, or keeps it for a while. Data, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase


class Mark(Enum):
    """What a listing says of a resource that its ARN does not."""

    NONE = ""
    DEFAULT = "made by AWS with the account"
    SERVICE = "an AWS service's own"
    LEAVING = "to be deleted, and AWS waits"


@dataclass(frozen=True)
class Exempt:
    """ARNs that are no finding, by glob, and why; with a `mark` only those that bear it."""

    pattern: str
    reason: str
    mark: Mark = Mark.NONE

    def covers(self, arn: str, mark: Mark) -> bool:
        """Say whether this is the reason why a resource is no finding."""
        return self.mark in (Mark.NONE, mark) and fnmatchcase(arn, self.pattern)


EXEMPT = (
    Exempt("arn:*:iam::*:role/aws-service-role/*", "a service-linked role (IAM User Guide, 'Service-linked roles')"),
    Exempt(
        "arn:*:iam::*:role/aws-reserved/*",
        "a role of IAM Identity Center (its User Guide, 'Referencing permission sets')",
    ),
    Exempt(
        "arn:*:iam::*:role/OrganizationAccountAccessRole",
        "the organization's way into the account (AWS Organizations User Guide, 'Accessing member accounts')",
    ),
    Exempt("arn:*:iam::*:role/stacksets-exec-*", "a role of service-managed StackSets (CloudFormation User Guide)"),
    Exempt("arn:*:iam::*:role/AWSControlTowerExecution", "AWS Control Tower's way into the account (its User Guide)"),
    Exempt("arn:*:iam::*:role/aws-controltower-*", "a role of AWS Control Tower (its User Guide)"),
    Exempt(
        "arn:*:iam::*:instance-profile/eks-????????-????-????-????-????????????",
        "the instance profile that EKS makes for a managed node group (Amazon EKS User Guide, 'Node IAM role')",
    ),
    Exempt("arn:*:kms:*:key/*", "an AWS managed key (AWS KMS Developer Guide, 'AWS KMS keys')", Mark.SERVICE),
    Exempt("arn:*:kms:*:key/*", "a key pending deletion (AWS KMS Developer Guide, 'Deleting keys')", Mark.LEAVING),
    Exempt("arn:*:ec2:*:vpc/*", "the default VPC (Amazon VPC User Guide, 'Default VPCs')", Mark.DEFAULT),
    Exempt("arn:*:ec2:*:subnet/*", "a subnet of the default VPC (same page)", Mark.DEFAULT),
    Exempt("arn:*:ec2:*:elastic-ip/*", "an address that a service allocated for itself", Mark.SERVICE),
    Exempt("arn:*:rds:*:snapshot:rds:*", "an automatic snapshot (Amazon RDS User Guide, 'Automated backups')"),
    Exempt("arn:*:rds:*:cluster-snapshot:rds:*", "an automatic snapshot (Amazon Aurora User Guide)"),
    Exempt("arn:*:rds:*:auto-backup:*", "automated backups that outlive their database until they expire"),
    Exempt("arn:*:rds:*:cluster-auto-backup:*", "automated backups that outlive their cluster until they expire"),
    Exempt(
        "arn:*:rds:*:snapshot:*-final-*", "a final snapshot, made when a database was destroyed and kept on purpose"
    ),
    Exempt("arn:*:rds:*:cluster-snapshot:*-final-*", "a final snapshot, kept on purpose"),
    Exempt("arn:*:rds:*:snapshot:awsbackup:*", "a recovery point of AWS Backup; its plan deletes it"),
    Exempt("arn:*:rds:*:pg:default.*", "a default parameter group, which RDS makes and nobody can delete"),
    Exempt("arn:*:rds:*:cluster-pg:default.*", "a default parameter group, which RDS makes and nobody can delete"),
    Exempt("arn:*:rds:*:og:default:*", "a default option group, which RDS makes and nobody can delete"),
    Exempt("arn:*:backup:*:recovery-point:*", "a recovery point of AWS Backup; its plan deletes it"),
    Exempt("arn:*:backup:*:backup-vault:Default", "the vault that AWS Backup makes in each region"),
    Exempt("arn:*:backup:*:backup-vault:aws/*", "a vault that a service makes for its automatic backups"),
    Exempt("arn:*:logs:*:log-group:RDSOSMetrics", "where RDS writes Enhanced Monitoring of all databases"),
)
"""The reasoned ignore list; rules of a project's own stand in flowops.drift.yaml."""


def exempt(arn: str, mark: Mark) -> Exempt | None:
    """Return why a resource is no finding, None where nothing says so."""
    return next((it for it in EXEMPT if it.covers(arn, mark)), None)
