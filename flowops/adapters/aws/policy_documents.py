"""Policy documents as one session reads them; what it may not read is said in the document's place, and is no error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.errors import AwsDenied, AwsFailed
from flowops.errors import FlowopsError
from flowops.model.may import Document, Owner
from flowops.model.policy import Policy

_KINDS = {Owner.USER: "User", Owner.GROUP: "Group", Owner.ROLE: "Role"}
_NO_STATEMENT: Mapping[str, Any] = {"Statement": []}


class Documents:
    """Policies as one session reads them."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._managed = cache(self._read_managed)

    def of(self, owner: Owner, name: str) -> Iterator[Document]:
        """Yield the inline and the attached policies of a user, group or role."""
        kind = _KINDS[owner]
        who = {f"{kind}Name": name}
        whose = f"of {owner.value} {name}"
        try:
            for policy in self._session.each("iam", f"List{kind}Policies", "PolicyNames", **who):
                yield self._inline(owner, f"policy {policy} {whose}", kind, {**who, "PolicyName": policy})
        except FlowopsError as error:
            yield Document(owner, f"inline policies {whose}", problem=why(error))
        try:
            for attached in self._session.each("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **who):
                yield self.managed(owner, f"policy {attached['PolicyName']} {whose}", attached["PolicyArn"])
        except FlowopsError as error:
            yield Document(owner, f"attached policies {whose}", problem=why(error))

    def groups(self, user: str) -> Iterator[Document]:
        """Yield the policies of every group that a user is in."""
        try:
            names = [it["GroupName"] for it in self._session.each("iam", "ListGroupsForUser", "Groups", UserName=user)]
        except FlowopsError as error:
            yield Document(Owner.GROUP, f"groups of user {user}", problem=why(error))
            return
        for name in names:
            yield from self.of(Owner.GROUP, name)

    def managed(self, owner: Owner, name: str, arn: str) -> Document:
        """Return a managed policy as it is in force."""
        return document(owner, name, lambda: self._managed(arn))

    def boundary(self, entity: Mapping[str, Any]) -> Document | None:
        """Return the boundary of a user or role as AWS describes it, None where it has none."""
        arn = (entity.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        if not arn:
            return None
        return self.managed(Owner.BOUNDARY, str(arn).rpartition("/")[2], arn)

    def on(self, name: str, service: str, operation: str, key: str, **parameters: str) -> Document:
        """Return the policy on a resource; where there is none it is one without statements."""

        def read() -> Any:
            try:
                return self._session.call(service, operation, **parameters).get(key) or _NO_STATEMENT
            except AwsFailed as error:
                if error.code == "NoSuchBucketPolicy":
                    return _NO_STATEMENT
                raise

        return document(Owner.RESOURCE, name, read)

    def call(self, operation: str, **parameters: str) -> dict[str, Any]:
        """Return IAM's answer."""
        return self._session.call("iam", operation, **parameters)

    def _inline(self, owner: Owner, name: str, kind: str, which: Mapping[str, str]) -> Document:
        return document(owner, name, lambda: self.call(f"Get{kind}Policy", **which)["PolicyDocument"])

    def _read_managed(self, arn: str) -> Any:
        version = self.call("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return self.call("GetPolicyVersion", PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def document(owner: Owner, name: str, read: Callable[[], Any]) -> Document:
    """Return a document, or why it cannot be read; AWS gives it as text or as a mapping."""
    try:
        found = read()
        text = found if isinstance(found, str) else json.dumps(found)
        return Document(owner, name, Policy.from_document(name, text))
    except FlowopsError as error:
        return Document(owner, name, problem=why(error))


def why(error: FlowopsError) -> str:
    """Return in a few words why something cannot be read."""
    said = error.happened.partition(", called as ")[0]
    return f"{'may not' if isinstance(error, AwsDenied) else 'cannot'} be read: {said}"
