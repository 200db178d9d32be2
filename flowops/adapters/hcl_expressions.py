"""python-hcl2's parse tree of an expression, as `model.hcl` says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeGuard

from lark import Token, Tree

from flowops.model.hcl import (
    Access,
    Call,
    Condition,
    Entry,
    Expression,
    Listing,
    Literal,
    Name,
    Object,
    Other,
    Printed,
    Template,
)

Node = Tree[Token] | Token
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 300
_NO_VALUE = ("new_line_or_comment", "keyword")


@dataclass(frozen=True)
class Print:
    """What a template prints at one place: as it is written, the names it uses, and whether it is one of them alone."""

    text: str
    names: tuple[tuple[str, ...], ...]
    whole: bool


class Reader:
    """Reads the expressions of one text, in which the names of `prints` stand for what a template prints."""

    def __init__(self, text: str, prints: Mapping[str, Print]) -> None:
        self._text, self._prints = text, prints

    def word(self, node: Node) -> str:
        """Return a name or a label without its quotes."""
        return str(_leaves(node)).strip('"')

    def expression(self, node: Node) -> Expression:
        """Return what stands for a value."""
        if isinstance(node, Token):
            return Other(node.line or 1, str(node).strip())
        made = getattr(self, f"_{node.data}", self._other)
        found: Expression = made(node)
        return found

    # -- one method for each rule of the grammar that is understood; every other is an Other -------------------------

    def _expr_term(self, node: Tree[Token]) -> Expression:
        (inner,) = _parts(node)  # brackets around an expression are tokens, and mean nothing
        return self.expression(inner)

    def _int_lit(self, node: Tree[Token]) -> Expression:
        digits = _leaves(node)
        # Python does not read more digits than some thousands.
        return Literal(*self._place(node), int(digits)) if len(digits) < _MAX_DIGITS else self._other(node)

    def _float_lit(self, node: Tree[Token]) -> Expression:
        number = float(_leaves(node))
        return Literal(*self._place(node), number) if isfinite(number) else self._other(node)

    def _literal_value(self, node: Tree[Token]) -> Expression:
        return Literal(*self._place(node), _LITERALS[_leaves(node)])

    def _identifier(self, node: Tree[Token]) -> Expression:
        printed = self._prints.get(_leaves(node))
        if printed:
            return Printed(*self._place(node), printed.names, printed.whole)
        return Name(*self._place(node), _leaves(node))

    def _string(self, node: Tree[Token]) -> Expression:
        parts = [self._part(it) for it in node.children if isinstance(it, Tree)]
        if any(it is None for it in parts):
            return self._other(node)
        known = tuple(it for it in parts if it is not None)
        texts = [it.value for it in known if isinstance(it, Literal) and isinstance(it.value, str)]
        if len(texts) == len(known):
            return Literal(*self._place(node), "".join(texts))
        return Template(*self._place(node), known)

    def _part(self, node: Tree[Token]) -> Expression | None:
        (only,) = node.children
        if isinstance(only, Token):
            value = _unescaped(str(only))
            return None if value is None else Literal(*self._place(node), value)
        return self.expression(_parts(only)[0]) if only.data == "interpolation" else None

    def _tuple(self, node: Tree[Token]) -> Expression:
        return Listing(*self._place(node), tuple(map(self.expression, _parts(node))))

    def _object(self, node: Tree[Token]) -> Expression:
        return Object(*self._place(node), tuple(map(self._entry, _parts(node))))

    def _entry(self, node: Tree[Token]) -> Entry:
        key_node, value = _trees(node)
        written = key_node.children[0]
        key = self.expression(written)
        if isinstance(key, Name) and "(" not in self._place(key_node)[1]:
            key = Literal(key.line, key.text, key.name)
        elif isinstance(written, Tree) and written.data == "keyword":
            key = Literal(key.line, key.text, _leaves(written))
        return Entry(key, self.expression(value))

    def _function_call(self, node: Tree[Token]) -> Expression:
        names = [_leaves(it) for it in _trees(node) if it.data == "identifier"]
        (*_, arguments) = (None, *(it for it in _trees(node) if it.data == "arguments"))
        held = _parts(arguments) if arguments is not None else ()
        expanded = arguments is not None and any(str(it) == "..." for it in arguments.children)
        return Call(*self._place(node), "::".join(names), tuple(map(self.expression, held)), expanded)

    def _get_attr_expr_term(self, node: Tree[Token]) -> Expression:
        of, step = _trees(node)
        (name,) = _trees(step)
        return Access(*self._place(node), self.expression(of), Literal(*self._place(name), _leaves(name)))

    def _index_expr_term(self, node: Tree[Token]) -> Expression:
        of, index = _trees(node)
        if index.data == "short_index":
            key: Expression = Literal(*self._place(index), int(str(index.children[-1])))
        else:
            key = self.expression(_parts(index)[0])
        return Access(*self._place(node), self.expression(of), key)

    def _conditional(self, node: Tree[Token]) -> Expression:
        test, then, otherwise = map(self.expression, _parts(node))
        return Condition(*self._place(node), test, then, otherwise)

    def _heredoc_template(self, node: Tree[Token]) -> Expression:
        line, text = self._place(node)
        return Other(line, text, sealed="${" in text or "%{" in text)

    _heredoc_template_trim = _heredoc_template

    def _other(self, node: Tree[Token]) -> Expression:
        return Other(*self._place(node), tuple(map(self.expression, _parts(node))))

    def _place(self, node: Tree[Token]) -> tuple[int, str]:
        meta = node.meta
        written = self._text[meta.start_pos : meta.end_pos] if not meta.empty else ""
        for name, printed in self._prints.items() if self._prints else ():
            written = written.replace(name, printed.text)
        return (1 if meta.empty else meta.line), " ".join(written.split())


def _trees(node: Tree[Token]) -> list[Tree[Token]]:
    return [it for it in node.children if isinstance(it, Tree) and it.data != "new_line_or_comment"]


def _parts(node: Tree[Token]) -> list[Tree[Token]]:
    """Return what has a value below a node: no brackets, no operators, no comments."""
    return [it for it in node.children if _has_value(it)]


def _has_value(node: Node) -> TypeGuard[Tree[Token]]:
    return isinstance(node, Tree) and node.data not in _NO_VALUE and not str(node.data).endswith("operator")


def _leaves(node: Node) -> str:
    if isinstance(node, Token):
        return str(node)
    return "".join(map(_leaves, node.children))


def _unescaped(text: str) -> str | None:
    """Return what characters between quotes mean; None where flowops does not know."""
    plain = text.replace("$${", "${").replace("%%{", "%{")
    if "\\" not in plain:
        return plain
    try:
        return str(json.loads(f'"{plain}"', strict=False))  # JSON's escapes are HCL's, but for \U
    except json.JSONDecodeError:
        return None
