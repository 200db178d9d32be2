"""Who says yes: the guard's verdict meets the command line's flags and the operator's answers."""

from __future__ import annotations

import shlex
from dataclasses import replace

from flowops.errors import Declined, Refused
from flowops.model.guard import Allowed, Forbidden, NeedsConfirmation, Verdict
from flowops.model.run import RunRequest
from flowops.operations.ports.run import Console


def approve(request: RunRequest, verdict: Verdict, console: Console) -> bool:
    """Return whether there is something to do and it may be done.

    Raises Refused for a guard's no, Declined for the operator's no and for a question nobody can answer.
    """
    if request.confirm and request.confirm != request.environment:
        raise Declined(
            f"--confirm says {request.confirm!r}, but the environment is {request.environment!r}.",
            next_step=command_of(replace(request, confirm=request.environment)),
        )
    match verdict:
        case Allowed():
            return False
        case Forbidden(reasons, flags):
            raise Refused(
                f"Refused: {'; '.join(reasons)}.", next_step=f"{command_of(request)} {' '.join(dict.fromkeys(flags))}"
            )
        case NeedsConfirmation(name):
            _confirm(request, name, console)
            return True


def _confirm(request: RunRequest, name: str, console: Console) -> None:
    if name and not request.confirm:
        _answer(request, console, f"Type the environment's name, {name}, to {request.verb.value} it: ", name, name)
        return
    if not request.yes:
        _answer(request, console, f"{request.verb.value.capitalize()} {request.target}? [y/N] ", "y", name)


def _answer(request: RunRequest, console: Console, question: str, wanted: str, name: str) -> None:
    if not console.interactive:
        raise Declined(
            "The run needs a yes, and nobody is there to give it.",
            next_step=command_of(replace(request, yes=True, confirm=name)),
        )
    answer = console.ask(question).strip()
    accepted = {"y", "yes"} if wanted == "y" else {wanted}
    if answer not in accepted:
        raise Declined(
            f"{request.verb.value.capitalize()} {request.target} was declined.", next_step=command_of(request)
        )


def command_of(request: RunRequest) -> str:
    """Return the command line that means this request."""
    words = ["flowops", request.verb.value, *request.target.split()]
    words += ["--yes"] if request.yes else []
    words += ["--confirm", request.confirm] if request.confirm else []
    words += [word for address in request.allow_replace for word in ("--allow-replace", address)]
    words += [word for address in request.allow_destroy for word in ("--allow-destroy", address)]
    words += ["--with-dependents"] if request.with_dependents else []
    return shlex.join(words)
