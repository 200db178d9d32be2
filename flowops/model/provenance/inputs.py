"""The inputs of a unit: its own, those of the files it includes, and the defaults of its module."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from flowops.errors import InvalidConfig, UsageError, nearest
from flowops.model.deployment import UNIT_FILE
from flowops.model.hcl import Attribute, Expression, Literal
from flowops.model.provenance.chain import Answer, Kind, Known, Surroundings, Traced, masked
from flowops.model.provenance.obeyed import Obeyed
from flowops.model.provenance.references import Declared
from flowops.model.provenance.scope import Scope
from flowops.model.provenance.tracing import Tracer, innermost, overridden

_ELSEWHERE = (
    "the unit's module cannot be read here, so whether it has this input is not known, "
    "nor whether it is sensitive: its value is not printed"
)
_OUTPUTS = "an output of another unit may take part, for which it would say the mock"


def explain(unit: str, name: str, around: Surroundings) -> Answer:
    """Return where the input `name` of a unit comes from.

    UsageError when the unit's module has no such variable, InvalidConfig where a file on the way is wrong.
    """
    (folder,) = (it for it, known in around.units.items() if known == unit)
    inputs = _Inputs(unit, folder, around)
    try:
        return inputs.explain(name)
    except RecursionError as error:
        raise inputs.wrong(f"{name} leads too deep: this is not followed") from error


class _Inputs:
    """What reaches one unit's module."""

    def __init__(self, unit: str, folder: PurePosixPath, around: Surroundings) -> None:
        self._unit, self._folder, self._around = unit, folder, around
        self._tracer = Tracer(around)

    def explain(self, name: str) -> Answer:
        """Return where an input comes from."""
        found = self._set(name)
        module = self._tracer.references.module_of(self._folder)
        if module is None or not self._around.tree.terraform_files(module):
            return masked(self._answer(name, found, None, (_ELSEWHERE,)))
        variable = self._tracer.references.declared(module, "variable", name)
        if not isinstance(variable, Declared):
            raise self._unknown(name, module, variable, found)
        answer = self._answer(name, found or self._default(variable), module, ())
        if _may_be_sensitive(variable):
            return masked(answer)
        return replace(answer, unasked=self._unasked()) if answer.value is None else answer

    def _unasked(self) -> str:
        """Return why terragrunt is not to be asked for what flowops does not know."""
        if self._tracer.way.outputs:
            return _OUTPUTS
        return Obeyed(self._around, self._value).reason(self._folder)

    def _value(self, expression: Expression, scope: Scope) -> Known | None:
        traced = self._tracer.trace(expression, scope)
        return traced.value if traced else None

    def _answer(self, name: str, found: Traced | None, module: PurePosixPath | None, notes: tuple[str, ...]) -> Answer:
        traced = found or Traced(None)
        if f"TF_VAR_{name}" in self._around.withheld:
            notes += (
                f"TF_VAR_{name} is set in this shell: it wins over all this by hand; flowops does not pass it on",
            )
        where = self._around.shown(module) if module else ""
        return Answer(self._unit, name, traced.value, traced.steps, where, notes)

    def _set(self, name: str) -> Traced | None:
        """Return what the tree says of an input: the unit wins over what it includes, and of that the later file."""
        file = self._around.tree.hcl(self._folder / UNIT_FILE)
        if file is None:
            raise self.wrong("this file is gone")
        own = Scope(file, self._folder)
        places, blended = [(own, "this unit's own inputs")], False
        for block in reversed(file.body.of_type("include")):
            included = self._tracer.references.included(own, block)
            strategy = block.body.attribute("merge_strategy")
            if included and not _says(strategy, "no_merge"):
                deep = _says(strategy, "deep")
                blended |= deep
                note = "inputs of every unit that includes this file"
                places.append((included, f"{note}; not followed: the deep merge" if deep else note))
        found = [traced for scope, note in places if (traced := self._in(scope, name, note)) is not None]
        winner = overridden(found)
        # A deep merge makes one value of several: the winner's alone would be a guess.
        return replace(winner, value=None) if winner and blended and len(found) > 1 else winner

    def wrong(self, text: str) -> InvalidConfig:
        """Return the error of the unit's own file."""
        return InvalidConfig(f"{self._folder / UNIT_FILE}:1: {text}.", not_done="Nothing was started.")

    def _in(self, scope: Scope, name: str, note: str) -> Traced | None:
        inputs = scope.file.body.attribute("inputs")
        traced = self._tracer.trace(inputs.expression, scope, (name,)) if inputs else None
        if inputs is None or traced is None:
            return None
        first = self._tracer.way.set(Kind.LINE, scope, "inputs", inputs.line, inputs.expression, (name,), note)
        return replace(traced, steps=(first, *traced.steps))

    def _default(self, variable: Declared) -> Traced:
        default, place = variable.attribute("default"), variable.scope
        (name,) = variable.block.labels
        if default is None:
            note = "nothing sets it, and it has no default: a plan asks for it and fails"
            step = self._tracer.way.step(Kind.NOT_FOLLOWED, place, variable.block.line, f'variable "{name}"', note)
            return Traced(None, (step,))
        note = f"default of variable {name}: nothing in deployments/ sets it"
        place, says = default
        code = f'variable "{name}" default = {says.expression.text}'
        step = self._tracer.way.step(Kind.DEFAULT, place, says.line, code, note)
        traced = self._tracer.trace(says.expression, place)
        return Traced(traced.value if traced else None, (step,))

    def _unknown(self, name: str, module: PurePosixPath, known: tuple[str, ...], found: Traced | None) -> UsageError:
        where = self._around.shown(module)
        place = innermost(found.steps).place if found else ""
        said = f" The tree sets it ({place}), but terraform ignores what a module does not declare." if found else ""
        return UsageError(
            f"{where}, the module of {self._unit}, has no input {name!r}; {nearest(name, known)}.{said}",
            not_done="Nothing was started.",
            next_step=f"flowops why {self._unit} INPUT, with one of these names",
        )


def _may_be_sensitive(variable: Declared) -> bool:
    """Return whether the value must not be printed: terraform takes text for a truth value, too."""
    said = variable.attribute("sensitive")
    return said is not None and not any(_says(said[1], it) for it in (False, "false"))


def _says(attribute: Attribute | None, value: str | bool) -> bool:
    return attribute is not None and isinstance(attribute.expression, Literal) and attribute.expression.value == value
