"""SSM parameters."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.cloudformation.resources.base import Aws, Properties, ResourceType, given
from flowops.rehearsal.cloudformation.shapes import TEXT, MapOf, form


class Parameter(ResourceType):
    """AWS::SSM::Parameter; its Tags are an object, other than everywhere else."""

    type = "AWS::SSM::Parameter"
    fields = form(("Type", "Value"), Description=TEXT, Name=TEXT, Tags=MapOf(TEXT), Type=TEXT, Value=TEXT)
    replaced_by = frozenset({"Name", "Type"})
    name_property = "Name"
    attribute_names = ("Type", "Value")
    missing_codes = frozenset({"ParameterNotFound", "InvalidResourceId"})

    @property
    def taggable(self) -> bool:
        """The stack's tags are a list, which does not fit here."""
        return False

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the parameter and return its name."""
        chosen = str(properties.get("Name", name))
        aws("ssm").put_parameter(Name=chosen, **given(properties, "Type", "Value", "Description"))
        return chosen

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring value, description and tags."""
        ssm = aws("ssm")
        names = ("Value", "Description")
        if not fresh and given(old, *names) != given(new, *names):
            ssm.put_parameter(Name=physical_id, Overwrite=True, **given(new, "Type", *names))
        key = {"ResourceType": "Parameter", "ResourceId": physical_id}
        before, after = old.get("Tags", {}), new.get("Tags", {})
        if before.keys() - after.keys():
            ssm.remove_tags_from_resource(**key, TagKeys=sorted(before.keys() - after.keys()))
        if after and after != before:
            ssm.add_tags_to_resource(**key, Tags=[{"Key": name, "Value": value} for name, value in after.items()])

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return type and value."""
        return {"Type": properties["Type"], "Value": properties["Value"]}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the parameter."""
        aws("ssm").delete_parameter(Name=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live parameter."""
        live = aws("ssm").get_parameter(Name=physical_id)["Parameter"]
        return {"Type": live["Type"], "Value": live["Value"]}
