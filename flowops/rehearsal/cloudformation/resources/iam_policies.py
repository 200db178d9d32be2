"""Policies on roles and groups: both attach managed ones and hold inline ones in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.cloudformation.resources.base import Aws, Properties, as_json, tolerating
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, TEXT, ListOf, form
from flowops.rehearsal.cloudformation.stack import Resource

POLICIES = ListOf(form(("PolicyName", "PolicyDocument"), PolicyName=TEXT, PolicyDocument=DOCUMENT))
MISSING = "NoSuchEntity"

Call = Callable[..., Any]


@dataclass(frozen=True)
class Holder:
    """A role or group and the calls that change its policies; `key` names it in each of them."""

    key: dict[str, str]
    attach: Call
    detach: Call
    put: Call
    remove: Call
    list_attached: Call
    list_inline: Call
    get_inline: Call

    def change(self, old: Properties, new: Properties) -> None:
        """Bring managed and inline policies from `old` to `new`."""
        self.change_attached(set(old.get("ManagedPolicyArns", ())), set(new.get("ManagedPolicyArns", ())))
        before, after = _inline(old), _inline(new)
        for name, document in after.items():
            if before.get(name) != document:
                self.put(**self.key, PolicyName=name, PolicyDocument=as_json(document))
        for name in before.keys() - after.keys():
            self.remove_inline(name)

    def change_attached(self, old: set[str], new: set[str]) -> None:
        """Attach and detach managed policies by ARN."""
        for arn in sorted(new - old):
            self.attach(**self.key, PolicyArn=arn)
        for arn in sorted(old - new):
            with tolerating(MISSING):
                self.detach(**self.key, PolicyArn=arn)

    def remove_inline(self, name: str) -> None:
        """Remove an inline policy, also one that is not there."""
        with tolerating(MISSING):
            self.remove(**self.key, PolicyName=name)

    def read(self) -> dict[str, Any]:
        """Return the live policies in the form of the template, without those of other resources' making."""
        attached = self.list_attached(**self.key)["AttachedPolicies"]
        inline = self.list_inline(**self.key)["PolicyNames"]
        return {
            "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
            "Policies": [{"PolicyName": name, "PolicyDocument": self.document(name)} for name in inline],
        }

    def document(self, name: str) -> Any:
        """Return the live document of an inline policy."""
        return self.get_inline(**self.key, PolicyName=name)["PolicyDocument"]


def role_holder(aws: Aws, name: str) -> Holder:
    """Return the holder that a role is."""
    iam = aws("iam")
    return Holder(
        key={"RoleName": name},
        attach=iam.attach_role_policy,
        detach=iam.detach_role_policy,
        put=iam.put_role_policy,
        remove=iam.delete_role_policy,
        list_attached=iam.list_attached_role_policies,
        list_inline=iam.list_role_policies,
        get_inline=iam.get_role_policy,
    )


def group_holder(aws: Aws, name: str) -> Holder:
    """Return the holder that a group is."""
    iam = aws("iam")
    return Holder(
        key={"GroupName": name},
        attach=iam.attach_group_policy,
        detach=iam.detach_group_policy,
        put=iam.put_group_policy,
        remove=iam.delete_group_policy,
        list_attached=iam.list_attached_group_policies,
        list_inline=iam.list_group_policies,
        get_inline=iam.get_group_policy,
    )


def without_policies_of(others: Sequence[Resource], live: Mapping[str, Any], member: str, name: str) -> dict[str, Any]:
    """Return what `Holder.read` gave without the policies whose own resources name the holder in `member`."""
    theirs = {other.physical_id for other in others if name in other.properties.get(member, ())}
    return {
        **live,
        "ManagedPolicyArns": [arn for arn in live["ManagedPolicyArns"] if arn not in theirs],
        "Policies": [policy for policy in live["Policies"] if policy["PolicyName"] not in theirs],
    }


def _inline(properties: Properties) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", ())}
