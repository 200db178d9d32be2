"""Which resources a revision has, and in which order they can be made or removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flowops.rehearsal.cloudformation.errors import Rejected
from flowops.rehearsal.cloudformation.references import references
from flowops.rehearsal.cloudformation.stack import Resource
from flowops.rehearsal.cloudformation.template import Declaration, Template


def check_acyclic(template: Template) -> None:
    """Reject a template whose resources need each other in a circle."""
    _sorted({name: needs_of(declared) for name, declared in template.resources.items()})


def creation_order(template: Template, conditions: Mapping[str, bool]) -> list[Declaration]:
    """Return the declarations whose conditions hold, each one after those it needs."""
    live = {
        name: declared
        for name, declared in template.resources.items()
        if not declared.condition or conditions[declared.condition]
    }
    return [live[name] for name in _sorted({name: _needs(live[name], conditions) for name in live})]


def removal_order(resources: Iterable[Resource]) -> list[Resource]:
    """Return resources so that each one stands before those it needs."""
    by_name: dict[str, list[Resource]] = {}
    for resource in resources:
        by_name.setdefault(resource.logical_id, []).append(resource)
    needs = {name: needs_of(found[0].declaration) for name, found in by_name.items()}
    return [resource for name in reversed(_sorted(needs)) for resource in by_name[name]]


def needs_of(declared: Declaration) -> set[str]:
    """Return every name that a declaration mentions, in whichever branch."""
    return set(declared.depends_on) | {target.name for target in references(declared.properties)}


def _needs(declared: Declaration, conditions: Mapping[str, bool]) -> set[str]:
    return set(declared.depends_on) | {target.name for target in references(declared.properties, conditions)}


def _sorted(needs: Mapping[str, set[str]]) -> list[str]:
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise Rejected(f"Circular dependency between resources: [{', '.join(path[path.index(name) :])}]")
        if name in done:
            return
        for needed in sorted(needs[name] & needs.keys()):
            visit(needed, (*path, name))
        done.append(name)

    for name in needs:
        visit(name, ())
    return done
