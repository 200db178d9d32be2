"""Whether a command may act in a role: one that changes a protected environment is confirmed by its name."""

from __future__ import annotations

import shlex

from flowops.errors import Declined
from flowops.model.caller_chain import require_names, writes
from flowops.model.config import Config
from flowops.operations.agreeing import require_yes, wrong_confirm
from flowops.operations.ports.run import Console


def approve_role(config: Config, environment: str, role: str, confirm: str, console: Console) -> None:
    """Return where a command may act in a role of an environment.

    Raises UnknownTarget for another name of either, Declined for a wrong name, the operator's no, and a question
    nobody can answer.
    """
    require_names(config, environment, role)
    command = shlex.join(["flowops", "auth", "exec", environment, "--role", role, "--confirm", environment])
    again = f"{command} -- COMMAND"
    if confirm and confirm != environment:
        raise _declined(wrong_confirm(confirm, "environment", environment), again)
    if confirm or not (config.environments[environment].protected and writes(role)):
        return
    unanswered = f"{environment} is protected, {role} can change it, and nobody is there to confirm it."
    require_yes(
        console,
        f"Type the environment's name, {environment}, to act in it as {role}: ",
        name=environment,
        unanswered=_declined(unanswered, again),
        declined=_declined(f"Acting in {environment} as {role} was declined.", again),
    )


def _declined(happened: str, again: str) -> Declined:
    return Declined(happened, not_done="The command was not started.", next_step=again)
