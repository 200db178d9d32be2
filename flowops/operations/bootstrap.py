"""Bring the accounts' bootstrap stacks to what their templates say: security first, then the environments' accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flowops.errors import FlowopsError, OperationFailed, UnknownTarget, UsageError
from flowops.model.bootstrap import (
    BootstrapPlan,
    BootstrapRequest,
    BootstrapResult,
    SecretPlan,
    StackOutcome,
    StackResult,
)
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts
from flowops.model.rendering import RenderResult
from flowops.model.stack_changes import Standing, standing
from flowops.model.stacks import (
    SECURITY_STACK,
    StackSpec,
    environment_stack,
    security_stacks,
    stack_names,
)
from flowops.operations import bootstrap_secrets
from flowops.operations.bootstrap_phase import Site, carry_out, external_id, plan_stacks
from flowops.operations.discover import enter, look, require_ids
from flowops.operations.ports.bootstrap import BootstrapPorts
from flowops.operations.render import render

Key = tuple[str, str]
"""Account and stack: what a result is of."""


def bootstrap(request: BootstrapRequest, config: Config, ports: BootstrapPorts) -> BootstrapResult:
    """Carry out what the templates change, phase by phase, each shown and confirmed before it runs.

    Where flowops-security stands, one phase holds everything; the first time the environments' stacks need its outputs
    and follow in a phase of their own. An environment's account that fails does not stop the others. Ends with
    discovery and rendering. Raises only as long as nothing was changed: UsageError, CredentialsError, Refused,
    Declined; later the result says what is not done and why.
    """
    chosen = _chosen(request, config)
    site = _site(request, config, ports, chosen)
    _require_known(site, chosen)
    results, secrets = _run(site, chosen)
    filled, secret_problems = bootstrap_secrets.fill(site, secrets) if SECURITY in chosen else ((), ())
    facts, rendered, problems = _write_down(site)
    return BootstrapResult(results, filled, facts, rendered, (*secret_problems, *problems))


def _chosen(request: BootstrapRequest, config: Config) -> tuple[str, ...]:
    """Return the accounts to bootstrap, security first."""
    every = (SECURITY, *config.environment_accounts())
    for name in request.accounts:
        if name not in config.accounts:
            raise UnknownTarget("account", name, config.accounts)
        if name not in every:
            raise UsageError(f"Account {name!r} holds no environment: nothing is bootstrapped there.")
    return tuple(name for name in every if name in request.accounts) if request.accounts else every


def _site(request: BootstrapRequest, config: Config, ports: BootstrapPorts, chosen: Sequence[str]) -> Site:
    """Enter and verify every account that is needed, before anything is started in one of them."""
    everyone = config.environment_accounts() if SECURITY in chosen else ()
    needed = tuple(dict.fromkeys((SECURITY, *chosen, *everyone)))
    require_ids(config, needed)
    earlier = ports.facts_file.read()
    organization = ports.cloud.organization()
    doors = enter(config, dict.fromkeys((SECURITY, *chosen)), ports.cloud)
    return Site(config, request, ports, organization, doors, earlier)


def _require_known(site: Site, chosen: Sequence[str]) -> None:
    """Raise UnknownTarget for an --allow-replace that names no resource of the stacks as they stand."""
    if not site.request.allow_replace:
        return
    known: set[str] = set()
    for account in chosen:
        stacks = site.doors[account].stacks
        standing_ones = [name for name in stack_names(site.config, account) if stacks.describe(name)]
        known |= {it.logical_id for name in standing_ones for it in stacks.resources(name)}
    for logical_id in site.request.allow_replace:
        if logical_id not in known:
            raise UnknownTarget("logical id", logical_id, known)


def _run(site: Site, chosen: Sequence[str]) -> tuple[tuple[StackResult, ...], tuple[SecretPlan, ...]]:
    """Run phase after phase until every stack has its result; return the results and the confirmed secrets."""
    results: dict[Key, StackResult] = {}
    confirmed: tuple[SecretPlan, ...] = ()
    everything = [(account, name) for account in chosen for name in stack_names(site.config, account)]
    while open_ones := [it for it in everything if it not in results]:
        try:
            plan = _phase(site, chosen, open_ones, first=len(open_ones) == len(everything))
            finished = carry_out(site, plan)
            confirmed = confirmed or plan.secrets
        except FlowopsError as error:
            if all(it.outcome is StackOutcome.UNCHANGED for it in results.values()):
                raise
            finished = _not_run(open_ones, error)
        results |= {(it.account, it.stack): it for it in finished}
        results |= _blocked(results, [it for it in open_ones if it not in results])
    return tuple(results[it] for it in everything), confirmed


def _phase(site: Site, chosen: Sequence[str], open_ones: Sequence[Key], *, first: bool) -> BootstrapPlan:
    """Return what can be planned by now; nothing has changed by it."""
    specs = [it for it in _specs(site, chosen) if (it.account, it.name) in open_ones]
    plans = plan_stacks(site, specs)
    planned = {(it.account, it.name) for it in specs}
    follows = tuple("/".join(it) for it in open_ones if it not in planned)
    secrets = bootstrap_secrets.plan(site) if first and SECURITY in chosen else ()
    return BootstrapPlan(tuple(dict.fromkeys(it.account for it in specs)), plans, secrets, follows)


def _specs(site: Site, chosen: Sequence[str]) -> list[StackSpec]:
    """Return the stacks that can be described by now: the environments' only once flowops-security has outputs."""
    specs = list(security_stacks(site.config, site.organization.id)) if SECURITY in chosen else []
    found = site.doors[SECURITY].stacks.describe(SECURITY_STACK)
    holders = [name for name in chosen if name != SECURITY]
    if standing(found) is Standing.STABLE and found is not None:
        outputs = found.outputs
        return specs + [
            environment_stack(site.config, name, site.organization.id, outputs, external_id(site, name))
            for name in holders
        ]
    if SECURITY not in chosen:
        raise OperationFailed(
            f"{SECURITY_STACK} does not stand in the security account, and {', '.join(holders)} needs its outputs.",
            next_step=f"flowops bootstrap {SECURITY}",
        )
    return specs


def _blocked(results: Mapping[Key, StackResult], open_ones: Iterable[Key]) -> dict[Key, StackResult]:
    """Return NOT_RUN for everything that is still open once flowops-security has failed."""
    security = results.get((SECURITY, SECURITY_STACK))
    if security is None or security.outcome is not StackOutcome.FAILED:
        return {}
    error = OperationFailed(f"{SECURITY_STACK} failed, which everything else needs.", next_step="flowops bootstrap")
    return {(it.account, it.stack): it for it in _not_run(open_ones, error)}


def _not_run(open_ones: Iterable[Key], error: FlowopsError) -> tuple[StackResult, ...]:
    return tuple(StackResult(account, name, StackOutcome.NOT_RUN, error) for account, name in open_ones)


def _write_down(site: Site) -> tuple[Facts | None, RenderResult | None, tuple[FlowopsError, ...]]:
    """Discover and render; an error of either does not undo what the stacks are, so it is returned."""
    facts: Facts | None = None
    try:
        facts = look(site.config, site.organization, site.doors, site.earlier)
        site.ports.facts_file.write(facts)
        return facts, render(site.config, facts=facts, templates=site.ports.templates), ()
    except FlowopsError as error:
        return facts, None, (error,)
