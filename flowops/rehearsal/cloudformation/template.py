"""A template as typed data; what can be said wrong about it without parameters is said here and in checks.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowops.rehearsal.cloudformation.documents import read_document
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.parameters import Parameter

_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
}
_NOT_EMULATED = {"Transform", "Rules", "Hooks"}
_ATTRIBUTES = {"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
_DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_REPLACE_POLICIES = ("Delete", "Retain", "Snapshot")


@dataclass(frozen=True)
class Declaration:
    """A resource as its template declares it; `properties` still hold intrinsic functions."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    condition: str = ""
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Any = None


@dataclass(frozen=True)
class OutputDeclaration:
    """An output as its template declares it; `export` is the node of the export's name, or None."""

    key: str
    value: Any
    description: str = ""
    condition: str = ""
    export: Any = None


@dataclass(frozen=True)
class Template:
    """A template; `body` is the text it came from."""

    body: str
    description: str
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Declaration]
    outputs: Mapping[str, OutputDeclaration]

    def secret_parameters(self) -> frozenset[str]:
        """Return the names of the parameters that are never shown."""
        return frozenset(name for name, parameter in self.parameters.items() if parameter.no_echo)


def parse(body: str) -> Template:
    """Return the template in a text; Rejected with CloudFormation's words where its form is wrong."""
    document = read_document(body)
    _check_sections(document)
    resources = document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise Rejected("Template format error: At least one Resources member must be defined.")
    return Template(
        body=body,
        description=str(document.get("Description") or ""),
        parameters={name: Parameter.declared(name, node) for name, node in _section(document, "Parameters").items()},
        mappings=_section(document, "Mappings"),
        conditions=_section(document, "Conditions"),
        resources={name: _declaration(name, node) for name, node in resources.items()},
        outputs={key: _output(key, node) for key, node in _section(document, "Outputs").items()},
    )


def _check_sections(document: Mapping[str, Any]) -> None:
    unknown = sorted(str(name) for name in document.keys() - _SECTIONS - _NOT_EMULATED)
    if unknown:
        raise Rejected(f"Template format error: Invalid template property or properties [{', '.join(unknown)}]")
    missing = sorted(document.keys() & _NOT_EMULATED)
    if missing:
        raise Rejected(f"Template format error: this emulator does not know the sections [{', '.join(missing)}]")


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = document.get(name) or {}
    if not isinstance(section, dict):
        raise Rejected(f"Template format error: [/{name}] section must be an object.")
    return section


def _declaration(logical_id: str, node: Any) -> Declaration:
    place = f"[/Resources/{logical_id}]"
    if not isinstance(node, dict):
        raise Rejected(f"Template format error: {place} resource definition is malformed")
    if not isinstance(node.get("Type"), str):
        raise Rejected(f"Template format error: {place} Every Resources object must contain a Type member.")
    unknown = sorted(node.keys() - _ATTRIBUTES)
    if unknown:
        raise Rejected(f"Invalid template resource property '{unknown[0]}'")
    properties = node.get("Properties") or {}
    if not isinstance(properties, dict):
        raise Rejected(f"Template format error: {place} 'Properties' must be an object.")
    after = node.get("DependsOn") or ()
    return Declaration(
        logical_id=logical_id,
        type=node["Type"],
        properties=properties,
        depends_on=(after,) if isinstance(after, str) else tuple(after),
        condition=node.get("Condition", ""),
        deletion_policy=_policy(logical_id, node, "DeletionPolicy", _DELETION_POLICIES),
        update_replace_policy=_policy(logical_id, node, "UpdateReplacePolicy", _REPLACE_POLICIES),
        metadata=node.get("Metadata"),
    )


def _policy(logical_id: str, node: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    chosen = node.get(name, "Delete")
    if chosen not in allowed:
        raise Rejected(f"Template format error: Unrecognized {name} {chosen} for resource {logical_id}")
    return str(chosen)


def _output(key: str, node: Any) -> OutputDeclaration:
    if not isinstance(node, dict) or "Value" not in node:
        raise Rejected(f"Template format error: Output {key} is malformed")
    export = node.get("Export")
    return OutputDeclaration(
        key=key,
        value=node["Value"],
        description=str(node.get("Description") or ""),
        condition=node.get("Condition", ""),
        export=export["Name"] if export else None,
    )
