"""Modules that are written in JSON: their variables and outputs, as `model.hcl` says them. JSON has no lines here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flowops.adapters.text_file import read, wrong
from flowops.model.hcl import Attribute, Block, Body, Entry, Expression, Listing, Literal, Object

_READ = ("variable", "output")


def read_json(path: Path) -> Body:
    """Return the variables and outputs of a .tf.json file; InvalidConfig names file and line of what is wrong."""
    return parse_json(path, read(path))


def parse_json(path: Path, text: str) -> Body:
    """Return the variables and outputs in `text`, which stands in `path`; InvalidConfig as above."""
    try:
        data = json.loads(text)
        if not isinstance(data, dict):
            raise wrong(path, 1, "is no object")
        return Body(blocks=tuple(block for kind in _READ for block in _blocks(path, kind, data.get(kind, {}))))
    except json.JSONDecodeError as error:
        raise wrong(path, error.lineno, "is not JSON") from error
    except RecursionError as error:
        raise wrong(path, 1, "is nested too deeply") from error
    except ValueError as error:
        raise wrong(path, 1, "holds a number that is too long") from error


def _blocks(path: Path, kind: str, held: Any) -> Iterator[Block]:
    for group in _objects(path, kind, held):
        for name, bodies in group.items():
            for body in _objects(path, kind, bodies):
                attributes = (Attribute(key, 0, _expression(value)) for key, value in body.items())
                yield Block(kind, (name,), 0, Body(tuple(attributes)))


def _objects(path: Path, kind: str, held: Any) -> list[dict[str, Any]]:
    """Return one object, or a list of them, as a list: terraform takes both."""
    found = held if isinstance(held, list) else [held]
    if not all(isinstance(it, dict) for it in found):
        raise wrong(path, 1, f"{kind} is not written as terraform reads it")
    return found


def _expression(value: Any) -> Expression:
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        entries = (Entry(_expression(key), _expression(it)) for key, it in value.items())
        return Object(0, text, tuple(entries))
    if isinstance(value, list):
        return Listing(0, text, tuple(map(_expression, value)))
    return Literal(0, text, value)
