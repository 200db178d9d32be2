"""Follow an expression to where its value comes from; what cannot be followed is said, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

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
    operands,
    outside_objects,
    reads_more_than_locals,
    references,
    root_name,
    uses,
)
from flowops.model.provenance.chain import (
    Branch,
    Kind,
    Known,
    Step,
    Surroundings,
    Traced,
    partly,
    without_values,
)
from flowops.model.provenance.code import code
from flowops.model.provenance.references import ROOTS, References, behind
from flowops.model.provenance.scope import PATH_FUNCTIONS, Scope, Way, at, found_above, path_value
from flowops.model.provenance.values import Key, computed, computes, inside, joined

Path = tuple[Key, ...]
Part = tuple[str, Traced | None]


class Tracer:
    """Follows expressions for one answer."""

    def __init__(self, around: Surroundings) -> None:
        self._around, self._tree = around, around.tree
        self.way = Way(around.tree)
        self.references = References(around, self.way, self.trace)

    def trace(self, expression: Expression, scope: Scope, path: Path = ()) -> Traced | None:
        """Return where what `path` leads to inside an expression comes from, None where there is no such thing."""
        self.way.look_at(scope, expression)
        match expression:
            case Literal(value=value):
                held, there = inside(Known(value), path)
                return Traced(held) if there else None
            case Name():
                return self.references.follow(expression, scope, path)
            case Access(of=of, key=key):
                return self._access(expression, of, self._value(key, scope), scope, path)
            case Printed():
                return self.references.printed(expression, scope, path)
            case Object():
                return self._object(expression, scope, path)
            case Listing(items=items):
                return self._listing(items, scope, path)
            case Template(parts=parts):
                found = [(it.text, self.trace(it, scope)) for it in parts]
                lost = path or any(it is None for _, it in found)
                return None if lost else _together(found, joined(_values(found)))
            case Condition():
                return self._condition(expression, scope, path)
            case Call():
                return self._call(expression, scope, path)
            case _:
                return self._opaque(expression, scope, path, "terragrunt computes this")

    def _value(self, expression: Expression, scope: Scope) -> Known | None:
        traced = self.trace(expression, scope)
        return traced.value if traced else None

    def _access(self, expression: Access, of: Expression, key: Known | None, scope: Scope, path: Path) -> Traced | None:
        if key is None:
            return self._opaque(expression, scope, path, "which part is meant is known to terragrunt")
        return self.trace(of, scope, (key.value, *path))

    def _object(self, expression: Object, scope: Scope, path: Path) -> Traced | None:
        named = [(self._value(it.key, scope), it) for it in expression.entries]
        if not path:
            found = [(it.value.text, self.trace(it.value, scope)) for _, it in named]
            keys, values = [key for key, _ in named], _values(found)
            known = None not in keys and None not in values
            whole = {key.value: value.value for key, value in zip(keys, values, strict=True) if key and value}
            return _together(found, Known(whole) if known else None)
        for key, entry in reversed(named):
            if key is None:
                return self.way.unfollowed(scope, entry.key, "a key that only terragrunt knows")
            if key.value == path[0]:
                return self._entry(scope, entry, path)
        return None

    def _entry(self, scope: Scope, entry: Entry, path: Path) -> Traced | None:
        name, line, value = str(path[0]), entry.key.line, entry.value
        traced = self.trace(value, scope, path[1:])
        if traced is not None:
            return behind(self.way, scope, (name, line), value, path[1:], traced)
        if path[1:] and self.trace(value, scope) is not None:
            return None
        # The key is there: to say that nothing sets it, or to go on to what it hides, would be wrong.
        note = f"not followed: {self.references.absent(value, scope)}"
        return Traced(None, (self.way.set(Kind.NOT_FOLLOWED, scope, name, line, value, path[1:], note),))

    def _listing(self, items: Sequence[Expression], scope: Scope, path: Path) -> Traced | None:
        if path:
            number = path[0]
            held = isinstance(number, int) and 0 <= number < len(items)
            return self.trace(items[int(number or 0)], scope, path[1:]) if held else None
        found = [(it.text, self.trace(it, scope)) for it in items]
        values = [it.value for it in _values(found) if it is not None]
        return _together(found, Known(values) if len(values) == len(items) else None)

    def _condition(self, expression: Condition, scope: Scope, path: Path) -> Traced | None:
        test = self.trace(expression.test, scope)
        known = test.value.value if test and test.value else None
        if isinstance(known, bool):
            arm = expression.then if known else expression.otherwise
            traced = self.trace(arm, scope, path)
            found = [(code(expression.test, partly=True), test), (code(arm, path), traced)]
            return _together(found, traced.value, sure=traced.sure) if traced else None
        both = [(code(it, path), self.trace(it, scope, path)) for it in (expression.then, expression.otherwise)]
        tested = (code(expression.test, partly=True), test)
        return _together([tested, *both], None, sure=not path, note=_by_terragrunt("the condition"))

    # -- functions ---------------------------------------------------------------------------------------------------

    def _call(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        match call.name:
            case _ if call.expanded:
                return self._opaque(call, scope, path, "terragrunt spreads the arguments")
            case "merge" if path:
                return self._merged(call, scope, path)
            case "get_env":
                return self._environment_variable(call, scope, path)
            case "read_terragrunt_config":
                return self._read(call, scope, path)
            case "find_in_parent_folders":
                return self._above(call, scope, path)
            case "try":
                tries = (self.trace(it, scope, path) for it in call.arguments)
                return next((it for it in tries if it is not None), None)
            case name if name in PATH_FUNCTIONS:
                step = self.way.step(Kind.PATH, scope, call.line, call.text, "the folders above the unit say this")
                return Traced(path_value(scope, name, self._tree), (step,))
            case name if computes(name):
                return self._computed(call, scope, path)
            case name:
                return self._opaque(call, scope, path, f"only terragrunt computes the function {name}")

    def _merged(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        """Return the last argument that has the key, with those before it as hidden."""
        found = [it for it in (self.trace(it, scope, path) for it in reversed(call.arguments)) if it is not None]
        return overridden(found)

    def _computed(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        found = [(code(it, path), self.trace(it, scope)) for it in call.arguments]
        value, there = inside(computed(call.name, _values(found)), path)
        partly_used = path or call.name == "length"
        shown = [(text, partly(it) if it and partly_used else it) for text, it in found]
        return _together(shown, value) if there and all(it for _, it in found) else None

    def _environment_variable(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        name = self._value(call.arguments[0], scope) if call.arguments else None
        if path or name is None:
            return None if path else self._opaque(call, scope, path, "which variable is meant is known to terragrunt")
        variable = str(name.value)
        held = self._around.environment.get(variable)
        default = self.trace(call.arguments[1], scope) if len(call.arguments) > 1 and held is None else None
        note = f"environment variable {variable}, {self._standing(variable, with_default=default is not None)}"
        step = self.way.step(Kind.ENVIRONMENT, scope, call.line, call.text, note)
        value = Known(held) if held is not None else default.value if default else None
        return _together([(call.text, Traced(value, (step,))), ("the default", default)], value)

    def _standing(self, variable: str, *, with_default: bool) -> str:
        if variable in self._around.environment:
            return "set"
        without = "the default counts" if with_default else "terragrunt refuses to go on, as there is no default"
        if variable in self._around.withheld:
            return f"set in this shell, which only terragrunt by hand sees; in a run of flowops {without}"
        own = "; in its own runs flowops may set it" if variable.startswith("FLOWOPS_") else ""
        return f"not set: {without}{own}"

    def _above(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        names = [self._value(it, scope) for it in call.arguments]
        if path or not names or names[0] is None:
            return self._opaque(call, scope, path, "which file is meant is known to terragrunt")
        file = found_above(self._tree, scope, str(names[0].value))
        if file is None and len(names) == 1:
            return self._opaque(call, scope, path, f"there is no {names[0].value} in a folder above")
        return Traced(Known(str(file)) if file else names[1])

    def _read(self, call: Call, scope: Scope, path: Path) -> Traced | None:
        name = self._value(call.arguments[0], scope) if call.arguments else None
        place = at(scope.folder, str(name.value)) if name else None
        file = self._tree.hcl(place) if place else None
        if file is not None:
            return self.references.in_file(call, Scope(file, file.path.parent), path)
        if name is not None and len(call.arguments) > 1:
            return self.trace(call.arguments[1], scope, path)
        return self._opaque(call, scope, path, "this file is not found")

    def _opaque(self, expression: Expression, scope: Scope, path: Path, why: str) -> Traced:
        """Return what an expression uses, where its own value is terragrunt's to compute."""
        self.way.outputs |= uses(expression, "dependency") or reads_more_than_locals(expression)
        parts = operands(expression)
        plainly = {id(it) for part in parts for it in outside_objects(part)}
        used = [it for part in parts for it in references(part) if root_name(it) in ROOTS or isinstance(it, Printed)]
        found = [(it.text, self._used(it, scope, plainly=id(it) in plainly)) for it in used]
        if path or not any(traced for _, traced in found):
            unfollowed = self.way.unfollowed(scope, expression, why, path)
            plain = isinstance(expression, Other) and not expression.sealed and not used and not path
            return Traced(None) if plain else unfollowed
        return replace(_together(found, None), note=f"not followed further: {why}")

    def _used(self, reference: Expression, scope: Scope, *, plainly: bool) -> Traced | None:
        """Return what an expression uses; of what stands in an object there, nobody knows whether it is used."""
        traced = self.trace(reference, scope)
        return traced and (partly(traced) if plainly else without_values(traced))


