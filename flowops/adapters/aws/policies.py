"""The policies that decide about a caller, read by the caller: its own, its groups', a role's, those on resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsFailed
from flowops.adapters.aws.operator import LIFETIME
from flowops.adapters.aws.policy_documents import Documents, document, why
from flowops.errors import FlowopsError
from flowops.model.ci import is_pipeline, role_arn
from flowops.model.may import Document, Holder, Owner
from flowops.model.policy import Policy, Principal

Signed = Callable[[], tuple[AwsSession, str, datetime | None]]
"""The caller's session, its ARN, and when the session ends."""


class AwsPolicies:
    """Policies of the security account as `caller` reads them, those of roles as `reader` does.

    `by_mfa` says whether the caller's session was made with MFA, at its beginning; None where nobody here knows.
    """

    def __init__(
        self,
        caller: Signed,
        reader: Callable[[], AwsSession],
        *,
        by_mfa: bool | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._signed, self._by_mfa, self._clock = cache(caller), by_mfa, clock
        self._roles = cache(lambda: _attempted(reader))
        self._security = cache(lambda: Documents(self._signed()[0]))
        self.role: Callable[[str], tuple[Holder, Document]] = cache(self._role)
        self.bucket: Callable[[str], Document] = cache(self._bucket)
        self.key: Callable[[str], Document] = cache(self._key)
        self.secret: Callable[[str], Document] = cache(self._secret)

    def caller(self) -> Holder:
        """Return the caller: a user with its groups, or the role behind a session."""
        _, arn, _ = self._signed()
        account, resource = arn.split(":")[4], arn.split(":", 5)[5]
        if resource.startswith("user/"):
            return self._user(arn, account, resource.rpartition("/")[2])
        if ":assumed-role/" in arn:
            return self._session_of_role(arn, account, resource.split("/")[1])
        return Holder(Principal(arn, account), doubt=f"{arn} is neither a user nor a role")

    def _user(self, arn: str, account: str, name: str) -> Holder:
        documents = self._security()
        boundary: Document | None
        try:
            boundary = documents.boundary(documents.call("GetUser", UserName=name)["User"])
        except FlowopsError as error:
            boundary = Document(Owner.BOUNDARY, f"boundary of user {name}", problem=why(error))
        identity = (*documents.of(Owner.USER, name), *documents.groups(name))
        doubt = (
            "flowops did not make this session: whether it has MFA, AWS does not tell" if self._by_mfa is None else ""
        )
        return Holder(Principal(arn, account), identity, boundary, self._mfa(), doubt)

    def _mfa(self) -> dict[str, tuple[str, ...]]:
        """Return what AWS tells policies of the session: MFA, and how long ago (GetSessionToken, at its beginning)."""
        ends = self._signed()[2]
        if not self._by_mfa or ends is None:
            return {}
        age = int((LIFETIME - (ends - self._clock())).total_seconds())
        return {"aws:multifactorauthpresent": ("true",), "aws:multifactorauthage": (str(max(0, age)),)}

    def _session_of_role(self, arn: str, account: str, name: str) -> Holder:
        """Return the role behind a session; the session's ARN does not tell the role's path."""
        documents = self._security()
        identity = tuple(documents.of(Owner.ROLE, name))
        try:
            role = documents.call("GetRole", RoleName=name)["Role"]
        except FlowopsError as error:
            boundary = Document(Owner.BOUNDARY, f"boundary of role {name}", problem=why(error))
            guess, doubt = role_arn(account, name), "" if is_pipeline(arn) else f"role {name}: {why(error)}"
            return Holder(Principal(guess, account, arn), identity, boundary, doubt=doubt)
        return Holder(Principal(role["Arn"], account, arn), identity, documents.boundary(role))

    def _role(self, arn: str) -> tuple[Holder, Document]:
        """Return a role of the environment's account, and its trust policy."""
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        principal = Principal(arn, account, f"arn:aws:sts::{account}:assumed-role/{name}/flowops")
        documents = self._roles()
        if isinstance(documents, FlowopsError):
            return self._unread(principal, name, f"no role that reads it can be assumed: {documents.happened}")
        try:
            role = documents.call("GetRole", RoleName=name)["Role"]
        except FlowopsError as error:
            if isinstance(error, AwsFailed) and error.code == "NoSuchEntity":
                return Holder(principal), Document(
                    Owner.TRUST, f"trust policy of {name}", Policy(f"role {name}, which does not exist,", ())
                )
            return self._unread(principal, name, why(error))
        trust = document(Owner.TRUST, f"trust policy of {name}", lambda: role["AssumeRolePolicyDocument"])
        return Holder(principal, tuple(documents.of(Owner.ROLE, name)), documents.boundary(role)), trust

    @staticmethod
    def _unread(principal: Principal, name: str, problem: str) -> tuple[Holder, Document]:
        trust = Document(Owner.TRUST, f"trust policy of {name}", problem=problem)
        return Holder(principal, (Document(Owner.ROLE, f"policies of role {name}", problem=problem),)), trust

    def _bucket(self, name: str) -> Document:
        """Return the policy of a bucket."""
        return self._security().on(f"policy of bucket {name}", "s3", "GetBucketPolicy", "Policy", Bucket=name)

    def _key(self, arn: str) -> Document:
        """Return the policy of a KMS key; each has the one that is called `default`."""
        name = f"policy of key {arn.rpartition('/')[2]}"
        return self._security().on(name, "kms", "GetKeyPolicy", "Policy", KeyId=arn, PolicyName="default")

    def _secret(self, arn: str) -> Document:
        """Return the policy of a secret."""
        name = f"policy of secret {arn.rpartition(':')[2]}"
        return self._security().on(name, "secretsmanager", "GetResourcePolicy", "ResourcePolicy", SecretId=arn)


def _attempted(reader: Callable[[], AwsSession]) -> Documents | FlowopsError:
    try:
        return Documents(reader())
    except FlowopsError as error:
        return error
