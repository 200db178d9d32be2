"""A flowops.lock as discovery would leave it, for tests that render without AWS."""

from __future__ import annotations

from pathlib import Path

from flowops.adapters.facts_file import LockFile
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts, Organization

SECURITY, DEV = "111111111111", "222222222222"


def write_lock(project: Path) -> None:
    """Write the facts of the security account and of dev, whose stacks stand."""
    roles = ("DevOpsAdminRole", "FlowableAdminRole", "FlowableUserRole", "FlowopsPlanRole")
    arns = {f"{name}Arn": f"arn:aws:iam::{DEV}:role/flowable/{name}" for name in roles}
    boundary = {"WorkloadBoundaryArn": f"arn:aws:iam::{DEV}:policy/flowable/WorkloadBoundary"}
    security = {
        "StateBucketName": f"flowable-state-{SECURITY}",
        "StateKeyArn": f"arn:aws:kms:eu-central-1:{SECURITY}:key/state",
        "RepositorySecretArn": f"arn:aws:secretsmanager:eu-central-1:{SECURITY}:secret:/flowable/repository-AbCdEf",
        "SecretsKeyArn": f"arn:aws:kms:eu-central-1:{SECURITY}:key/secrets",
    }
    access = {
        "LicenseSecretArn": f"arn:aws:secretsmanager:eu-central-1:{SECURITY}:secret:/flowable/dev/license-AbCdEf",
        "LicenseKeyArn": f"arn:aws:kms:eu-central-1:{SECURITY}:key/license",
    }
    accounts = {
        "security": AccountFacts(SECURITY, security),
        "dev": AccountFacts(DEV, {**arns, **boundary}, "external"),
    }
    facts = Facts(Organization("o-abcdefghij", "000000000001"), accounts, {"dev": EnvironmentFacts(access)})
    LockFile(project / "flowops.lock").write(facts)
