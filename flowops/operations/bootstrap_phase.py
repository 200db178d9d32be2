"""One phase of a bootstrap: its stacks planned, shown, guarded, confirmed, and carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from flowops.errors import Declined, FlowopsError, Refused
from flowops.model.bootstrap import (
    BootstrapPlan,
    BootstrapRequest,
    StackAction,
    StackOutcome,
    StackPlan,
    StackResult,
    named_in,
)
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts, Organization
from flowops.model.stack_changes import ChangeAction, ChangeSet, ResourceChange, Stack, unallowed, way
from flowops.model.stack_drift import StackDrift
from flowops.model.stack_status import Way
from flowops.model.stacks import ENVIRONMENT_STACK, EXTERNAL_ID, SECURITY_STACK, StackSpec
from flowops.operations import bootstrap_recovery as recovery
from flowops.operations.bootstrap_under_way import UnderWay
from flowops.operations.ports.aws import AccountDoor, Progress, Stacks
from flowops.operations.ports.bootstrap import BootstrapPorts
from flowops.operations.side_by_side import side_by_side


@dataclass(frozen=True)
class Site:
    """What a bootstrap knows once every account is entered and verified."""

    config: Config
    request: BootstrapRequest
    ports: BootstrapPorts
    organization: Organization
    doors: Mapping[str, AccountDoor]
    earlier: Facts | None
    under_way: UnderWay
    _speaking: Lock = field(default_factory=Lock)

    def stacks(self, spec: StackSpec) -> Stacks:
        """Return the stacks of the account that a stack stands in."""
        return self.doors[spec.account].stacks

    def progress(self, stack: str) -> Progress:
        """Return what takes the events of one stack, named as people read it, from any thread."""

        def tell(line: str) -> None:
            with self._speaking:
                self.ports.console.progress(f"{stack}: {line}")

        return tell


def external_id(site: Site, account: str) -> str:
    """Return the ExternalId that pipelines present already, or a new one where none is known."""
    found = site.doors[account].stacks.describe(ENVIRONMENT_STACK)
    standing_one = found.outputs.get(EXTERNAL_ID) or found.parameters.get(EXTERNAL_ID, "") if found else ""
    known = site.earlier.external_id(account) if site.earlier else ""
    return standing_one or known or site.ports.new_external_id()


def plan_stacks(site: Site, specs: Sequence[StackSpec]) -> tuple[StackPlan, ...]:
    """Return what each stack's template changes; the accounts side by side, each account's stacks in order."""
    accounts = tuple(dict.fromkeys(spec.account for spec in specs))
    planned = side_by_side(accounts, lambda name: [_plan(site, it) for it in specs if it.account == name])
    return tuple(plan for name in accounts for plan in planned[name])


def _plan(site: Site, spec: StackSpec) -> StackPlan:
    stacks = site.stacks(spec)
    case = recovery.Case(spec, stacks, site.request, site.config)
    try:
        found = stacks.settle(spec.name, site.progress(spec.id))
        match way(found), found:
            case ((Way.CREATE | Way.UPDATE | Way.GO_ON), _):
                return _proposed(case, found, site.ports.stack_templates.text(spec.template))
            case Way.CLEAR, Stack():
                return recovery.clearing(case, found)
            case Way.DELETE_AGAIN, Stack():
                return recovery.deleting_again(case, found)
            case Way.ROLL_BACK, Stack():
                return recovery.rolling_back(case)
            case _, Stack():
                raise recovery.unanswerable(case, found)
        raise AssertionError("a stack that is not there is created")
    except FlowopsError as error:
        return StackPlan(spec, StackAction.FAILED, error=site.request.addressed(error))


def _proposed(case: recovery.Case, found: Stack | None, template: str) -> StackPlan:
    spec, stacks = case.spec, case.stacks
    change_set = stacks.propose(spec, template)
    if not change_set.empty:
        action = StackAction.CREATE if change_set.creates else StackAction.UPDATE
        drift = StackDrift() if change_set.creates else _drift(spec, stacks)
        return StackPlan(spec, action, change_set, note=_void(change_set, stacks), drift=drift)
    if found is not None and way(found) is Way.GO_ON:
        raise recovery.stopped_halfway(case, found)
    if found is not None and not found.secured:
        return StackPlan(spec, StackAction.SECURE, note="termination protection and stack policy are put in place")
    return StackPlan(spec, StackAction.NONE)


def _drift(spec: StackSpec, stacks: Stacks) -> StackDrift:
    """Return what the update may overwrite or collide with; a detection that fails is never "no drift"."""
    try:
        return stacks.drift(spec.name)
    except FlowopsError as error:
        return StackDrift(trouble=error.happened)


def _void(change_set: ChangeSet, stacks: Stacks) -> str:
    """Return what executing this change set does to those of others, empty where there are none."""
    others = stacks.waiting(change_set)
    return f"executing it makes other change sets void: {', '.join(others)}" if others else ""


def carry_out(site: Site, plan: BootstrapPlan) -> tuple[StackResult, ...]:
    """Show the phase, ask, and do it; Refused and Declined leave nothing behind.

    A stack that is PREPARED now is planned again. So are the environments' stacks when the outputs of flowops-security
    are others afterwards. When that stack fails, nothing else of the phase is done.
    """
    site.ports.console.show(plan)
    if any(it.action is StackAction.FAILED and it.spec.name == SECURITY_STACK for it in plan.stacks):
        _discard(site, plan.stacks)
        return _failed_plans(plan.stacks)
    _ask(site, plan)
    security = [it for it in plan.stacks if it.spec.account == SECURITY]
    environments = [it for it in plan.stacks if it.spec.account != SECURITY]
    before = _outputs(site)
    results, undone = _in_order(site, security)
    if undone or (environments and _outputs(site) != before):
        _discard(site, (*undone, *environments))
        return results
    done = side_by_side(range(len(environments)), lambda number: _do(site, environments[number]))
    return (*results, *done.values())


def _ask(site: Site, plan: BootstrapPlan) -> None:
    """Raise Refused or Declined unless the phase may run; what was proposed is taken back then."""
    try:
        _guard(site, plan)
        if plan.needs_confirmation and not _confirmed(site, plan):
            raise Declined(
                "The bootstrap was declined.", next_step=f"{site.request.command()}, to see the changes again"
            )
    except BaseException:
        _discard(site, plan.stacks)
        raise


def _confirmed(site: Site, plan: BootstrapPlan) -> bool:
    try:
        return site.ports.console.confirm(plan)
    except Declined as error:
        error.next_step = f"{site.request.command()} --yes"
        raise


def _guard(site: Site, plan: BootstrapPlan) -> None:
    request = site.request
    lost = [
        (it, change)
        for it in plan.stacks
        for change in unallowed(it.changes, named_in(request.allow_replace, it.spec.account))
    ]
    if not lost:
        return
    rows = "\n".join(
        f"  {it.spec.id}: {change.logical_id} ({change.type}) would be {_fate(change)}" for it, change in lost
    )
    goes = [request.spelled(it.spec.account, change.logical_id) for it, change in lost]
    left = [request.spelled(it.spec.account, change.logical_id) for it, change in lost if it.removals]
    keeping = f"to keep them outside: {request.command(retain=left)}" if left else "mend the template"
    raise Refused(
        f"This would lose what data and people depend on:\n{rows}{_taken(lost)}",
        next_step=f"{keeping}; or, to lose them: {request.command(allow_replace=goes)}",
    )


def _taken(lost: Sequence[tuple[StackPlan, ResourceChange]]) -> str:
    """Return what keeping a resource outside costs: its name is taken for the stack that is made anew."""
    blocking = [(it.spec.id, change.logical_id) for it, change in lost if it.removals and change.blocks_its_successor]
    return "".join(
        f"\n{stack} cannot be made again before {logical_id} is gone or renamed, also where it is kept outside."
        for stack, logical_id in blocking
    )


def _fate(change: ResourceChange) -> str:
    return "removed" if change.action is ChangeAction.REMOVE else "replaced"


def _in_order(site: Site, plans: Sequence[StackPlan]) -> tuple[tuple[StackResult, ...], Sequence[StackPlan]]:
    """Do one stack after the other, and return what is left undone after a failed flowops-security."""
    results: list[StackResult] = []
    for number, plan in enumerate(plans, start=1):
        result = _do(site, plan)
        results.append(result)
        if result.stack == SECURITY_STACK and result.outcome is StackOutcome.FAILED:
            return tuple(results), plans[number:]
    return tuple(results), ()


def _do(site: Site, plan: StackPlan) -> StackResult:
    """Return what became of one stack."""
    # Nothing ends what is under way when an interrupt passes here: CloudFormation goes on with it.
    if plan.needs_confirmation:
        site.under_way.begin(plan.spec)
    result = _done(site, plan)
    site.under_way.end(plan.spec)
    return result


def _done(site: Site, plan: StackPlan) -> StackResult:
    executed, spec = False, plan.spec
    try:
        if plan.action in (StackAction.CREATE, StackAction.UPDATE):
            _execute(site, plan)
            executed = True
        if plan.action in (StackAction.CREATE, StackAction.UPDATE, StackAction.SECURE):
            site.under_way.secure(spec, site.stacks(spec))
        if plan.action.prepares:
            _prepare(site, plan)
    except FlowopsError as error:
        lifted = site.under_way.put_back(spec)
        touched = executed or lifted is not None or _left_broken(site, spec)
        cause = site.request.addressed(error)
        return StackResult(spec.account, spec.name, StackOutcome.FAILED, cause, touched=touched, lifted=lifted)
    return StackResult(spec.account, spec.name, _OUTCOMES[plan.action], plan.error)


_OUTCOMES = {
    StackAction.CREATE: StackOutcome.CREATED,
    StackAction.UPDATE: StackOutcome.UPDATED,
    StackAction.SECURE: StackOutcome.UPDATED,
    StackAction.CLEAR: StackOutcome.PREPARED,
    StackAction.DELETE_AGAIN: StackOutcome.PREPARED,
    StackAction.ROLL_BACK: StackOutcome.PREPARED,
    StackAction.NONE: StackOutcome.UNCHANGED,
    StackAction.FAILED: StackOutcome.FAILED,
}


def _prepare(site: Site, plan: StackPlan) -> None:
    """Bring a failed stack to where it can be planned again."""
    stacks, progress = site.stacks(plan.spec), site.progress(plan.spec.id)
    if plan.action is StackAction.ROLL_BACK:
        recovery.roll_back(recovery.Case(plan.spec, stacks, site.request, site.config), plan.names, progress)
    else:
        stacks.delete(plan.spec.name, progress, retain=plan.names)


def _execute(site: Site, plan: StackPlan) -> None:
    """Execute a change set; the stack policy spares what the operator named, for as long as that takes."""
    stacks, change_set = site.stacks(plan.spec), plan.change_set
    assert change_set is not None
    lifted = {change.logical_id for change in plan.changes if change.guarded}
    if lifted:
        site.under_way.lift(plan.spec, stacks, lifted)
    stacks.execute(change_set, site.progress(plan.spec.id))


def _left_broken(site: Site, spec: StackSpec) -> bool:
    """Return whether a failed stack may have changed something that CloudFormation did not take back, or not yet."""
    try:
        found = site.stacks(spec).describe(spec.name)
        return found is not None and (found.broken or way(found) is Way.WAIT)
    except FlowopsError:
        return True


def _discard(site: Site, plans: Iterable[StackPlan]) -> None:
    """Take back what planning left in CloudFormation; a change set that stays does no harm."""
    for plan in plans:
        if plan.change_set is not None:
            with suppress(FlowopsError):
                site.stacks(plan.spec).discard(plan.change_set)


def _failed_plans(plans: Iterable[StackPlan]) -> tuple[StackResult, ...]:
    failed = (it for it in plans if it.action is StackAction.FAILED)
    return tuple(StackResult(it.spec.account, it.spec.name, StackOutcome.FAILED, it.error) for it in failed)


def _outputs(site: Site) -> Mapping[str, str] | None:
    """Return what the environments' stacks are given, None where it cannot be told."""
    try:
        found = site.doors[SECURITY].stacks.describe(SECURITY_STACK)
    except FlowopsError:
        return None
    return found.outputs if found else {}
