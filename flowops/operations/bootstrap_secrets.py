"""Secrets that have no value yet, filled from the variables and files that the operator has at hand."""

from __future__ import annotations

from collections.abc import Sequence

from flowops.errors import FlowopsError
from flowops.model.bootstrap import SecretPlan, SecretResult
from flowops.model.config import SECURITY
from flowops.model.secrets import Secret, SecretRow, secrets_of
from flowops.operations import secret_values
from flowops.operations.bootstrap_phase import Site
from flowops.operations.secret_store import row_of
from flowops.operations.secret_values import Value


def plan(site: Site) -> tuple[SecretPlan, ...]:
    """Return the secrets that have no value and would get one."""
    empty = (it for it in secrets_of(site.config) if _lacks_value(row_of(site.doors[SECURITY], it)))
    found = ((it, _at_hand(site, it)) for it in empty)
    return tuple(SecretPlan(it.name, it.environment, value.source) for it, value in found if value)


def fill(site: Site, confirmed: Sequence[SecretPlan]) -> tuple[tuple[SecretResult, ...], tuple[FlowopsError, ...]]:
    """Fill the secrets that were shown and confirmed; return every secret's standing and what went wrong."""
    results: list[SecretResult] = []
    problems: list[FlowopsError] = []
    wanted = {(it.name, it.environment) for it in confirmed}
    for secret in secrets_of(site.config):
        try:
            results.append(_filled(site, secret, wanted=(secret.name, secret.environment) in wanted))
        except FlowopsError as error:
            problems.append(error)
    return tuple(results), tuple(problems)


def _filled(site: Site, secret: Secret, *, wanted: bool) -> SecretResult:
    door = site.doors[SECURITY]
    row = row_of(door, secret)
    if row.ready:
        return SecretResult(secret.title, filled=True)
    value = _at_hand(site, secret) if wanted and row.arn and _lacks_value(row) else None
    if value is None:
        return SecretResult(secret.title, filled=False, note=f"{row.state}: {row.remedy}")
    door.secrets.put(row.arn, value.content)
    return SecretResult(secret.title, filled=True, note=f"set from {value.source}")


def _lacks_value(row: SecretRow) -> bool:
    """Return whether a value can be put where none is; before its stack stands, a secret lacks one as well."""
    return not row.arn or (row.standing is not None and not row.standing.filled and row.standing.leaving is None)


def _at_hand(site: Site, secret: Secret) -> Value | None:
    """Return the value that is at hand, None where there is none that can be used: nobody asked for this one."""
    try:
        return secret_values.at_hand(secret, site.ports.secret_files, site.ports.environment)
    except FlowopsError:
        return None
