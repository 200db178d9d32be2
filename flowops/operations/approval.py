"""Who says yes: the guard's verdict meets the command line's flags and the operator's answers."""

from __future__ import annotations

import shlex
from dataclasses import replace

from flowops.errors import Declined, Refused
from flowops.model.answers import is_yes
from flowops.model.guard import Allowed, Forbidden, NeedsConfirmation, Verdict
from flowops.model.run import RunRequest, WarmProviders
from flowops.operations.ports.run import Console

BY_COMMAND = "command line"
"""How somebody agreed whose command gave every yes that was needed."""

BY_ANSWER = "answer at the terminal"
"""How somebody agreed who was asked."""


def approve(request: RunRequest, verdict: Verdict, console: Console) -> str:
    """Return how somebody agreed, BY_COMMAND or BY_ANSWER; empty where there is nothing to do.

    Raises Refused for a guard's no, Declined for the operator's no and for a question nobody can answer.
    """
    if request.confirm and request.confirm != request.environment:
        raise Declined(
            f"--confirm says {request.confirm!r}, but the environment is {request.environment!r}.",
            next_step=command_of(replace(request, confirm=request.environment)),
        )
    match verdict:
        case Allowed():
            return ""
        case Forbidden():
            raise Refused(f"Refused: {'; '.join(verdict.reasons)}.", next_step=_after(request, verdict))
        case NeedsConfirmation(name):
            return _confirm(request, name, console)


def _after(request: RunRequest, verdict: Forbidden) -> str:
    """Return what to type after a refusal: what mends it, or what allows it; what nothing allows is mended in files."""
    again = " ".join([command_of(request), *dict.fromkeys(verdict.flags)])
    if verdict.final:
        return f"change what the plans are made of, then: {again}"
    if verdict.commands:
        mends = "\n".join(f"  {it}" for it in verdict.commands)
        return (
            f"what was interrupted and is whole needs no replacement:\n{mends}\nor, to replace it all the same: {again}"
        )
    return again


def _confirm(request: RunRequest, name: str, console: Console) -> str:
    """Return how somebody agreed, which may need the environment's name."""
    if name and not request.confirm:
        _answer(request, console, f"Type the environment's name, {name}, to {request.verb.value} it: ", name, name)
        return BY_ANSWER
    if not request.yes:
        _answer(request, console, f"{request.verb.value.capitalize()} {request.target}? [y/N] ", "y", name)
        return BY_ANSWER
    return BY_COMMAND


def _answer(request: RunRequest, console: Console, question: str, wanted: str, name: str) -> None:
    if not console.interactive:
        raise Declined(
            "The run needs a yes, and nobody is there to give it.",
            next_step=command_of(replace(request, yes=True, confirm=name)),
        )
    answer = console.ask(question)
    if not (is_yes(answer) if wanted == "y" else answer.strip() == wanted):
        raise Declined(
            f"{request.verb.value.capitalize()} {request.target} was declined.", next_step=command_of(request)
        )


def _warm_is_said(request: RunRequest) -> bool:
    """Return whether the command names them: a resumed run takes them from the one that it resumes."""
    return request.warm_providers is not WarmProviders.AUTO and not request.resumes


def command_of(request: RunRequest) -> str:
    """Return the command line that means this request."""
    asked = ["runs", "resume", request.resumes] if request.resumes else [request.verb.value, *request.target.split()]
    words = ["flowops", *asked]
    words += ["--yes"] if request.yes else []
    words += ["--confirm", request.confirm] if request.confirm else []
    words += [word for address in request.allow_replace for word in ("--allow-replace", address)]
    words += [word for address in request.allow_destroy for word in ("--allow-destroy", address)]
    words += [word for name in request.without_safeguards for word in ("--without-safeguard", name)]
    words += ["--parallelism", str(request.parallelism)] if request.parallelism else []
    words += ["--warm-providers", request.warm_providers.value] if _warm_is_said(request) else []
    words += ["--unit-timeout", str(int(request.unit_timeout))] if request.unit_timeout else []
    words += ["--with-dependents"] if request.with_dependents else []
    return shlex.join(words)
