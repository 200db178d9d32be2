"""The FLOWOPS_ variables: which options read them, and which are set although nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import click

from flowops.cli.settings import SETTINGS, Setting
from flowops.errors import closest

PREFIX = "FLOWOPS_"

ELSEWHERE = frozenset(
    {
        "FLOWOPS_ASSUME_ROLE_ARN",
        "FLOWOPS_ASSUME_ROLE_EXTERNAL_ID",
        "FLOWOPS_ASSUME_ROLE_PROFILE",
        "FLOWOPS_ASSUME_ROLE_SOURCE_IDENTITY",
        "FLOWOPS_CALLS",
        "FLOWOPS_CODE_SCANNING",
        "FLOWOPS_DESTROY",
        "FLOWOPS_DRAIN_FLAG",
        "FLOWOPS_DRIFT_SHARDS",
        "FLOWOPS_LANES",
        "FLOWOPS_PACKAGE",
        "FLOWOPS_PROVIDER_MIRROR",
        "FLOWOPS_REHEARSAL_DIR",
        "FLOWOPS_TERRAFORM",
        "FLOWOPS_TOOL_MIRROR",
    }
)
"""Variables that no option reads but something else of ours: root.hcl, a pipeline, the shim, the toolchain."""


def options_of(command: click.Command, context: click.Context) -> Iterator[click.Option]:
    """Yield every option of a command and of all commands below it."""
    yield from (it for it in command.params if isinstance(it, click.Option))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from options_of(child, context)


def read_by_options(root: click.Context) -> dict[str, str]:
    """Return the name of every option of every command, by its variable."""
    return {str(it.envvar): it.opts[0] for it in options_of(root.command, root) if it.envvar}


def consents(root: click.Context) -> frozenset[str]:
    """Return the variable of every option of consent, of every command."""
    every = options_of(root.command, root)
    return frozenset(str(it.envvar) for it in every if isinstance(it, Setting) and it.consent)


def unread(ambient: Iterable[str], root: click.Context) -> Mapping[str, str]:
    """Return each variable that looks like ours and is read by nobody, and the nearest that is, or "".

    All commands are loaded only where there is something to look for.
    """
    ours = {it for it in ambient if it.startswith(PREFIX)} - ELSEWHERE - SETTINGS
    if not ours:
        return {}
    known = {*read_by_options(root), *ELSEWHERE}
    return {name: _nearest(name, known) for name in sorted(ours - known)}


def _nearest(name: str, known: Iterable[str]) -> str:
    # Without the beginning that all have in common: by it, each would be like each.
    meant = closest(name.removeprefix(PREFIX), (it.removeprefix(PREFIX) for it in known))
    return f"{PREFIX}{meant}" if meant else ""


def warnings(ambient: Iterable[str], root: click.Context) -> Iterator[str]:
    """Yield one line for each variable that nobody reads."""
    for name, meant in unread(ambient, root).items():
        yield f"warning: nothing reads the variable {name}" + (f"; did you mean {meant}?" if meant else ".")
