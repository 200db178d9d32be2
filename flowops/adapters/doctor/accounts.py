"""What stands in the accounts, as doctor looks at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.stack_drift import drifted_rows
from flowops.errors import DamagedState, FlowopsError
from flowops.model.access import Access
from flowops.model.config import SECURITY
from flowops.model.deployment import Environment, Unit
from flowops.model.doctor_facts import Bucket, Role
from flowops.model.locks import Holding
from flowops.model.secrets import SecretRow
from flowops.model.stack_changes import Stack
from flowops.model.stacks import ENVIRONMENT_STACK, SECURITY_STACK

_NO_BUCKET = ("NoSuchBucket", "404")
_NOTHING_SET = (
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
)


@dataclass
class StandingAccounts:
    """The accounts of one project; `eyes` lead into each, `cloud` is what the operator reaches."""

    eyes: Callable[[str], AwsSession]
    cloud: Callable[[], EnvironmentAws]
    stacks: Callable[[AwsSession], CloudFormation]
    lock_list: Callable[[str], Sequence[Holding]]
    secret_rows: Callable[[Collection[str]], Sequence[SecretRow]]
    _buckets: dict[str, Bucket | None] = field(default_factory=dict)

    def roles(self, account: str) -> Sequence[Role]:
        """Return the roles that plan and apply in an account."""
        return tuple(self._role(account, it.value) for it in Access)

    def _role(self, account: str, name: str) -> Role:
        found = self.eyes(account).call("iam", "GetRole", RoleName=name)["Role"]
        return Role(found["Arn"], found["AssumeRolePolicyDocument"], int(found.get("MaxSessionDuration", 3600)))

    def expected_trust(self, account: str, role: str) -> Mapping[str, Any] | None:
        """Return the trust policy that the stack gave a role, None where CloudFormation cannot tell."""
        return self._expected(account, ENVIRONMENT_STACK, role, "AssumeRolePolicyDocument")

    def expected_bucket_policy(self) -> Mapping[str, Any] | None:
        """Return the policy that the stack gave the bucket, None where CloudFormation cannot tell."""
        return self._expected(SECURITY, SECURITY_STACK, "StateBucketPolicy", "PolicyDocument")

    def _expected(self, account: str, stack: str, resource: str, name: str) -> Mapping[str, Any] | None:
        """Return what a stack wanted of a resource that was changed since, by CloudFormation's own drift detection."""
        session = self.eyes(account)
        try:
            self.stacks(session).drift(stack)
            rows = [it for it in drifted_rows(session, stack) if it["LogicalResourceId"] == resource]
        except FlowopsError:
            return None
        wanted = json.loads(rows[0].get("ExpectedProperties") or "{}").get(name) if rows else None
        return wanted if isinstance(wanted, Mapping) else None

    def stack(self, account: str, name: str) -> Stack | None:
        """Return a stack, None where there is none."""
        return self.stacks(self.eyes(account)).describe(name)

    def deployed(self, account: str, name: str) -> str | None:
        """Return the template that a stack was made of, None where there is no such stack."""
        return self.stacks(self.eyes(account)).template(name)

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket of states, None where there is none; it is looked at once."""
        if name not in self._buckets:
            self._buckets[name] = self._bucket(name)
        return self._buckets[name]

    def _bucket(self, name: str) -> Bucket | None:
        try:
            versioning = self._s3("GetBucketVersioning", name)
        except AwsFailed as error:
            if error.code in _NO_BUCKET:
                return None
            raise
        encryption = self._s3("GetBucketEncryption", name).get("ServerSideEncryptionConfiguration", {})
        policy = self._s3("GetBucketPolicy", name).get("Policy")
        return Bucket(
            name,
            str(versioning.get("Status", "")),
            _key(encryption),
            dict(self._s3("GetPublicAccessBlock", name).get("PublicAccessBlockConfiguration", {})),
            json.loads(policy) if policy else None,
        )

    def _s3(self, operation: str, name: str) -> dict[str, Any]:
        """Return S3's answer, an empty one where nothing is set."""
        try:
            return self.eyes(SECURITY).call("s3", operation, Bucket=name)
        except AwsFailed as error:
            if error.code in _NOTHING_SET:
                return {}
            raise

    def states(self, environment: Environment) -> Mapping[Unit, DamagedState | None]:
        """Return each unit with why its state cannot be read, None where it can or is not there."""
        try:
            self.cloud().states(environment, environment.units)
        except DamagedState:
            return {unit: self._damage(environment, unit) for unit in environment.units}
        return dict.fromkeys(environment.units)

    def _damage(self, environment: Environment, unit: Unit) -> DamagedState | None:
        try:
            self.cloud().states(environment, (unit,))
        except DamagedState as error:
            return error
        return None

    def locks(self, environment: str) -> Sequence[Holding]:
        """Return who holds locks and the lease of an environment."""
        return self.lock_list(environment)

    def secrets(self, environments: Collection[str]) -> Sequence[SecretRow]:
        """Return how the secrets stand that these environments need."""
        return self.secret_rows(environments)


def _key(encryption: Mapping[str, Any]) -> tuple[str, str]:
    rules = encryption.get("Rules") or [{}]
    wanted = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    return str(wanted.get("SSEAlgorithm", "")), str(wanted.get("KMSMasterKeyID", ""))
