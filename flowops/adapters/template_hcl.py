"""Templates read as HCL without rendering them: each value they print stays a name, and each line keeps its number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from flowops.adapters.hcl import parse_hcl
from flowops.adapters.hcl_expressions import Print
from flowops.adapters.text_file import read, wrong
from flowops.model.hcl import Body

_PLACEHOLDER = "flowops_printed_"
_BEGIN, _END = "variable_begin", "variable_end"
# Without trimming, what Jinja's lexer yields is the template, character for character. Nothing is rendered with it.
_JINJA = Environment(keep_trailing_newline=True, autoescape=True)


def read_template(path: Path) -> tuple[Body, bool]:
    """Return what a template of HCL holds, and whether all of it stands there whatever the facts are.

    InvalidConfig names file and line of what is wrong. Jinja's blocks are left out; what they hold is kept.
    """
    prints: dict[str, Print] = {}
    source = read(path)
    try:
        _JINJA.parse(source)
        pieces = list(_pieces(source, prints))
    except TemplateSyntaxError as error:
        raise wrong(path, error.lineno, (error.message or "is not a template").rstrip(".")) from error
    except RecursionError as error:
        raise wrong(path, 1, "is nested too deeply") from error
    certain = not any(kind == "block_begin" for kind, _ in pieces)
    return parse_hcl(path, "".join(text for _, text in pieces), prints), certain


def _pieces(source: str, prints: dict[str, Print]) -> Iterator[tuple[str, str]]:
    """Yield the template's HCL piece by piece: a name for what is printed, only line ends for what is Jinja's."""
    inside: list[str] = []
    for _line, kind, text in _JINJA.lex(source):
        if kind in ("data", "raw_data"):
            yield kind, text
        elif kind == _BEGIN:
            inside = [text]
        elif kind == _END:
            written = "".join([*inside, text])
            name = f"{_PLACEHOLDER}{len(prints)}_"
            prints[name] = _print(written)
            yield kind, name + "\n" * written.count("\n")
            inside = []
        elif inside:
            inside.append(text)
        else:
            yield kind, "\n" * text.count("\n")


def _print(written: str) -> Print:
    (output,) = _JINJA.parse(written).body
    assert isinstance(output, nodes.Output)
    (printed,) = output.nodes
    value = printed.node if isinstance(printed, nodes.Filter) and printed.name == "hcl" else printed
    names = dict.fromkeys(_names(value)) if isinstance(value, nodes.Node) else {}
    return Print(" ".join(written.split()), tuple(names), isinstance(value, nodes.Node) and _path(value) is not None)


def _names(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    path = _path(node)
    if path is not None:
        yield path
        return
    for child in node.iter_child_nodes():
        yield from _names(child)


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """Return `a.b["c"]` as its names, None for anything else."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=of, attr=name) | nodes.Getitem(node=of, arg=nodes.Const(value=str(name))):
            before = _path(of)
            return (*before, name) if before else None
        case _:
            return None
