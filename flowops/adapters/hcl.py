"""HCL files read as data. The grammar is python-hcl2's; its tree, with every line and column, becomes `model.hcl`.

A file is wrong where it does not follow the grammar, is no regular file of UTF-8 text, or is larger or deeper than
any that people write: InvalidConfig with `file:line`, before it costs more than a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from hcl2.api import parses_to_tree
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from flowops.adapters.hcl_expressions import Print, Reader
from flowops.adapters.text_file import read, wrong
from flowops.model.hcl import Attribute, Block, Body

MAX_CHARACTERS = 128 * 1024
MAX_BLANKS = 400
"""Characters of white space in a row. The grammar's heredocs look at each of them again for each line."""
MAX_DEPTH = 60
"""Brackets in each other."""


def read_hcl(path: Path) -> Body:
    """Return what an HCL file holds; InvalidConfig names file and line of what is wrong."""
    return parse_hcl(path, read(path))


def parse_hcl(path: Path, text: str, prints: Mapping[str, Print] | None = None) -> Body:
    """Return what `text`, which stands in `path`, holds; InvalidConfig names file and line of what is wrong.

    `prints` are the names in it that stand for what a template prints.
    """
    _check_size(path, text)
    try:
        tree = parses_to_tree(text)
    except UnexpectedInput as error:
        raise wrong(path, _line(error, text), _explained(error)) from error
    except (LarkError, RecursionError) as error:
        raise wrong(path, 1, "is not HCL") from error
    try:
        return _inside(tree, Reader(text, prints or {}))
    except RecursionError as error:
        raise wrong(path, 1, "is nested too deeply") from error


def _check_size(path: Path, text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise wrong(path, 1, f"is larger than {MAX_CHARACTERS // 1024} KiB")
    line = 1
    for blank, run in groupby(text, str.isspace):
        characters = list(run)
        if blank and len(characters) > MAX_BLANKS:
            raise wrong(path, line, f"has more than {MAX_BLANKS} blank characters in a row")
        line += characters.count("\n")
    depth, line = 0, 1
    for character in text:
        line += character == "\n"
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise wrong(path, line, f"is nested deeper than {MAX_DEPTH} levels")


def _line(error: UnexpectedInput, text: str) -> int:
    last = text.count("\n", 0, len(text.rstrip())) + 1
    return min(error.line, last) if error.line and error.line > 0 else last


def _explained(error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        return f"is not HCL: {error.char!r} cannot stand here"
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return "is not HCL: the file ends in the middle of something; a bracket is not closed"
    token = error.token if isinstance(error, UnexpectedToken) else ""
    shown = str(token).strip().split("\n")[0][:40]
    return f"is not HCL: {shown!r} cannot stand here" if shown else "is not HCL: the line ends too early"


def _inside(tree: Tree[Token], reader: Reader) -> Body:
    """Return the one body below a file or a block."""
    (body,) = (it for it in tree.children if isinstance(it, Tree) and it.data == "body")
    return _body(body, reader)


def _body(tree: Tree[Token], reader: Reader) -> Body:
    attributes, blocks = [], []
    for child in tree.children:
        if isinstance(child, Tree) and child.data == "attribute":
            attributes.append(_attribute(child, reader))
        elif isinstance(child, Tree) and child.data == "block":
            blocks.append(_block(child, reader))
    return Body(tuple(attributes), tuple(blocks))


def _attribute(tree: Tree[Token], reader: Reader) -> Attribute:
    name, _equals, value = tree.children
    return Attribute(reader.word(name), tree.meta.line, reader.expression(value))


def _block(tree: Tree[Token], reader: Reader) -> Block:
    heads = [it for it in tree.children if isinstance(it, Tree) and it.data not in ("body", "new_line_or_comment")]
    names = [reader.word(it) for it in heads]
    return Block(names[0], tuple(names[1:]), tree.meta.line, _inside(tree, reader))
