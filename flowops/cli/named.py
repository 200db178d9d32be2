"""Texts on the command line that name something of the project: what completes them, by their metavar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.types import StringParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from flowops.names import Names

_MARKS = str.maketrans("", "", "[]…")


class Named(StringParamType):
    """A text; a shell completes it with the names that its parameter's metavar stands for."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Return the names that begin so."""
        finders = [FINDERS[it] for it in kind_of(param).split("|") if it in FINDERS]
        return items(dict.fromkeys(name for find in finders for name in find(ctx)), incomplete)


def kind_of(parameter: click.Parameter) -> str:
    """Return what a parameter takes: its metavar without the marks for what may be left out or repeated."""
    return (parameter.metavar or str(parameter.name).upper()).translate(_MARKS)


def name_parameters(command: click.Command) -> None:
    """Let every parameter of a command that takes a text be completed by its metavar."""
    for parameter in command.params:
        if type(parameter.type) is StringParamType:
            parameter.type = Named()


def items(names: Iterable[str], incomplete: str) -> list[CompletionItem[str]]:
    """Return those that begin so, as click hands them to a shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(it) for it in names if it.startswith(incomplete)]


def environments(context: click.Context) -> Iterable[str]:
    """Return what can stand in place of ENV."""
    account = context.params.get("account")
    return _names(context).layers() if _everywhere(context) else _names(context).environments(account)


def _accounts(context: click.Context) -> Iterable[str]:
    # Where an environment of it may be named, too, an account without any is of no use.
    of_environments = any(it.name == "environment" for it in context.command.params)
    return _names(context).environment_accounts() if of_environments else _names(context).accounts()


def _layers(context: click.Context) -> Iterable[str]:
    names = _names(context)
    if not _everywhere(context):
        return names.layers()
    # --all-environments stands in place of ENV, so what follows is one to the left of where it is called.
    layer = str(context.params.get("environment"))
    return dict.fromkeys(unit for it in names.environments() for unit in names.units(it, layer))


def _units(context: click.Context) -> Iterable[str]:
    environment, layer = context.params.get("environment"), context.params.get("layer")
    names = _names(context)
    return names.units(environment, layer) if environment else names.unit_ids()


def _runs(context: click.Context) -> Iterable[str]:
    if not context.obj.rehearsal:
        return _names(context).runs()
    # Those of a rehearsal lie where only the whole app finds them.
    return ("last", *(it.run.id for it in context.obj.app().history.listed(None)))


def drift_results(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the drift checks whose result is kept."""
    if not context.obj.rehearsal:
        return items(_names(context).drift_results(), incomplete)
    return items(("last", *context.obj.app().drift_results.kept.known()), incomplete)


def profiles(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the profiles of this project, by the names of flowops.yaml."""
    return items(_names(context).profiles(context.params.get("user") or ""), incomplete)


def _tools(_context: click.Context) -> Iterable[str]:
    from flowops.names import tools

    return tools()


def _groups(context: click.Context) -> Iterable[str]:
    from flowops.model.drift.people import KINDS

    return [f"{it}_{kind}" for it in _names(context).environments() for kind in KINDS]


def _roles(context: click.Context) -> Iterable[str]:
    from flowops.model.access import ROLES

    if not any(it.metavar == "ENV|ACCOUNT" for it in context.command.params):
        return ROLES
    # A link leads into the management role, too; into an account without environments it leads nowhere else.
    # click has not told words from arguments yet where an option still lacks its value.
    names, place = _names(context), context.params.get("name") or "".join(context.args[:1])
    alone = place in names.accounts() and place not in (*names.environments(), *names.environment_accounts())
    return names.management_roles() if alone else (*ROLES, *names.management_roles())


def _everywhere(context: click.Context) -> bool:
    return context.params.get("all_environments") is True


def _names(context: click.Context) -> Names:
    from flowops.names import Names

    return Names((context.obj.project_dir or Path.cwd()).resolve())


FINDERS: Mapping[str, Callable[[click.Context], Iterable[str]]] = {
    "ACCOUNT": _accounts,
    "ENV": environments,
    "GROUP": _groups,
    "LAYER": _layers,
    "ROLE": _roles,
    "RUN": _runs,
    "TOOL": _tools,
    "UNIT": _units,
}
"""What finds the names for each metavar, or part of one: `ENV|ACCOUNT`. Another one takes what only its user knows."""
