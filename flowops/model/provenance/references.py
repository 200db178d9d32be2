"""What the names of terragrunt lead to: locals, included and read files, outputs of dependencies, printed facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from flowops.errors import nearest
from flowops.model.deployment import UNIT_FILE
from flowops.model.hcl import Attribute, Block, Expression, Name, Printed, keys, references, root_name
from flowops.model.provenance.chain import Branch, Kind, Known, Step, Surroundings, Traced
from flowops.model.provenance.code import code
from flowops.model.provenance.scope import Scope, Way, at
from flowops.model.provenance.values import Key, inside

Trace = Callable[[Expression, Scope, tuple[Key, ...]], Traced | None]
ROOTS = ("local", "include", "dependency", "feature", "values")
BY_HAND = "written here by hand: change it in this line"
STALE = "differs from what its template says now; next: flowops render"


@dataclass(frozen=True)
class Declared:
    """A variable or an output of a module, and the file in which it stands; a later one of `overrides` wins."""

    scope: Scope
    block: Block
    overrides: tuple[Declared, ...] = ()

    def attribute(self, name: str) -> tuple[Scope, Attribute] | None:
        """Return what is said of it, and where."""
        for place in (*reversed(self.overrides), self):
            attribute = place.block.body.attribute(name)
            if attribute is not None:
                return place.scope, attribute
        return None


class References:
    """Follows one reference with the path behind it; `trace` follows the expression it leads to."""

    def __init__(self, around: Surroundings, way: Way, trace: Trace) -> None:
        self._around, self._tree, self._way, self._trace = around, around.tree, way, trace

    def follow(self, name: Name, scope: Scope, path: tuple[Key, ...]) -> Traced | None:
        """Return where `name` and the path behind it come from, None where nothing is there."""
        self._way.outputs |= name.name == "dependency"
        match name.name, path:
            case "local", (str(local), *rest):
                return self.local(scope, local, tuple(rest))
            case "include", (str(label), *rest):
                return self._include(name, scope, label, tuple(rest))
            case "dependency", (str(label), "outputs", str(output), *rest):
                return self._output(scope, name, label, (output, *rest))
            case "local", ():
                return self._way.unfollowed(scope, name, "all locals together")
            case _:
                return self._way.unfollowed(scope, name, f"{name.name} is nothing that flowops looks into")

    def local(self, scope: Scope, name: str, rest: tuple[Key, ...]) -> Traced | None:
        """Return where a local of this file comes from; one of a rendered file leads to its template."""
        attribute = scope.file.body.locals().get(name)
        if attribute is None:
            return None if scope.file.certain else self._uncertain(scope, name)
        with self._way.inside(scope, name, attribute.line):
            traced = self._trace(attribute.expression, scope, rest)
        if traced is None:
            return None
        return self._rendered(scope, attribute, traced, rest) or self.behind(scope, attribute, traced, rest)

    def absent(self, expression: Expression, scope: Scope) -> str:
        """Return what an expression needs that does not exist; `expression` leads to nothing."""
        for reference in references(expression):
            if self._trace(reference, scope, ()) is None:
                return self._absent(reference, scope)
        return f"{code(expression, partly=True)} leads to nothing"

    def _absent(self, reference: Expression, scope: Scope) -> str:
        match keys(reference), root_name(reference):
            case (str(name), *_), "local":
                return self._absent_local(reference, name, scope, "here")
            case (str(label), "locals", str(name), *_), "include":
                block = scope.file.body.block("include", label)
                other = self.included(scope, block) if block else None
                if other:
                    return self._absent_local(reference, name, other, f"in {self._around.shown(other.file.path)}")
        return f"{reference.text} leads to nothing"

    def _absent_local(self, reference: Expression, name: str, scope: Scope, where: str) -> str:
        known = scope.file.body.locals()
        if name not in known:
            return f"local {name!r} does not exist {where}; {nearest(name, known)}"
        if self._trace(known[name].expression, scope, ()) is None:
            return self.absent(known[name].expression, scope)
        return f"{reference.text} leads to nothing"

    def _uncertain(self, scope: Scope, name: str) -> Traced:
        why = f"conditions of this template decide whether there is {name!r}; next: flowops render"
        return self._way.unfollowed(scope, Expression(1, name), why)

    def behind(self, scope: Scope, attribute: Attribute, traced: Traced, path: tuple[Key, ...]) -> Traced:
        """Return `traced`, which is what `path` leads to in the attribute, with the line of that before it."""
        return behind(self._way, scope, (attribute.name, attribute.line), attribute.expression, path, traced)

    def _rendered(self, scope: Scope, attribute: Attribute, traced: Traced, rest: tuple[Key, ...]) -> Traced | None:
        template = self._tree.template(scope.file.path)
        if template is None or template is scope.file:
            return None
        note = "rendered from the template beside it"
        line = self._way.set(Kind.LINE, scope, attribute.name, attribute.line, attribute.expression, rest, note)
        groups = (group.body.attributes for group in template.body.of_type("locals"))
        written = [it for group in groups for it in group if it.name == attribute.name]
        place = replace(scope, file=template)
        if len(written) != 1 or not template.certain:
            why = f"the template has {len(written) or 'no'} line{'s' * (len(written) != 1)} for it, or conditions"
            shown = f"{attribute.name} = {code(attribute.expression, rest)}"
            lost = self._way.unfollowed(place, Expression(written[0].line if written else 1, shown), why)
            return Traced(traced.value, (line, *lost.steps))
        source = self._trace(written[0].expression, place, rest)
        if source is None:
            return Traced(traced.value, (replace(line, note=STALE),))
        if None not in (source.value, traced.value) and source.value != traced.value:
            line = replace(line, note=STALE)
        return Traced(traced.value, (line, *self.behind(place, written[0], source, rest).steps))

    def printed(self, printed: Printed, scope: Scope, path: tuple[Key, ...]) -> Traced | None:
        """Return the facts that a template prints here."""
        # Where nothing is rendered yet, the template stands for the file.
        stands_in = self._tree.hcl(scope.file.path.with_suffix("")) is scope.file
        note = "not rendered yet; next: flowops render" if stands_in else ""
        found = [(".".join(name), self._fact(printed, scope, name)) for name in printed.names]
        if len(found) == 1:
            ((_, fact),) = found
            value, there = inside(fact.value, path) if printed.whole else (None, True)
            return replace(fact, value=value, note=note) if there else None
        branches = tuple(Branch(text, fact.value, fact.steps) for text, fact in found)
        return Traced(None, branches=branches, note=note)

    def _fact(self, printed: Printed, scope: Scope, name: tuple[str, ...]) -> Traced:
        fact = self._around.facts.fact(scope.file.path, name)
        if fact is None:
            return self._way.unfollowed(scope, printed, f"no template here may use {'.'.join(name)}")
        return Traced(fact.value, (fact.step,))

    def _include(self, name: Name, scope: Scope, label: str, path: tuple[Key, ...]) -> Traced | None:
        block = scope.file.body.block("include", label)
        included = self.included(scope, block) if block else None
        if included is None:
            return self._way.unfollowed(scope, name, f"no file is known that this unit includes as {label!r}")
        return self.in_file(name, included, path)

    def included(self, scope: Scope, block: Block) -> Scope | None:
        """Return the file that an include block names, as this unit reads it."""
        path = self._path(scope, block, "path")
        file = self._tree.hcl(at(scope.folder, path)) if path else None
        return Scope(file, scope.folder, included=True) if file else None

    def in_file(self, name: Expression, scope: Scope, path: tuple[Key, ...]) -> Traced | None:
        """Return where something of another configuration comes from: one of its locals, or one of its inputs."""
        match path:
            case ("locals", str(local), *rest):
                return self.local(scope, local, tuple(rest))
            case ("locals",):
                return self._all_locals(scope)
            case ("inputs", *rest):
                inputs = scope.file.body.attribute("inputs")
                traced = self._trace(inputs.expression, scope, tuple(rest)) if inputs else None
                return self.behind(scope, inputs, traced, tuple(rest)) if inputs and traced else None
            case _:
                self._way.outputs = True
                return self._way.unfollowed(scope, name, "only locals and inputs of other files are followed")

    def _all_locals(self, scope: Scope) -> Traced:
        found = {name: self.local(scope, name, ()) for name in scope.file.body.locals()}
        values = {name: it.value.value for name, it in found.items() if it is not None and it.value is not None}
        branches = tuple(Branch(name, it.value, it.steps) for name, it in found.items() if it is not None)
        whole = Known(values) if len(values) == len(found) else None
        return Traced(whole, branches=branches, sure=scope.file.certain)

    def _output(self, scope: Scope, name: Name, label: str, path: tuple[Key, ...]) -> Traced:
        output = str(path[0])
        block = scope.file.body.block("dependency", label)
        config_path = self._path(scope, block, "config_path") if block else None
        if block is None or not config_path:
            return self._way.unfollowed(scope, name, f"no unit is known that is the dependency {label!r}")
        folder = at(scope.folder, config_path)
        unit = self._around.units.get(folder, self._around.shown(folder))
        module = self.module_of(folder)
        if module is None:
            step = self._way.step(Kind.DEPENDENCY, scope, block.line, f"output {output}", f"output of unit {unit}")
            return Traced(None, (step,))
        return Traced(None, (self._output_step(scope, block, path, unit, module),))

    def _output_step(self, scope: Scope, block: Block, path: tuple[Key, ...], unit: str, module: PurePosixPath) -> Step:
        output = str(path[0])
        found = self.declared(module, "output", output)
        if not isinstance(found, Declared):
            note = f"{self._around.shown(module)} has no output {output!r}; {nearest(output, found)}"
            return self._way.step(Kind.NOT_FOLLOWED, scope, block.line, f"output {output}", f"not followed: {note}")
        value = found.attribute("value")
        mock = block.body.attribute("mock_outputs")
        place = self._around.shown(scope.file.path)
        mocked = f"; until then plans take the mock in {place}:{mock.line}" if mock else ""
        words = unit.replace("/", " ")
        note = f"output {output} of unit {unit}, known once that is applied: flowops outputs {words}{mocked}"
        if value is None:
            return self._way.step(Kind.DEPENDENCY, found.scope, found.block.line, f'output "{output}"', note)
        there, says = value
        return self._way.set(Kind.DEPENDENCY, there, f'output "{output}"', says.line, says.expression, path[1:], note)

    def module_of(self, folder: PurePosixPath) -> PurePosixPath | None:
        """Return the folder of a unit's module, None where that is not in this project."""
        file = self._tree.hcl(folder / UNIT_FILE)
        if file is None:
            return None
        scope = Scope(file, folder)
        included = [self.included(scope, it) for it in file.body.of_type("include")]
        for place in (scope, *(it for it in reversed(included) if it)):
            for block in place.file.body.of_type("terraform"):
                if block.body.attribute("source"):
                    path = self._path(place, block, "source")
                    local = path is not None and path.startswith(("/", "."))
                    return at(folder, path.replace("//", "/")) if path and local else None
        return folder

    def declared(self, module: PurePosixPath, kind: str, name: str) -> Declared | tuple[str, ...]:
        """Return a variable or an output of a module, or the names of those that there are."""
        known: list[str] = []
        found: list[Declared] = []
        files = self._tree.terraform_files(module)
        for path in sorted(files, key=lambda it: (_overrides(it.name), it.name != f"{kind}s.tf", it.name)):
            file = self._tree.hcl(path)
            for block in file.body.of_type(kind) if file else ():
                if file and block.labels == (name,):
                    found.append(Declared(Scope(file, module), block))
                known += block.labels
        return replace(found[0], overrides=tuple(found[1:])) if found else tuple(dict.fromkeys(known))

    def _path(self, scope: Scope, block: Block, name: str) -> str | None:
        attribute = block.body.attribute(name)
        traced = self._trace(attribute.expression, scope, ()) if attribute else None
        return traced.value.value if traced and traced.value and isinstance(traced.value.value, str) else None


def behind(
    way: Way, scope: Scope, place: tuple[str, int], expression: Expression, path: tuple[Key, ...], traced: Traced
) -> Traced:
    """Return `traced`, which is what `path` leads to in an expression, behind the name and line that hold that."""
    constant = not traced.steps and not traced.branches
    note = "; ".join(it for it in (BY_HAND if constant else "", traced.note) if it)
    made = way.set(Kind.HAND if constant else Kind.LINE, scope, *place, expression, path, note)
    return Traced(traced.value, (replace(made, branches=traced.branches), *traced.steps), sure=traced.sure)


def _overrides(file: str) -> bool:
    """Return whether terraform merges a file into the others after it has read these."""
    stem = file.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")
