"""rehearse ENV [LAYER], and up, down, status, env of the standing rehearsal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.group import Group
from flowops.cli.named import environments, items
from flowops.errors import UnknownTarget

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _WordsOrEnvironment(Group):
    """A group whose first word is one of its commands, or else the name of an environment."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of that word, or the whole life for an environment's name."""
        if args and args[0] not in self.commands:
            return "life", self.get_command(context, "life"), args
        return super().resolve_command(context, args)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the words; `life` is what ENV [LAYER] means and is not typed."""
        return [name for name in super().list_commands(context) if name != "life"]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the words, and the environments."""
        return [*super().shell_complete(ctx, incomplete), *items(environments(ctx), incomplete)]


@click.group(cls=_WordsOrEnvironment, subcommand_metavar="ENV [LAYER] | up | down | status | env")
@options.settings
def rehearse() -> None:
    """Run the whole life of an environment against an AWS emulated on this machine.

    \b
    ENV [LAYER]   from empty accounts to Flowable, or one layer, and back; exit 0 only if all of it held
    up            start a rehearsal that stays, for: flowops --rehearsal VERB …

    Example: flowops rehearse dev
    Example: flowops rehearse dev foundation
    Example: flowops rehearse up
    """


@rehearse.command(hidden=True)
@options.environment
@options.maybe_layer
@options.option(
    "--keep", is_flag=True, help="Keep the files of the rehearsal afterwards: states, logs and recorded calls."
)
@options.without
@options.parallelism
@options.warm_providers
@options.settings
@click.pass_obj
def life(invocation: Invocation, /, **values: Any) -> int:
    """Run the whole life of an environment: accounts, bootstrap, apply, second plan, destroy, sweep.

    Example: flowops rehearse dev foundation
    """
    from flowops.cli.view.result import Result, show
    from flowops.cli.view.selftest import led, life_table
    from flowops.model.selftest import stages_data

    try:
        found = led(invocation.app().rehearsals.life(**values), invocation.pointed)
    except UnknownTarget as error:
        if error.kind != "environment":
            raise
        # What stands here is an environment's name or a word of this command.
        known = [*error.known, *(name for name in rehearse.commands if name != "life")]
        raise UnknownTarget("environment", error.name, known) from error
    title = f"Rehearsal of {values['environment']} {values['layer'] or ''}".rstrip()
    text = life_table(title, found)
    return show(Result("rehearse", stages_data(found), text, found.exit_code), invocation.output)


@rehearse.command()
@options.option("--port", type=click.IntRange(0, 65535), default=0, help="Loopback port (default: any free one).")
@options.option(
    "--no-accounts", is_flag=True, help="Make neither organization nor accounts, to rehearse `flowops accounts create`."
)
@options.settings
@click.pass_obj
def up(invocation: Invocation, /, port: int, no_accounts: bool) -> int:
    """Start the emulated AWS of this checkout, with the accounts of flowops.yaml; its state survives a restart.

    Each EKS cluster has a real Kubernetes control plane where units of the project install Helm charts.

    Example: flowops rehearse up
    """
    facts = invocation.app().rehearsals.up(port, accounts_too=not no_accounts)
    return _show_standing(invocation, "rehearse up", facts)


@rehearse.command()
@options.option("--forget", is_flag=True, help="Also delete the emulated accounts and the scratch copy.")
@options.settings
@click.pass_obj
def down(invocation: Invocation, /, forget: bool) -> int:
    """Stop the emulated AWS; its state is kept until `--forget`.

    Example: flowops rehearse down --forget
    """
    return _show_standing(invocation, "rehearse down", invocation.app().rehearsals.down(forget=forget))


@rehearse.command()
@options.settings
@click.pass_obj
def status(invocation: Invocation, /) -> int:
    """Show whether this checkout's rehearsal runs, where, and what is in it.

    Example: flowops rehearse status
    """
    return _show_standing(invocation, "rehearse status", invocation.app().rehearsals.status())


@rehearse.command()
@options.settings
@click.pass_obj
def env(invocation: Invocation, /) -> int:
    """Print shell exports that lead plain terragrunt, terraform and aws to the rehearsal.

    \b
    Example: eval "$(flowops rehearse env)"
    """
    from flowops.cli.view.result import Result, show

    exports = invocation.app().rehearsals.env()
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
