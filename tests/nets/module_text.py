"""A terraform module as it is written, for rules of our own: resources, objects, and what its locals stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowops.model.hcl import Access, Block, Body, Call, Expression, Listing, Literal, Name, Object, operands

Written = Mapping[str, Expression]
"""An object by its keys."""


@dataclass(frozen=True)
class Module:
    """Everything that stands in a module's files."""

    bodies: tuple[Body, ...]

    def blocks(self, kind: str) -> tuple[Block, ...]:
        """Return the resources of one type with their labels."""
        blocks = (block for body in self.bodies for block in body.of_type("resource"))
        return tuple(block for block in blocks if block.labels[0] == kind)

    def resources(self, kind: str) -> tuple[Body, ...]:
        """Return the resources of one type."""
        return tuple(it.body for it in self.blocks(kind))

    def variable(self, name: str) -> Body:
        """Return the declaration of a variable, an empty one where there is none."""
        blocks = (body.block("variable", name) for body in self.bodies)
        return next((it.body for it in blocks if it), Body())

    def local(self, name: str) -> Expression | None:
        """Return what a local is."""
        found = (it.expression for body in self.bodies for key, it in body.locals().items() if key == name)
        return next(found, None)

    def objects(self) -> Iterator[Written]:
        """Yield every object that is written anywhere, by its keys."""
        for body in self.bodies:
            for expression in expressions(body):
                yield from objects(expression)

    def statements(self) -> Iterator[Written]:
        """Yield the statements of every policy."""
        yield from (it for it in self.objects() if "Effect" in it)

    def settled(self, expression: Expression) -> Expression:
        """Return what an expression stands for, as far as locals say it."""
        if not isinstance(expression, Access):
            return expression
        key = key_of(expression.key)
        if isinstance(expression.of, Name):
            found = self.local(key) if expression.of.name == "local" else None
            return expression if found is None else self.settled(found)
        inner = self.mapping(expression.of).get(key)
        return expression if inner is None else self.settled(inner)

    def mapping(self, expression: Expression) -> Written:
        """Return an object by its keys, through locals and `merge`; nothing for what is none."""
        match self.settled(expression):
            case Object() as held:
                return by_key(held)
            case Call(name="merge", arguments=parts):
                return {key: value for part in parts for key, value in self.mapping(part).items()}
            case _:
                return {}

    def words(self, expression: Expression) -> Iterator[str]:
        """Yield how an expression is written, and how each local that it uses is."""
        yield expression.text
        for inner in _inside(expression):
            settled = self.settled(inner)
            if settled is not inner:
                yield from self.words(settled)

    def literals(self, expression: Expression) -> tuple[str, ...]:
        """Return the texts in an expression, through locals; keys of objects are none."""
        settled = self.settled(expression)
        if isinstance(settled, Literal):
            return (str(settled.value),)
        parts = by_key(settled).values() if isinstance(settled, Object) else operands(settled)
        return tuple(text for it in parts for text in self.literals(it))


def text(body: Body, *path: str) -> str:
    """Return how an attribute is written, through the blocks around it; empty where it is not."""
    *blocks, name = path
    for kind in blocks:
        found = body.of_type(kind)
        if not found:
            return ""
        body = found[0].body
    attribute = body.attribute(name)
    return attribute.expression.text if attribute else ""


def inner_blocks(bodies: tuple[Body, ...]) -> Iterator[Body]:
    """Yield every block in these, and in their blocks."""
    for body in bodies:
        inner = tuple(it.body for it in body.blocks)
        yield from inner
        yield from inner_blocks(inner)


def expressions(body: Body) -> Iterator[Expression]:
    """Yield what every attribute of a body says, those of its blocks too."""
    for held in (body, *inner_blocks((body,))):
        yield from (it.expression for it in held.attributes)


def objects(expression: Expression) -> Iterator[Written]:
    """Yield every object in an expression."""
    if isinstance(expression, Object):
        yield by_key(expression)
    for inner in operands(expression):
        yield from objects(inner)


def by_key(held: Object) -> dict[str, Expression]:
    """Return an object by its keys."""
    return {key_of(it.key): it.value for it in held.entries}


def key_of(expression: Expression) -> str:
    """Return a key, with or without quotes."""
    match expression:
        case Name(name=name):
            return name
        case Literal(value=str(value)):
            return value
        case _:
            return expression.text.strip('"')


def items(expression: Expression) -> tuple[Expression, ...]:
    """Return the items of a list, or the one thing that stands for a list of one."""
    return expression.items if isinstance(expression, Listing) else (expression,)


def _inside(expression: Expression) -> Iterator[Expression]:
    yield expression
    for inner in operands(expression):
        yield from _inside(inner)
