"""HCL as data: blocks, attributes and expressions, each with its line and its text. Nothing here is evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Expression:
    """Anything that stands for a value; `text` is how it is written, on one line."""

    line: int
    text: str


@dataclass(frozen=True)
class Literal(Expression):
    """A number, a truth value, null, or text without anything in `${}`."""

    value: str | int | float | bool | None


@dataclass(frozen=True)
class Template(Expression):
    """Text in quotes that other values are put into."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Name(Expression):
    """A bare word: the root of a reference such as `local`, or the key of an object."""

    name: str


@dataclass(frozen=True)
class Access(Expression):
    """One step into a value: `of.key` or `of[key]`."""

    of: Expression
    key: Expression


@dataclass(frozen=True)
class Call(Expression):
    """A function with its arguments; `expanded` when the last one ends with `...`."""

    name: str
    arguments: tuple[Expression, ...]
    expanded: bool = False


@dataclass(frozen=True)
class Entry:
    """One `key = value` of an object."""

    key: Expression
    value: Expression


@dataclass(frozen=True)
class Object(Expression):
    """A map as it is written."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Listing(Expression):
    """A list as it is written."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Condition(Expression):
    """`test ? then : otherwise`."""

    test: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True)
class Printed(Expression):
    """What a template prints here: the names of the facts that it uses; `whole` when it prints one fact as it is."""

    names: tuple[tuple[str, ...], ...]
    whole: bool


@dataclass(frozen=True)
class Other(Expression):
    """What is not evaluated by flowops (an operator, a for expression), and the expressions inside it.

    `sealed` where these are not known: a heredoc with values in its text.
    """

    operands: tuple[Expression, ...] = ()
    sealed: bool = False


@dataclass(frozen=True)
class Attribute:
    """`name = expression`."""

    name: str
    line: int
    expression: Expression

    @property
    def text(self) -> str:
        """Return the attribute as it is written, on one line."""
        return f"{self.name} = {self.expression.text}"


@dataclass(frozen=True)
class Block:
    """`type "label" { … }`."""

    type: str
    labels: tuple[str, ...]
    line: int
    body: Body


@dataclass(frozen=True)
class Body:
    """What a file or a block holds."""

    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name."""
        return next((it for it in self.attributes if it.name == name), None)

    def of_type(self, name: str) -> tuple[Block, ...]:
        """Return the blocks of one type, in their order."""
        return tuple(it for it in self.blocks if it.type == name)

    def block(self, name: str, label: str) -> Block | None:
        """Return the block of a type that has this label."""
        return next((it for it in self.of_type(name) if it.labels == (label,)), None)

    def locals(self) -> dict[str, Attribute]:
        """Return the locals by name."""
        return {it.name: it for block in self.of_type("locals") for it in block.body.attributes}


@dataclass(frozen=True)
class File:
    """One file of HCL, or a template read as such; not `certain` where a template's conditions decide what is in it."""

    path: PurePosixPath
    body: Body
    certain: bool = True


def references(expression: Expression) -> Iterator[Expression]:
    """Yield every name that `expression` uses, with all that is accessed of it (`local.a.b` as a whole)."""
    if isinstance(expression, Name | Printed):
        yield expression
    elif isinstance(expression, Access) and isinstance(_root(expression), Name):
        yield expression
        yield from (it for key in _keys(expression) for it in references(key))
    else:
        yield from (it for part in operands(expression) for it in references(part))


def operands(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions of which one is made."""
    match expression:
        case Access(of=of, key=key):
            return (of, key)
        case Template(parts=parts) | Listing(items=parts) | Call(arguments=parts) | Other(operands=parts):
            return parts
        case Object(entries=entries):
            return tuple(part for it in entries for part in (it.key, it.value))
        case Condition(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case _:
            return ()


def outside_objects(expression: Expression) -> Iterator[Expression]:
    """Yield the names that `references` yields, but for those that stand in an object."""
    if isinstance(expression, Object):
        return
    if isinstance(expression, Name | Printed | Access) and (root_name(expression) or isinstance(expression, Printed)):
        yield from references(expression)
    else:
        yield from (it for part in operands(expression) for it in outside_objects(part))


def uses(expression: Expression, name: str) -> bool:
    """Return whether `name` is a reference's root anywhere in an expression; a sealed text that says it counts."""
    if isinstance(expression, Name):
        return expression.name == name
    if isinstance(expression, Other) and expression.sealed:
        return name in expression.text
    return any(uses(it, name) for it in operands(expression))


def reads_more_than_locals(expression: Expression) -> bool:
    """Return whether an expression may use what other configurations say, but for their locals."""
    match expression:
        case Access(of=Call(name="read_terragrunt_config"), key=Literal(value="locals")):
            return False
        case Call(name="read_terragrunt_config"):
            return True
        case Other(sealed=True):
            return "read_terragrunt_config" in expression.text
        case _:
            return any(map(reads_more_than_locals, operands(expression)))


def root_name(expression: Expression) -> str:
    """Return the name that a reference starts with, empty for anything else."""
    root = _root(expression)
    return root.name if isinstance(root, Name) else ""


def keys(reference: Expression) -> tuple[str | int | float | bool | None, ...]:
    """Return what is accessed of a name, in order, as far as it is written out."""
    found = [it.value if isinstance(it, Literal) else None for it in _keys(reference)]
    return tuple(reversed(found))


def _root(expression: Expression) -> Expression:
    while isinstance(expression, Access):
        expression = expression.of
    return expression


def _keys(expression: Expression) -> Iterator[Expression]:
    while isinstance(expression, Access):
        yield expression.key
        expression = expression.of