def overridden(found: Sequence[Traced]) -> Traced | None:
    """Return the first that surely has the value, with the others as hidden; `found` starts with what wins."""
    if not found:
        return None
    winner = next((it for it in found if it.sure), found[0])
    doubts = found[: found.index(winner)]
    hidden = tuple(innermost(it.steps) for it in found if it is not winner and it.steps)
    if not hidden or not winner.steps:
        return winner
    first = replace(winner.steps[0], hidden=(*winner.steps[0].hidden, *hidden))
    return replace(winner, value=None if doubts else winner.value, steps=(first, *winner.steps[1:]))


def innermost(steps: Sequence[Step]) -> Step:
    """Return the step that a person would look at: the innermost line of HCL."""
    lines = [it for it in steps if it.kind in (Kind.LINE, Kind.HAND, Kind.NOT_FOLLOWED)]
    return (lines or list(steps))[-1]


def _together(found: Iterable[Part], value: Known | None, *, sure: bool = True, note: str = "") -> Traced:
    """Return the parts of one expression as a chain where there is one, as branches where there are several."""
    parts = {text: it for text, it in found if it is not None and (it.steps or it.branches)}
    notes = "; ".join(it for it in (note, *(it.note for it in parts.values())) if it)
    if len(parts) == 1:
        (only,) = parts.values()
        return Traced(value, only.steps, only.branches, sure, notes)
    branches: list[Branch] = []
    for text, it in parts.items():
        branches += [Branch(text, it.value, it.steps)] if it.steps else it.branches
    return Traced(value, (), tuple(branches), sure, notes)


def _values(found: Sequence[Part]) -> list[Known | None]:
    return [it.value if it else None for _, it in found]


def _by_terragrunt(what: str) -> str:
    return f"not followed further: terragrunt computes {what}"
