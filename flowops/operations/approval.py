"""Who says yes: the guard's verdict meets the command line's flags and the operator's answers."""

from __future__ import annotations

from flowops.errors import Declined, Refused
from flowops.model.guard import Allowed, Forbidden, NeedsConfirmation, Verdict
from flowops.model.run import RunRequest
from flowops.operations.ports.run import Console


def approve(request: RunRequest, verdict: Verdict, console: Console) -> bool:
    """Return whether there is something to do and it may be done.

    Raises Refused for a guard's no, Declined for the operator's no and for a question nobody can answer.
    """
    match verdict:
        case Allowed():
            return False
        case Forbidden(reasons, flags):
            raise Refused(
                f"Refused: {'; '.join(reasons)}.", next_step=f"{_command(request)} {' '.join(dict.fromkeys(flags))}"
            )
        case NeedsConfirmation(name):
            _confirm(request, name, console)
            return True


def _confirm(request: RunRequest, name: str, console: Console) -> None:
    if name and request.confirm:
        if request.confirm != name:
            raise Declined(
                f"--confirm says {request.confirm!r}, but the environment is {name!r}.",
                next_step=f"{_command(request)} --confirm {name}",
            )
    elif name:
        _answer(request, console, f"Type the environment's name, {name}, to {request.verb.value} it: ", name, name)
        return
    if not request.yes:
        _answer(request, console, f"{request.verb.value.capitalize()} {request.target}? [y/N] ", "y", name)


def _answer(request: RunRequest, console: Console, question: str, wanted: str, name: str) -> None:
    if not console.interactive:
        named = f" --confirm {name}" if name else ""
        raise Declined(
            "The run needs a yes, and nobody is there to give it.", next_step=f"{_command(request)} --yes{named}"
        )
    answer = console.ask(question).strip()
    accepted = {"y", "yes"} if wanted == "y" else {wanted}
    if answer not in accepted:
        raise Declined(f"{request.verb.value.capitalize()} {request.target} was declined.", next_step=_command(request))


def _command(request: RunRequest) -> str:
    return f"flowops {request.verb.value} {request.target}"
