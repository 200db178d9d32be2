"""Values of a release against the schema of its chart: what Helm looks at only when it installs.

By then everything below the release has been created. https://helm.sh/docs/topics/charts/#schema-files
"""

from __future__ import annotations

import json
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import yaml
from referencing import Registry
from referencing.exceptions import Unresolvable

_LIMIT = 16 * 1024**2
_YAML = "tag:yaml.org,2002:"
_WANTED = ("Chart.yaml", "requirements.yaml", "values.schema.json", "values.yaml")
_LEFT_TO_HELM = (
    *(OSError, EOFError, zlib.error, tarfile.TarError, yaml.YAMLError, ValueError, RecursionError, re.error),
    *(AttributeError, KeyError, TypeError, jsonschema.SchemaError, jsonschema.exceptions.UnknownType, Unresolvable),
)
_JSON_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Misfit:
    """One thing that a chart's schema says against values, without the value; `where` are the keys that lead to it."""

    where: Where
    what: str

    @property
    def place(self) -> str:
        """Return the keys in one word, as Helm writes them."""
        return ".".join(map(str, self.where)) or "the file"


def misfits(archive: Path, texts: Sequence[str]) -> tuple[Misfit, ...]:
    """Return what the schema of a packed chart says against its own values under those of `texts`, in their order.

    A chart without a schema has nothing to say; neither has one that cannot be read, which is left to Helm. So are the
    values of its subcharts: which of them count depends on conditions and tags.
    """
    try:
        return tuple(_misfits(_Chart.read(archive), texts))
    except _LEFT_TO_HELM:
        return ()


@dataclass(frozen=True)
class _Chart:
    """The files of a packed chart that say something of values, and the keys of its subcharts."""

    files: Mapping[str, bytes]
    subcharts: frozenset[str]

    @classmethod
    def read(cls, archive: Path) -> _Chart:
        files, packed = {}, set()
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _, *rest = PurePosixPath(member.name).parts or ("",)
                if rest[:1] == ["charts"] and len(rest) > 2:
                    packed.add(rest[1])
                if (
                    len(rest) == 1
                    and rest[0] in _WANTED
                    and member.size <= _LIMIT
                    and (file := tar.extractfile(member))
                ):
                    files[rest[0]] = file.read()
        named = [
            it.get("alias") or it["name"]
            for name in ("Chart.yaml", "requirements.yaml")
            for it in _mapping(files.get(name, b"")).get("dependencies") or ()
        ]
        return cls(files, frozenset({*packed, *named}))


def _misfits(chart: _Chart, texts: Sequence[str]) -> Iterator[Misfit]:
    if not (text := chart.files.get("values.schema.json")):
        return
    schema = json.loads(text)
    own: dict[str, Any] = {}
    for it in texts:
        own = _merged(own, _mapping(it))
    values = {it: {} for it in chart.subcharts} | _under(own, _mapping(chart.files.get("values.yaml", b"")))
    # What a schema refers to elsewhere is not fetched: a registry that is given to it knows nothing and asks nobody.
    found = jsonschema.validators.validator_for(schema, jsonschema.Draft7Validator)(schema, registry=Registry())
    for error in sorted(found.iter_errors(json.loads(json.dumps(values))), key=lambda it: [*map(str, it.path)]):
        if not error.path or error.path[0] not in chart.subcharts:
            yield Misfit(tuple(error.path), _said(error))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return one file of values over another: mappings are merged, everything else is replaced."""
    both = {
        key: _merged(below[key], value) if isinstance(value, dict) and isinstance(below.get(key), dict) else value
        for key, value in above.items()
    }
    return {**below, **both}


def _under(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the chart's defaults below them; null takes a default away."""
    found = dict(values)
    for key, default in defaults.items():
        if key not in found:
            found[key] = default
        elif found[key] is None:
            del found[key]
        elif isinstance(default, dict) and isinstance(found[key], dict):
            found[key] = _under(found[key], default)
    return found


def _said(error: jsonschema.ValidationError) -> str:
    """Return it in words that show keys and what the schema wants, never the value itself."""
    wanted = error.validator_value
    match error.validator:
        case "type":
            kinds = " or ".join([wanted] if isinstance(wanted, str) else wanted)
            return f"has to be {kinds}, not {_JSON_TYPES.get(type(error.instance), 'null')}"
        case "enum":
            return f"has to be one of {json.dumps(wanted)}"
        case "required" | "additionalProperties":
            return f"does not have the right keys: {error.message}"
        case _:
            told = f" {wanted}" if isinstance(wanted, str | int | float) else ""
            return f"breaks the rule {error.validator}{told}"


class _Loader(yaml.SafeLoader):
    """Reads plain words as Helm's own YAML does: 12:30 and 2026-01-31 are strings, 1e3 is a number."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, words) for tag, words in known if tag.removeprefix(_YAML) not in ("float", "int", "timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    f"{_YAML}int", re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)$"), [*"-+0123456789"]
)
_Loader.add_implicit_resolver(
    f"{_YAML}float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), [*"-+.0123456789"]
)


def _mapping(text: str | bytes) -> dict[str, Any]:
    return _Loader(text).get_single_data() or {}
