"""Who the caller is and what it may do, as tables and as data: no key among it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowops.cli.view.result import Pointed, Result, described
from flowops.cli.view.tables import rows_table
from flowops.model.caller_chain import Chain, Chains, Hop, HopState
from flowops.model.duration import spell
from flowops.model.may import MayCheck, MayRow
from flowops.model.plaintext import printable

UNSEEN = "Service and resource control policies of the organization are not seen here; they may deny what is allowed."


def whoami_result(chains: Chains, pointed: Pointed) -> Result:
    """Return each way with its hops, and below it what stopped it."""
    data = [{"leads_to": it.leads, "hops": [_hop(hop, it, pointed) for hop in it.hops]} for it in chains.chains]
    parts: list[RenderableType] = []
    for chain in chains.chains:
        columns = ("hop", "who", "account", "how", "remaining", "state")
        parts.append(rows_table(f"To {chain.leads}", columns, [_cells(hop, chain) for hop in chain.hops]))
        parts += [Text(line) for hop in chain.hops for line in _said(hop, pointed)]
    errors = tuple(described(hop.error, pointed) for it in chains.chains for hop in it.hops if hop.error)
    return Result("auth whoami", data, Group(*parts), chains.exit_code, errors)


def _hop(hop: Hop, chain: Chain, pointed: Pointed) -> dict[str, Any]:
    left = int((hop.expires - chain.at).total_seconds()) if hop.expires else None
    return {
        "hop": hop.kind.value,
        "who": hop.who,
        "state": hop.state.value,
        "how": hop.how,
        "account": hop.account,
        "account_name": hop.account_name,
        "account_alias": hop.alias,
        "expires": hop.expires.isoformat(timespec="seconds") if hop.expires else None,
        "remaining_seconds": left,
        "error": described(hop.error, pointed) if hop.error else None,
    }


def _cells(hop: Hop, chain: Chain) -> tuple[str, ...]:
    left = spell((hop.expires - chain.at).total_seconds()) if hop.expires else ""
    account = f"{hop.account} {hop.account_name or '-'} ({hop.alias or '-'})" if hop.account else ""
    return hop.kind.value, printable(hop.who), printable(account), printable(hop.how), left, hop.state.value


def _said(hop: Hop, pointed: Pointed) -> Iterator[str]:
    if hop.error is None:
        return
    word = "would ask" if hop.state is HopState.WOULD_ASK else "failed"
    yield printable(f"{hop.kind.value} {word}: {hop.error.happened} {hop.error.not_done}".rstrip())
    if hop.error.next_step:
        yield printable(f"Next: {pointed(hop.error.next_step)}")


def check_result(check: MayCheck) -> Result:
    """Return every request with its answer, verb by verb; that something is denied is no failure of a look."""
    verbs = check.verbs()
    data = {
        "environment": check.environment,
        "caller": check.caller,
        "role": check.role,
        "verbs": [
            {"verb": verb, "may": may.value, "requests": [_row(it) for it in check.rows if it.verb == verb]}
            for verb, may in verbs.items()
        ],
        "not_seen": [UNSEEN],
    }
    title = f"What {check.caller} may do in {check.environment}" + (f" as {check.role}" if check.role else "")
    columns = ("verb", "may", "as", "request", "decided by")
    cells = [it for verb, rows in groupby(check.rows, lambda row: row.verb) for it in _verb_cells(list(rows))]
    return Result("auth check", data, Group(rows_table(title, columns, cells), Text(UNSEEN)))


def _row(row: MayRow) -> dict[str, Any]:
    verdict = row.verdict
    return {
        "as": row.by,
        "action": row.action,
        "resource": row.resource,
        "may": verdict.may.value,
        "reason": verdict.reason,
        "of": verdict.owner.value if verdict.owner else None,
        "policy": verdict.policy,
        "statement": verdict.statement,
        "nearly": verdict.near,
    }


def _verb_cells(rows: list[MayRow]) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(rows):
        verb = "" if number else row.verb
        request = f"{row.action} on {row.resource}"
        yield verb or " ", row.verdict.may.value, row.by, printable(request), printable(row.verdict.brief)
