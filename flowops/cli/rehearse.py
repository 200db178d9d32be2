"""rehearse ENV [LAYER], and up, down, status, env of the standing rehearsal."""

from __future__ import annotations

from typing import Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.errors import UnknownTarget
from flowops.operations.rehearse import Life, Stage


class _WordsOrEnvironment(click.Group):
    """A group whose first word is one of its commands, or else the name of an environment."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of that word, or the whole life for an environment's name."""
        if args and args[0] not in self.commands:
            return "life", self.commands["life"], args
        return super().resolve_command(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the words; `life` is what ENV [LAYER] means and is not typed."""
        return [name for name in super().list_commands(context) if name != "life"]


@click.group(cls=_WordsOrEnvironment, subcommand_metavar="ENV [LAYER] | up | down | status | env")
@options.settings
def rehearse() -> None:
    """Run the whole life of an environment against an AWS emulated on this machine.

    \b
    flowops rehearse dev foundation    from empty accounts to the layer and back; exit 0 only if all of it held
    flowops rehearse up                start a rehearsal that stays, for: flowops --rehearsal VERB …
    """


@rehearse.command(hidden=True)
@click.argument("environment", metavar="ENV")
@click.argument("layer", required=False, metavar="[LAYER]")
@options.option(
    "--keep", is_flag=True, help="Keep the files of the rehearsal afterwards: states, logs and recorded calls."
)
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def life(invocation: Invocation, /, **values: Any) -> int:
    """Run the whole life of an environment: accounts, bootstrap, apply, second plan, destroy, sweep."""
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    try:
        found = invocation.app().rehearse(**values)
    except UnknownTarget as error:
        if error.kind != "environment":
            raise
        # What stands here is an environment's name or a word of this command.
        known = [*error.known, *(name for name in rehearse.commands if name != "life")]
        raise UnknownTarget("environment", error.name, known) from error
    columns = ("stage", "seconds", "held", "what")
    rows = [(it.name, f"{it.seconds:.1f}", "yes" if it.held else "NO", _what(it)) for it in found.stages]
    text = rows_table(f"Rehearsal of {values['environment']} {values['layer'] or ''}".rstrip(), columns, rows)
    return show(Result("rehearse", _data(found), text, found.exit_code), invocation.output)


def _what(stage: Stage) -> str:
    return stage.finding.summary if stage.held else f"{stage.finding.summary}: {stage.finding.trouble}"


def _data(found: Life) -> list[dict[str, Any]]:
    return [
        {
            "stage": it.name,
            "seconds": round(it.seconds, 3),
            "held": it.held,
            "summary": it.finding.summary,
            "trouble": it.finding.trouble,
            "listed": list(it.finding.listed),
        }
        for it in found.stages
    ]


@rehearse.command()
@options.option("--port", type=click.IntRange(0, 65535), default=0, help="Loopback port (default: any free one).")
@options.settings
@click.pass_obj
def up(invocation: Invocation, /, port: int) -> int:
    """Start the emulated AWS of this checkout, with the accounts of flowops.yaml; its state survives a restart."""
    return _show_standing(invocation, "rehearse up", invocation.app().rehearsal_up(port))


@rehearse.command()
@options.option("--forget", is_flag=True, help="Also delete the emulated accounts and the scratch copy.")
@options.settings
@click.pass_obj
def down(invocation: Invocation, /, forget: bool) -> int:
    """Stop the emulated AWS; its state is kept until `--forget`."""
    return _show_standing(invocation, "rehearse down", invocation.app().rehearsal_down(forget=forget))


@rehearse.command()
@options.settings
@click.pass_obj
def status(invocation: Invocation, /) -> int:
    """Show whether this checkout's rehearsal runs, where, and what is in it."""
    return _show_standing(invocation, "rehearse status", invocation.app().rehearsal_status())


@rehearse.command()
@options.settings
@click.pass_obj
def env(invocation: Invocation, /) -> int:
    """Print shell exports that lead plain terragrunt, terraform and aws to the rehearsal.

    \b
    Example: eval "$(flowops rehearse env)"
    """
    from flowops.cli.view.result import Result, show

    exports = invocation.app().rehearsal_env()
    return show(
        Result(
            "rehearse env",
            {"set": dict(exports.variables), "unset": list(exports.unset), "path": list(exports.path)},
            exports.shell,
        ),
        invocation.output,
    )


def _show_standing(invocation: Invocation, command: str, facts: dict[str, Any]) -> int:
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.tables import rows_table

    rows = [(name.replace("_", " "), _plain(value)) for name, value in facts.items()]
    return show(Result(command, facts, rows_table("Rehearsal", ("what", "value"), rows)), invocation.output)


def _plain(value: object) -> object:
    return "\n".join(map(str, value)) if isinstance(value, list) else value
