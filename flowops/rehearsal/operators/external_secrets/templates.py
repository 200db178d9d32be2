"""The part of Go's templates that templates of Secrets are written in: values, text, calls and pipes.

Understood are `{{ .name }}`, strings in quotes or backquotes, whole numbers, parentheses, `|`, the trim marks `{{-` and
`-}}`, comments, and the functions in FUNCTIONS. Everything else is refused: a template that is not understood must
not become a Secret. https://external-secrets.io/latest/guides/templating/
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flowops.rehearsal.operators.external_secrets.errors import Unfulfilled

Values = Mapping[str, str]
Term = str | int

_ACTION = re.compile(r"\{\{(-\s)?(.*?)(\s-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<field>\.[A-Za-z_]\w*)|(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<number>-?\d+)(?![\w.])"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()|]))"""
)
_VERB = re.compile(r"%(.?)")


def rendered(template: str, values: Values) -> str:
    """Return what a template makes of the values; raise Unfulfilled where it is not understood or names another one."""
    parts, end, trims = [], 0, False
    for action in _ACTION.finditer(template):
        text = template[end : action.start()]
        text = text.lstrip() if trims else text
        parts.append(text.rstrip() if action[1] else text)
        parts.append(_evaluated(action[2].strip(), values))
        end, trims = action.end(), bool(action[3])
    rest = template[end:]
    if "{{" in rest:
        raise Unfulfilled("the template has {{ without }}")
    return "".join([*parts, rest.lstrip() if trims else rest])


def _evaluated(source: str, values: Values) -> str:
    if source.startswith("/*") and source.endswith("*/"):
        return ""
    reader = _Reader(_tokens(source), values, source)
    result = reader.pipeline()
    if reader.left:
        raise reader.unknown()
    return str(result)


def _tokens(source: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None or token.lastgroup is None:
            raise Unfulfilled(f"a rehearsal does not understand the template action {{{{ {source} }}}}")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


@dataclass
class _Reader:
    """Works through the tokens of one action."""

    left: list[tuple[str, str]]
    values: Values
    source: str

    def unknown(self) -> Unfulfilled:
        return Unfulfilled(f"a rehearsal does not understand the template action {{{{ {self.source} }}}}")

    def pipeline(self) -> Term:
        """Evaluate commands; each gets what the one before returned as its last argument."""
        result = self._command(())
        while self.left and self.left[0] == ("mark", "|"):
            self.left.pop(0)
            result = self._command((result,))
        return result

    def _command(self, piped: tuple[Term, ...]) -> Term:
        if not self.left:
            raise self.unknown()
        if self.left[0][0] == "name":
            name = self.left.pop(0)[1]
            return self._call(name, [*self._operands(), *piped])
        operands = self._operands()
        if len(operands) != 1 or piped:
            raise self.unknown()
        return operands[0]

    def _operands(self) -> list[Term]:
        found: list[Term] = []
        while self.left and self.left[0] not in (("mark", "|"), ("mark", ")")):
            found.append(self._operand())
        return found

    def _operand(self) -> Term:
        kind, token = self.left.pop(0)
        match kind:
            case "field":
                if token[1:] not in self.values:
                    raise Unfulfilled(f"the template names {token}, and the secret has no {token[1:]}")
                return self.values[token[1:]]
            case "text":
                return token[1:-1] if token[0] == "`" else self._unquoted(token)
            case "number":
                return int(token)
            case "mark" if token == "(":
                result = self.pipeline()
                if not self.left or self.left.pop(0) != ("mark", ")"):
                    raise self.unknown()
                return result
            case _:
                raise self.unknown()

    def _unquoted(self, token: str) -> str:
        try:
            return str(json.loads(token))
        except ValueError as wrong:
            raise self.unknown() from wrong

    def _call(self, name: str, given: list[Term]) -> Term:
        function = FUNCTIONS.get(name)
        if function is None:
            raise Unfulfilled(f"a rehearsal does not know the template function {name}")
        try:
            return function(*given)
        except (TypeError, ValueError, IndexError) as wrong:
            # Without what went wrong: it may quote a value.
            raise Unfulfilled(f"the template function {name} does not take what it is given") from wrong


def _printf(form: Term, *given: Term) -> str:
    left = list(given)

    def one(verb: re.Match[str]) -> str:
        match verb[1]:
            case "%":
                return "%"
            case "s" | "v":
                return str(left.pop(0))
            case "d":
                return str(int(left.pop(0)))
            case "q":
                return _quoted(left.pop(0))
            case _:
                raise ValueError("verb")

    text = _VERB.sub(one, str(form))
    if left:
        raise ValueError("too many")
    return text


def _quoted(text: Term) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _as_json(thing: Term) -> str:
    """Return JSON as Go writes it, which spares HTML nothing."""
    text = json.dumps(thing, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _decoded(text: Term) -> str:
    try:
        return base64.b64decode(str(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise ValueError("base64") from wrong


FUNCTIONS: Mapping[str, Callable[..., Term]] = {
    "b64dec": _decoded,
    "b64enc": lambda text: base64.b64encode(str(text).encode(errors="surrogateescape")).decode(),
    "lower": lambda text: str(text).lower(),
    "printf": _printf,
    "quote": _quoted,
    "squote": lambda text: f"'{text}'",
    "toJson": _as_json,
    "toString": lambda thing: str(thing),
    "trim": lambda text: str(text).strip(),
    "upper": lambda text: str(text).upper(),
}
