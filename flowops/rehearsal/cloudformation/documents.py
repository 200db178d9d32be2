"""Template text to plain data, with CloudFormation's short tags spelled out."""

from __future__ import annotations

import json
from typing import Any

import yaml

from flowops.rehearsal.cloudformation.errors import Rejected

_PLAIN_TAGS = ("Ref", "Condition")


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": x}, and dates as the text they are (a policy's Version is one)."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse aliases, as CloudFormation does."""
        if self.check_event(yaml.AliasEvent):
            raise Rejected("Template error: YAML aliases are not allowed in CloudFormation templates")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _PLAIN_TAGS else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def read_document(body: str) -> dict[str, Any]:
    """Return the template in a text of YAML or JSON; a text that is neither is Rejected."""
    try:
        document = json.loads(body) if body.lstrip().startswith("{") else _Loader(body).get_single_data()
    except yaml.YAMLError as broken:
        raise Rejected(f"Template format error: YAML not well-formed.{_place(broken)}") from broken
    except ValueError as broken:
        raise Rejected(f"Template format error: JSON not well-formed. ({broken})") from broken
    if not isinstance(document, dict):
        raise Rejected("Template format error: unsupported structure.")
    return document


def _place(broken: yaml.YAMLError) -> str:
    mark = getattr(broken, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
