"""Before anything is planned: the named safeguards; afterwards what the project's rules say of the plans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flowops.errors import Refused
from flowops.model.changes import Plan
from flowops.model.rules import judge
from flowops.model.run import Verb
from flowops.model.safeguards import Safeguard, unmet
from flowops.operations.approval import command_of
from flowops.operations.ground import Ground
from flowops.operations.ordering import early_losses


def check_safeguards(ground: Ground) -> None:
    """Raise Refused where the working copy is not what an environment wants: each safeguard by its name."""
    request, safety = ground.request, ground.ports.safety
    protected = ground.selection.environment.protected
    wanted = safety.rules.of_git(protected=protected, without=request.without_safeguards)
    if not wanted:
        return
    found = list(unmet(wanted, safety.git.state(fetch=Safeguard.GIT_UP_TO_DATE in wanted)))
    if found:
        names = tuple(it.safeguard.value for it in found)
        # Pulled first: behind a commit of one's own nothing fast-forwards any more.
        mends = " && ".join(dict.fromkeys(it.mend for it in reversed(found)))
        without = replace(request, without_safeguards=(*request.without_safeguards, *names))
        raise Refused(
            f"Refused: {'; '.join(f'{it.safeguard.value}: {it.why}' for it in found)}.",
            not_done="No unit was started.",
            next_step=f"{mends}, then {command_of(request)}; or without: {command_of(without)}",
        )


def warn(ground: Ground, plans: Iterable[Plan]) -> None:
    """Say what the project's rules warn of, and in a plan also what an apply would be refused for; each of it once."""
    shown = tuple(plans)
    found = judge(ground.ports.safety.rules.rules, shown)
    said = [f"warning: {it}" for it in found.warnings]
    if ground.request.verb is Verb.PLAN:
        refusals = (*map(str, found.refusals), *early_losses(ground.graph, shown))
        said += [f"an apply would be refused: {it}" for it in refusals]
    for line in dict.fromkeys(it for it in said if it not in ground.warnings):
        ground.ports.console.note(line)
        ground.warnings += (line,)
