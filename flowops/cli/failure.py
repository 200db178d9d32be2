"""How a command that failed is told: lines on stderr, and the envelope on stdout where one was asked for."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from flowops.cli.context import Invocation
from flowops.cli.settings import FORMS
from flowops.cli.stdout import reader_may_leave
from flowops.errors import FlowopsError, Interrupted, PartlyDone, UsageError


class Failures:
    """Tells what became of one command line; each method returns the exit code."""

    def __init__(self, invocation: Invocation, arguments: Sequence[str], ambient: Mapping[str, str]) -> None:
        self._invocation, self._arguments, self._ambient = invocation, arguments, ambient

    def failed(self, error: FlowopsError) -> int:
        """Tell what happened, what was not done, and what to type next."""
        error.next_step = self._invocation.pointed(error.next_step)
        return self._told(error)

    def misused(self, error: click.ClickException) -> int:
        """Tell how the command is used; never click's own exit code, which means changes here."""
        with suppress(OSError):
            error.show(sys.stderr)
        bare = isinstance(error, click.exceptions.NoArgsIsHelpError)  # its message is the whole help
        happened = "There is no command." if bare else error.format_message()
        context = error.ctx if isinstance(error, click.UsageError) else None
        way = f"{context.command_path if context else 'flowops'} --help"
        return self._enveloped(UsageError(happened, not_done="Nothing was started.", next_step=way))

    def interrupted(self) -> int:
        """Tell that a Ctrl-C ended the command where nothing better was known."""
        undone = "What was under way in AWS, if anything was, goes on by itself or is half done."
        again = f"flowops {shlex.join(self._arguments)}"
        return self._told(Interrupted("Interrupted.", not_done=undone, next_step=again))

    def own_fault(self, error: Exception) -> int:
        """Give the operator one line and a file that holds the whole story for whoever mends flowops."""
        # Needed so rarely that no other command should wait for them.
        import tempfile
        import traceback

        descriptor, path = tempfile.mkstemp(prefix="flowops-error-", suffix=".txt")
        with os.fdopen(descriptor, "w") as file:
            traceback.print_exception(error, file=file)
        return self.failed(
            PartlyDone(
                f"flowops met an error of its own: {type(error).__name__}: {error}",
                not_done="What was under way may be half done.",
                next_step=f"flowops status ENV, then report what {path} says",
            )
        )

    def _told(self, error: FlowopsError) -> int:
        with suppress(OSError):
            click.echo(str(error), err=True)
        return self._enveloped(error)

    def _enveloped(self, error: FlowopsError) -> int:
        form = form_asked(self._arguments, self._ambient.get("FLOWOPS_OUTPUT", ""))
        if form != "table":
            from flowops.cli.view.result import Result, envelope, write

            result = Result(self._invocation.command, None, "", error.exit_code, (error,))
            with suppress(PartlyDone), reader_may_leave():
                write(envelope(result), form)
        return int(error.exit_code)


def form_asked(arguments: Sequence[str], variable: str) -> str:
    """Return the form of the result that a command line asks for, also where click did not come to reading it."""
    asked = [variable] if variable in FORMS else ["table"]
    for word, following in zip(arguments, [*arguments, ""][1:], strict=True):
        if word == "--":
            break
        if word in ("-o", "--output"):
            asked.append(following)
        elif word.startswith("--output="):
            asked.append(word.partition("=")[2])
        elif word.startswith("-o"):
            asked.append(word[2:].removeprefix("="))
    return [it for it in asked if it in FORMS][-1]
