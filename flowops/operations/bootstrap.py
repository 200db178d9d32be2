"""Bring the accounts' bootstrap stacks to what their templates say: security first, then the environments' accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
from flowops.model.stack_changes import Stack, StackResource, way
from flowops.model.stack_status import Way
from flowops.model.stacks import (
    SECURITY_STACK,
    StackSpec,
    environment_stack,
    security_stacks,
    stack_names,
)
from flowops.operations import bootstrap_secrets
from flowops.operations.bootstrap_phase import Site, carry_out, external_id, plan_stacks
from flowops.operations.bootstrap_recovery import require_among, require_failed
from flowops.operations.bootstrap_under_way import UnderWay
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
    try:
        results, secrets = _run(site, chosen)
    except KeyboardInterrupt as error:
        raise site.under_way.interrupted() from error
    except BaseException:
        for lifted in site.under_way.abandon():
            ports.console.progress(str(lifted))
        raise
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
    return Site(config, request, ports, organization, doors, earlier, UnderWay(request))


def _require_known(site: Site, chosen: Sequence[str]) -> None:
    """Raise UnknownTarget for a logical id of the command line that no stack has, or that did not fail."""
    request = site.request
    if not (request.allow_replace or request.skip or request.retain):
        return
    found = [it for account in chosen for it in _settled(site, account)]
    known = {f"{account}/{it.logical_id}" for account, _, resources in found for it in resources}
    require_among("logical id", request.allow_replace, known)
    require_failed(request, found)


def _settled(site: Site, account: str) -> Iterator[tuple[str, Stack, Sequence[StackResource]]]:
    """Yield the stacks of an account with their resources, once no operation works on them."""
    stacks = site.doors[account].stacks
    for name in stack_names(site.config, account):
        found = stacks.settle(name, site.progress(f"{account}/{name}"))
        if found is not None:
            yield account, found, stacks.resources(name)


def _run(site: Site, chosen: Sequence[str]) -> tuple[tuple[StackResult, ...], tuple[SecretPlan, ...]]:
    """Run phase after phase until every stack has its result; return the results and the confirmed secrets."""
    request = site.request
    results: dict[Key, StackResult] = {}
    prepared: set[Key] = set()
    confirmed: tuple[SecretPlan, ...] = ()
    everything = [(account, name) for account in chosen for name in stack_names(site.config, account)]
    while open_ones := [it for it in everything if it not in results]:
        try:
            plan = _phase(site, chosen, open_ones, first=len(open_ones) == len(everything))
            finished = carry_out(site, plan)
            confirmed = confirmed or plan.secrets
        except FlowopsError as error:
            request.addressed(error)
            if not prepared and all(it.outcome is StackOutcome.UNCHANGED for it in results.values()):
                raise
            finished = _not_run(open_ones, error)
        prepared |= {it.key for it in finished if it.outcome is StackOutcome.PREPARED}
        ended = [it for it in finished if it.outcome is not StackOutcome.PREPARED]
        results |= {it.key: it.after_preparation() if it.key in prepared else it for it in ended}
        results |= _blocked(request, results, [it for it in open_ones if it not in results])
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
    found = site.doors[SECURITY].stacks.settle(SECURITY_STACK, site.progress(f"{SECURITY}/{SECURITY_STACK}"))
    holders = [name for name in chosen if name != SECURITY]
    if found is not None and way(found) is Way.UPDATE:
        outputs = found.outputs
        return specs + [
            environment_stack(site.config, name, site.organization.id, outputs, external_id(site, name))
            for name in holders
        ]
    if SECURITY not in chosen:
        raise OperationFailed(
            f"{SECURITY_STACK} {f'is {found.status}' if found else 'does not stand'} in the security account, and "
            f"{', '.join(holders)} needs its outputs.",
            next_step=f"flowops bootstrap {SECURITY}",
        )
    return specs


def _blocked(
    request: BootstrapRequest, results: Mapping[Key, StackResult], open_ones: Iterable[Key]
) -> dict[Key, StackResult]:
    """Return NOT_RUN for everything that is still open once flowops-security has failed."""
    security = results.get((SECURITY, SECURITY_STACK))
    if security is None or security.outcome is not StackOutcome.FAILED:
        return {}
    error = OperationFailed(f"{SECURITY_STACK} failed, which everything else needs.", next_step=request.command())
    return {it.key: it for it in _not_run(open_ones, error)}


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
