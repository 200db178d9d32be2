"""IAM policies as resources of their own: managed ones, and inline ones that several roles and groups share."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.cloudformation.resources.base import Aws, Properties, as_json, given
from flowops.rehearsal.cloudformation.resources.iam import IamType
from flowops.rehearsal.cloudformation.resources.iam_policies import Holder, group_holder, role_holder
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, TEXT, TEXTS, form


class ManagedPolicy(IamType):
    """AWS::IAM::ManagedPolicy."""

    type = "AWS::IAM::ManagedPolicy"
    fields = form(
        ("PolicyDocument",),
        Description=TEXT,
        Groups=TEXTS,
        ManagedPolicyName=TEXT,
        Path=TEXT,
        PolicyDocument=DOCUMENT,
        Roles=TEXTS,
    )
    replaced_by = frozenset({"ManagedPolicyName", "Path", "Description"})
    name_property = "ManagedPolicyName"
    attribute_names = ("PolicyArn",)

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the policy and return its ARN."""
        made = aws("iam").create_policy(
            PolicyName=properties.get("ManagedPolicyName", name),
            PolicyDocument=as_json(properties["PolicyDocument"]),
            **given(properties, "Path", "Description"),
        )
        return str(made["Policy"]["Arn"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Make the document the default version, keeping no other, and attach it where it belongs."""
        if not fresh and old.get("PolicyDocument") != new["PolicyDocument"]:
            self._prune(aws, physical_id)
            aws("iam").create_policy_version(
                PolicyArn=physical_id, PolicyDocument=as_json(new["PolicyDocument"]), SetAsDefault=True
            )
            self._prune(aws, physical_id)
        for holder, held, wanted in _holders(aws, old, new):
            holder.change_attached({physical_id} if held else set(), {physical_id} if wanted else set())

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN."""
        return {"PolicyArn": physical_id}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Detach the policy where its own template attached it, and remove it."""
        for holder, _, _ in _holders(aws, properties, {}):
            holder.change_attached({physical_id}, set())
        self._prune(aws, physical_id)
        aws("iam").delete_policy(PolicyArn=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live policy in the form of the template."""
        iam = aws("iam")
        policy = iam.get_policy(PolicyArn=physical_id)["Policy"]
        version = iam.get_policy_version(PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])
        return {
            "PolicyDocument": version["PolicyVersion"]["Document"],
            "Path": policy["Path"],
            "Description": policy.get("Description", ""),
            **self._read_holders(iam, physical_id),
        }

    def _read_holders(self, iam: Any, physical_id: str) -> dict[str, Any]:
        live = iam.list_entities_for_policy(PolicyArn=physical_id)
        return {
            "Roles": [role["RoleName"] for role in live["PolicyRoles"]],
            "Groups": [group["GroupName"] for group in live["PolicyGroups"]],
        }

    def _prune(self, aws: Aws, physical_id: str) -> None:
        # IAM keeps five versions at most and refuses to delete a policy that has more than the default one.
        for version in aws("iam").list_policy_versions(PolicyArn=physical_id)["Versions"]:
            if not version["IsDefaultVersion"]:
                aws("iam").delete_policy_version(PolicyArn=physical_id, VersionId=version["VersionId"])


class InlinePolicy(IamType):
    """AWS::IAM::Policy."""

    type = "AWS::IAM::Policy"
    fields = form(("PolicyName", "PolicyDocument"), Groups=TEXTS, PolicyDocument=DOCUMENT, PolicyName=TEXT, Roles=TEXTS)
    replaced_by = frozenset({"PolicyName"})

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Return its name: it exists only in its roles and groups, which configure fills."""
        return str(properties["PolicyName"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Put the document into each holder and remove it from those that went."""
        for holder, _, wanted in _holders(aws, old, new):
            if wanted:
                holder.put(**holder.key, PolicyName=physical_id, PolicyDocument=as_json(new["PolicyDocument"]))
            else:
                holder.remove_inline(physical_id)

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove it from every holder."""
        for holder, _, _ in _holders(aws, properties, {}):
            holder.remove_inline(physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return a document that differs from the template's, where any holder has one."""
        live = [holder.document(physical_id) for holder, _, _ in _holders(aws, properties, properties)]
        other = [document for document in live if document != properties["PolicyDocument"]]
        return {"PolicyDocument": other[0] if other else properties["PolicyDocument"]}


def _holders(aws: Aws, old: Properties, new: Properties) -> list[tuple[Holder, bool, bool]]:
    """Return each holder with whether it had the policy, and whether it shall have it."""
    found = []
    for kind, holder in (("Roles", role_holder), ("Groups", group_holder)):
        before, after = set(old.get(kind, ())), set(new.get(kind, ()))
        found += [(holder(aws, name), name in before, name in after) for name in sorted(before | after)]
    return found
