"""completion: the script by which a shell completes our command line."""

from __future__ import annotations

import click

from flowops.cli import options
from flowops.cli.context import Invocation
from flowops.cli.settings import Choice
from flowops.cli.shells import SHELLS, completer


@click.command()
@click.argument("shell", type=Choice(list(SHELLS)), metavar="bash|zsh|fish")
@options.settings
@click.pass_context
def completion(context: click.Context, /, shell: str) -> int:
    """Print what lets a shell complete commands, options and names of your project; AWS is not asked.

    docs/completion.md says where each shell looks for it.

    \b
    Example: source <(flowops completion bash)
    Example: flowops completion zsh > ~/.zfunc/_flowops
    Example: flowops completion fish > ~/.config/fish/completions/flowops.fish
    """
    from flowops.cli.view.result import Result, show

    invocation: Invocation = context.obj
    script = completer(context.find_root().command, invocation, shell).source()
    data = {"shell": shell, "script": script}
    return show(Result("completion", data, script.removesuffix("\n")), invocation.output)
