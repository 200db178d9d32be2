"""Values that stacks of one account and region share by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowops.rehearsal.cloudformation.changes import live_outputs, view_of
from flowops.rehearsal.cloudformation.engine import Engine
from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.intrinsics import View, resolve
from flowops.rehearsal.cloudformation.ordering import creation_order
from flowops.rehearsal.cloudformation.references import arguments_of
from flowops.rehearsal.cloudformation.stack import Output, Revision, Stack


def imported_names(revision: Revision, view: View) -> Iterator[str]:
    """Yield the names that a revision imports, leaving out what its conditions rule out."""
    nodes = [declared.properties for declared in creation_order(revision.template, view.conditions)]
    nodes += [output.value for output in live_outputs(revision, view)]
    for argument in arguments_of("Fn::ImportValue", nodes, view.conditions):
        yield str(resolve(argument, view))


def check_imports(revision: Revision, view: View) -> None:
    """Reject a revision that imports what nobody exports."""
    for name in imported_names(revision, view):
        if name not in view.exports:
            raise Rejected(f"No export named {name} found.")


def check_exports(engine: Engine, stack: Stack, outputs: tuple[Output, ...]) -> None:
    """Reject outputs that take another stack's export name, or away what another stack imports."""
    taken = engine.exporters(stack.scope, without=stack)
    wanted = _exported(outputs)
    for name in wanted.keys() & taken.keys():
        raise Rejected(f"Export with name {name} is already exported by stack {taken[name].name}")
    for name, value in _exported(stack.outputs).items():
        users = importers(engine, stack, name)
        if users and wanted.get(name) != value:
            verb = "updated" if name in wanted else "deleted"
            raise Rejected(f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}")


def importers(engine: Engine, exporter: Stack, name: str) -> list[str]:
    """Return the names of the stacks that import an export."""
    found = []
    for stack in engine.stacks(exporter.scope):
        if stack is exporter or not stack.alive or stack.revision is None:
            continue
        view = view_of(stack, stack.revision, engine.exports(stack.scope))
        if name in set(imported_names(stack.revision, view)):
            found.append(stack.name)
    return found


def _exported(outputs: tuple[Output, ...]) -> Mapping[str, str]:
    return {output.export: output.value for output in outputs if output.export}
