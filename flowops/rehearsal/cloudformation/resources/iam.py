"""IAM: roles, groups and OIDC providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flowops.rehearsal.cloudformation.resources.base import (
    Aws,
    Properties,
    ResourceType,
    Section,
    apply_sections,
    as_json,
    given,
    removed_tags,
)
from flowops.rehearsal.cloudformation.resources.iam_policies import (
    MISSING,
    POLICIES,
    group_holder,
    role_holder,
    without_policies_of,
)
from flowops.rehearsal.cloudformation.shapes import DOCUMENT, NUMBER, TAGS, TEXT, TEXTS, form
from flowops.rehearsal.cloudformation.stack import Resource

DEFAULT_SESSION_SECONDS = 3600


class IamType(ResourceType):
    """What all IAM types share: they need a capability, and a missing one is NoSuchEntity."""

    needs_capability: ClassVar[bool] = True
    missing_codes: ClassVar[frozenset[str]] = frozenset({MISSING})


class Role(IamType):
    """AWS::IAM::Role."""

    type = "AWS::IAM::Role"
    fields = form(
        ("AssumeRolePolicyDocument",),
        AssumeRolePolicyDocument=DOCUMENT,
        Description=TEXT,
        ManagedPolicyArns=TEXTS,
        MaxSessionDuration=NUMBER,
        Path=TEXT,
        PermissionsBoundary=TEXT,
        Policies=POLICIES,
        RoleName=TEXT,
        Tags=TAGS,
    )
    replaced_by = frozenset({"RoleName", "Path"})
    name_property = "RoleName"
    attribute_names = ("Arn", "RoleId")

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the role with its boundary, so that it never stands without one."""
        chosen = str(properties.get("RoleName", name[:64]))
        aws("iam").create_role(
            RoleName=chosen,
            AssumeRolePolicyDocument=as_json(properties["AssumeRolePolicyDocument"]),
            **given(properties, "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"),
        )
        return chosen

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring everything that create did not set, or all that an update changed."""
        if not fresh:
            self._update(aws("iam"), physical_id, old, new)
        role_holder(aws, physical_id).change(old, new)

    def _update(self, iam: Any, name: str, old: Properties, new: Properties) -> None:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=as_json(new["AssumeRolePolicyDocument"]))
        iam.update_role(
            RoleName=name,
            Description=new.get("Description", ""),
            MaxSessionDuration=new.get("MaxSessionDuration", DEFAULT_SESSION_SECONDS),
        )
        sections = (
            Section(
                "PermissionsBoundary",
                lambda boundary: iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary),
                lambda: iam.delete_role_permissions_boundary(RoleName=name),
            ),
            Section("Tags", lambda tags: iam.tag_role(RoleName=name, Tags=tags), lambda: None),
        )
        apply_sections(sections, old, new)
        if removed_tags(old, new):
            iam.untag_role(RoleName=name, TagKeys=removed_tags(old, new))

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN and the unique id."""
        role = aws("iam").get_role(RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the role with the policies that its own template gave it."""
        role_holder(aws, physical_id).change(properties, {})
        aws("iam").delete_role(RoleName=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live role in the form of the template."""
        role = aws("iam").get_role(RoleName=physical_id)["Role"]
        return {
            "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
            "Description": role.get("Description", ""),
            "MaxSessionDuration": role.get("MaxSessionDuration"),
            "Path": role["Path"],
            "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "Tags": role.get("Tags", []),
            **role_holder(aws, physical_id).read(),
        }

    def without_others(self, live: dict[str, Any], physical_id: str, others: Sequence[Resource]) -> dict[str, Any]:
        """Leave out the policies that name this role."""
        return without_policies_of(others, live, "Roles", physical_id)


class Group(IamType):
    """AWS::IAM::Group."""

    type = "AWS::IAM::Group"
    fields = form(GroupName=TEXT, ManagedPolicyArns=TEXTS, Path=TEXT, Policies=POLICIES)
    replaced_by = frozenset({"GroupName"})
    name_property = "GroupName"
    attribute_names = ("Arn",)

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the group."""
        chosen = str(properties.get("GroupName", name))
        aws("iam").create_group(GroupName=chosen, **given(properties, "Path"))
        return chosen

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring its policies and, in an update, its path."""
        if not fresh and old.get("Path") != new.get("Path"):
            aws("iam").update_group(GroupName=physical_id, NewPath=new.get("Path", "/"))
        group_holder(aws, physical_id).change(old, new)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN."""
        return {"Arn": aws("iam").get_group(GroupName=physical_id)["Group"]["Arn"]}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the group with the policies that its own template gave it; a group with members stays."""
        group_holder(aws, physical_id).change(properties, {})
        aws("iam").delete_group(GroupName=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live group in the form of the template."""
        group = aws("iam").get_group(GroupName=physical_id)["Group"]
        return {"Path": group["Path"], **group_holder(aws, physical_id).read()}

    def without_others(self, live: dict[str, Any], physical_id: str, others: Sequence[Resource]) -> dict[str, Any]:
        """Leave out the policies that name this group."""
        return without_policies_of(others, live, "Groups", physical_id)


class OidcProvider(IamType):
    """AWS::IAM::OIDCProvider."""

    type = "AWS::IAM::OIDCProvider"
    fields = form(ClientIdList=TEXTS, Tags=TAGS, ThumbprintList=TEXTS, Url=TEXT)
    replaced_by = frozenset({"Url"})
    attribute_names = ("Arn",)

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the provider; AWS fetches the thumbprint itself where none is given."""
        made = aws("iam").create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            ThumbprintList=properties.get("ThumbprintList", ["0" * 40]),
            **given(properties, "Tags"),
        )
        return str(made["OpenIDConnectProviderArn"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring audiences, thumbprints and tags from `old` to `new`."""
        if fresh:
            return
        iam, key = aws("iam"), {"OpenIDConnectProviderArn": physical_id}
        for client in set(new.get("ClientIdList", ())) - set(old.get("ClientIdList", ())):
            iam.add_client_id_to_open_id_connect_provider(**key, ClientID=client)
        for client in set(old.get("ClientIdList", ())) - set(new.get("ClientIdList", ())):
            iam.remove_client_id_from_open_id_connect_provider(**key, ClientID=client)
        if "ThumbprintList" in new:
            iam.update_open_id_connect_provider_thumbprint(**key, ThumbprintList=new["ThumbprintList"])
        if removed_tags(old, new):
            iam.untag_open_id_connect_provider(**key, TagKeys=removed_tags(old, new))
        if new.get("Tags"):
            iam.tag_open_id_connect_provider(**key, Tags=new["Tags"])

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the ARN."""
        return {"Arn": physical_id}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the provider."""
        aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live provider in the form of the template."""
        live = aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)
        return {
            "ClientIdList": live["ClientIDList"],
            "ThumbprintList": live["ThumbprintList"],
            "Tags": live.get("Tags", []),
        }
