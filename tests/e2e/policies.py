"""The policies as they stand in a rehearsal, held against every call that it recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flowops.model.authorization import History, requests_of_all
from flowops.model.policy import Policy, Request, evaluate
from tests.e2e.aws import BUCKET, SECURITY, Rehearsed
from tests.unit.bootstrap.test_every_part_counts import noticed_without

ROLES = ("DevOpsAdminRole", "FlowopsPlanRole")
BOUNDARY = "FlowableBoundary"
BUCKET_POLICY = "StateBucketPolicy"
STATE_KEY = "StateKey"


@dataclass(frozen=True)
class Deployed:
    """`policies` by name, as AWS would hold them, and each request with the role that made it."""

    policies: Mapping[str, Policy]
    requests: tuple[tuple[str, Request], ...]
    state_key: str

    @classmethod
    def of(cls, rehearsed: Rehearsed) -> Deployed:
        s3 = rehearsed.in_security("s3")
        rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
        key = rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        return cls(dict(_policies(rehearsed, key)), tuple(_requests(rehearsed, key)), key)

    def denied(self) -> list[str]:
        """Return why requests would be denied, one line for each reason."""
        return sorted({reason for role, request in self.requests if (reason := self._reason(role, request))})

    def _reason(self, role: str, request: Request) -> str:
        guard = self._guard(request)
        decision = evaluate(
            request,
            identity=[policy for name, policy in self.policies.items() if name.startswith(f"{role}/")],
            boundary=self.policies[BOUNDARY],
            resource=self.policies.get(guard),
            resource_account=SECURITY if guard else "",
        )
        return "" if decision.allowed else f"{role}: {request.action} on {request.resource}: {decision.reason}"

    def _guard(self, request: Request) -> str:
        if request.resource.startswith(f"arn:aws:s3:::{BUCKET}"):
            return BUCKET_POLICY
        return STATE_KEY if request.resource == self.state_key else ""

    def statements(self) -> list[str]:
        """Return every statement of the deploy role, its boundary and the bucket, as `policy#sid`."""
        concerned = [name for name in self.policies if name.startswith("DevOpsAdminRole/")] + [BOUNDARY, BUCKET_POLICY]
        return [f"{name}#{statement.sid}" for name in concerned for statement in self.policies[name].statements]

    def notices_without(self, name: str) -> bool:
        """Say whether a recorded call is denied without that statement, or a probe request gets another verdict."""
        policy, _, sid = name.partition("#")
        kept = tuple(it for it in self.policies[policy].statements if it.sid != sid)
        weaker = replace(self.policies[policy], statements=kept)
        return bool(replace(self, policies={**self.policies, policy: weaker}).denied()) or noticed_without(policy, sid)


def _requests(rehearsed: Rehearsed, key: str) -> Iterator[tuple[str, Request]]:
    organization = json.loads((rehearsed.root / "project" / "flowops.lock").read_text())["organization"]["id"]
    history = History(owners={BUCKET: SECURITY}, bucket_keys={BUCKET: key})
    seen: set[Any] = set()
    for call, requests in requests_of_all(rehearsed.calls(), history, organization=organization):
        role = str(call.get("role", "")).rpartition("/")[2]
        for request in requests:
            identity = (role, request.action, request.resource, json.dumps(dict(request.context), sort_keys=True))
            if role in ROLES and identity not in seen:
                seen.add(identity)
                yield role, request


def _policies(rehearsed: Rehearsed, key: str) -> Iterator[tuple[str, Policy]]:
    iam = rehearsed.in_dev("iam")
    for role in ROLES:
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            yield f"{role}/{policy}", Policy.from_document(f"{role}/{policy}", document)
    boundary = iam.get_role(RoleName=ROLES[0])["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    version = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version)["PolicyVersion"]["Document"]
    yield BOUNDARY, Policy.from_document(BOUNDARY, document)
    bucket = rehearsed.in_security("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
    yield BUCKET_POLICY, Policy.from_document(BUCKET_POLICY, bucket)
    yield (
        STATE_KEY,
        Policy.from_document(
            STATE_KEY, rehearsed.in_security("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        ),
    )
