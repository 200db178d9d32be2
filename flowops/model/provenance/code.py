"""Code as a chain shows it: what leads to the value that was asked for, and nothing that stands beside that."""

from __future__ import annotations

from collections.abc import Iterable

from flowops.model.hcl import (
    Access,
    Call,
    Condition,
    Expression,
    Listing,
    Literal,
    Name,
    Object,
    Other,
    Printed,
    Template,
    operands,
)
from flowops.model.provenance.chain import LEFT_OUT
from flowops.model.provenance.values import Key

_PASSING = ("coalesce", "concat", "merge", "tolist", "tomap", "tostring", "try")
"""Functions that give on a value as it is: what is asked of them is asked of their arguments."""
_OF_FILES = ("file", "find_in_parent_folders", "read_tfvars_file", "sops_decrypt_file", "templatefile")


def code(expression: Expression, path: tuple[Key, ...] = (), *, partly: bool = False) -> str:
    """Return an expression as it is written, of its objects only what `path` leads to.

    `partly` where only some of the value may be used, nobody knows which: then no object is shown.
    """
    match expression:
        case Object():
            return _object(expression, path, partly)
        case Listing(items=items) if path:
            number = path[0]
            held = isinstance(number, int) and 0 <= number < len(items)
            return f"[{LEFT_OUT} {code(items[int(number or 0)], path[1:], partly=partly)}]" if held else f"[{LEFT_OUT}]"
        case Access(of=of, key=Literal(value=key)):
            return _with(expression, [(of, code(of, (key, *path), partly=partly))])
        case Condition(test=test, then=then, otherwise=otherwise):
            arms = [(it, code(it, path, partly=partly)) for it in (then, otherwise)]
            return _with(expression, [(test, code(test, partly=True)), *arms])
        case Call():
            return _of_call(expression, path, partly)
        case Literal(value=None):
            return expression.text
        case Literal() | Access() | Other() | Template() if path:
            return _sealed(expression)
        case Listing():
            return _with(expression, [(it, code(it, partly=partly)) for it in operands(expression)])
        case _:
            return _with(expression, [(it, code(it, partly=True)) for it in operands(expression)])


def _of_call(call: Call, path: tuple[Key, ...], partly: bool) -> str:
    if call.name in _PASSING:
        return _call(call, (code(it, path, partly=partly) for it in call.arguments))
    if call.name == "read_terragrunt_config" and call.arguments:
        file, *default = call.arguments
        return _call(call, [code(file, partly=True), *(code(it, path, partly=partly) for it in default)])
    return _sealed(call) if path else _call(call, (code(it, partly=True) for it in call.arguments))


def _object(expression: Object, path: tuple[Key, ...], partly: bool) -> str:
    entries = expression.entries
    if not path:
        whole = _with(expression, [(it.value, code(it.value)) for it in entries])
        return f"{{{LEFT_OUT}}}" if partly and entries else whole
    held = [it for it in entries if isinstance(it.key, Literal) and it.key.value == path[0]]
    if not held:
        return f"{{{LEFT_OUT}}}" if entries else "{}"
    shown = f"{held[-1].key.text} = {code(held[-1].value, path[1:], partly=partly)}"
    return f"{{ {shown}{f' {LEFT_OUT}' * (len(entries) > 1)} }}"


def _sealed(expression: Expression) -> str:
    """Return which names and functions an expression is made of, and none of the values that are written in it."""
    match expression:
        case Object():
            return f"{{{LEFT_OUT}}}"
        case Call(name=name, arguments=arguments) if name in _OF_FILES:
            return _call(expression, (code(it, partly=True) for it in arguments))
        case Call(arguments=arguments):
            return _call(expression, map(_sealed, arguments))
        case Access(of=of, key=Literal()):
            return _with(expression, [(of, _sealed(of))])
        case Name() | Printed():
            return expression.text
        case Access() | Condition() | Other() if operands(expression):
            return _with(expression, [(it, _sealed(it)) for it in operands(expression)])
        case _:
            return LEFT_OUT


def _call(call: Call, arguments: Iterable[str]) -> str:
    # Written anew: between the arguments may stand comments, and of these nobody knows what they say.
    return f"{call.name}({', '.join(arguments)}{'...' * call.expanded})"


def _with(expression: Expression, parts: Iterable[tuple[Expression, str]]) -> str:
    """Return the text of an expression with other texts in place of those of its parts, which are in their order."""
    made, rest = "", expression.text
    for part, text in parts:
        if text == part.text:
            continue
        before, found, rest = rest.partition(part.text)
        if not found:
            return LEFT_OUT
        made += before + text
    return made + rest
