"""SNS topics."""

from __future__ import annotations

from typing import Any

from flowops.rehearsal.cloudformation.resources.base import (
    Aws,
    Properties,
    ResourceType,
    Section,
    apply_sections,
    removed_tags,
)
from flowops.rehearsal.cloudformation.shapes import TAGS, TEXT, ListOf, form


class Topic(ResourceType):
    """AWS::SNS::Topic."""

    type = "AWS::SNS::Topic"
    fields = form(
        DisplayName=TEXT,
        KmsMasterKeyId=TEXT,
        Subscription=ListOf(form(("Protocol", "Endpoint"), Endpoint=TEXT, Protocol=TEXT)),
        Tags=TAGS,
        TopicName=TEXT,
    )
    replaced_by = frozenset({"TopicName"})
    name_property = "TopicName"
    attribute_names = ("TopicArn", "TopicName")
    missing_codes = frozenset({"NotFound", "NotFoundException"})

    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the topic and return its ARN."""
        return str(aws("sns").create_topic(Name=properties.get("TopicName", name))["TopicArn"])

    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring names, key, tags and subscriptions; a subscription that went stays until its topic goes."""
        sns, key = aws("sns"), {"ResourceArn": physical_id}

        def attribute(name: str) -> Section:
            def put(value: str) -> None:
                sns.set_topic_attributes(TopicArn=physical_id, AttributeName=name, AttributeValue=value)

            return Section(name, put, lambda: put(""))

        tags = Section("Tags", lambda value: sns.tag_resource(**key, Tags=value), lambda: None)
        apply_sections((attribute("DisplayName"), attribute("KmsMasterKeyId"), tags), old, new)
        if removed_tags(old, new):
            sns.untag_resource(**key, TagKeys=removed_tags(old, new))
        for subscription in new.get("Subscription", ()):
            if subscription not in old.get("Subscription", ()):
                sns.subscribe(TopicArn=physical_id, **subscription)

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return ARN and name."""
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}

    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove the topic."""
        aws("sns").delete_topic(TopicArn=physical_id)

    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live attributes that the template can set."""
        live = aws("sns").get_topic_attributes(TopicArn=physical_id)["Attributes"]
        return {name: live.get(name, "") for name in ("DisplayName", "KmsMasterKeyId")}
