"""What the engine asks of a resource type."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from botocore.exceptions import ClientError

from flowops.rehearsal.cloudformation.shapes import Fields
from flowops.rehearsal.cloudformation.stack import Resource

Properties = Mapping[str, Any]
Tags = Sequence[Mapping[str, str]]


class Aws(Protocol):
    """The emulated services, as one account sees them in one region."""

    @property
    def region(self) -> str:
        """The region of the stack."""

    @property
    def account(self) -> str:
        """The account of the stack."""

    def __call__(self, service: str) -> Any:
        """Return a boto3 client."""


class ResourceType(ABC):
    """How resources of one type are made, changed, removed and read.

    `replaced_by` are the properties whose change needs a new resource, `name_property` the one that gives it a
    name of its own, `attribute_names` what Fn::GetAtt can ask for. The physical id is what Ref gives.
    """

    type: ClassVar[str]
    fields: ClassVar[Fields]
    replaced_by: ClassVar[frozenset[str]] = frozenset()
    name_property: ClassVar[str] = ""
    attribute_names: ClassVar[tuple[str, ...]] = ()
    needs_capability: ClassVar[bool] = False
    missing_codes: ClassVar[frozenset[str]] = frozenset()

    @property
    def taggable(self) -> bool:
        """Whether the stack's own tags go onto it."""
        return "Tags" in self.fields.members

    @abstractmethod
    def create(self, aws: Aws, properties: Properties, name: str) -> str:
        """Make the bare resource and return its physical id; `name` serves where the template gives none."""

    @abstractmethod
    def configure(self, aws: Aws, physical_id: str, old: Properties, new: Properties, *, fresh: bool) -> None:
        """Bring it from `old` to `new`, also a second time; a `fresh` one was made just now, and `old` is empty."""

    def attributes(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return what Fn::GetAtt gives."""
        return {}

    @abstractmethod
    def delete(self, aws: Aws, physical_id: str, properties: Properties) -> None:
        """Remove it; the engine treats `missing_codes` as removed."""

    @abstractmethod
    def read(self, aws: Aws, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Return the live values that drift detection compares with the properties of the same names."""

    def without_others(self, live: dict[str, Any], physical_id: str, others: Sequence[Resource]) -> dict[str, Any]:
        """Return live values without what `others`, resources of the same stack, put onto this one."""
        return live

    def is_missing(self, error: ClientError) -> bool:
        """Whether the service says that the resource is not there."""
        return _code(error) in self.missing_codes


@dataclass(frozen=True)
class Section:
    """A property with API calls of its own; `remove` runs when an update drops it from the template."""

    name: str
    put: Callable[[Any], object]
    remove: Callable[[], object]


def apply_sections(sections: Sequence[Section], old: Properties, new: Properties) -> None:
    """Put what changed and remove what went."""
    for section in sections:
        if old.get(section.name) == new.get(section.name):
            continue
        if section.name in new:
            section.put(new[section.name])
        else:
            section.remove()


@contextmanager
def tolerating(*codes: str) -> Iterator[None]:
    """Treat these error codes as done already."""
    try:
        yield
    except ClientError as error:
        if _code(error) not in codes:
            raise


def as_json(document: Any) -> str:
    """Return a policy document as the APIs take it."""
    return document if isinstance(document, str) else json.dumps(document)


def removed_tags(old: Properties, new: Properties) -> list[str]:
    """Return the keys of the tags that went."""
    return sorted({tag["Key"] for tag in old.get("Tags", ())} - {tag["Key"] for tag in new.get("Tags", ())})


def given(properties: Properties, *names: str) -> dict[str, Any]:
    """Return these properties, without those that the template does not give."""
    return {name: properties[name] for name in names if name in properties}


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
