"""One phase of a bootstrap: its stacks planned, shown, guarded, confirmed, and carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from flowops.errors import Declined, FlowopsError, OperationFailed, Refused
from flowops.model.bootstrap import (
    BootstrapPlan,
    BootstrapRequest,
    StackAction,
    StackOutcome,
    StackPlan,
    StackResult,
)
from flowops.model.config import SECURITY, Config
from flowops.model.facts import Facts, Organization
from flowops.model.stack_changes import Stack, Standing, stack_policy, standing, unallowed
from flowops.model.stacks import ENVIRONMENT_STACK, EXTERNAL_ID, SECURITY_STACK, StackSpec
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
    _speaking: Lock = field(default_factory=Lock)

    def stacks(self, spec: StackSpec) -> Stacks:
        """Return the stacks of the account that a stack stands in."""
        return self.doors[spec.account].stacks

    def progress(self, spec: StackSpec) -> Progress:
        """Return what takes the events of one stack, from any thread."""

        def tell(line: str) -> None:
            with self._speaking:
                self.ports.console.progress(f"{spec.id}: {line}")

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
    try:
        found = stacks.settle(spec.name, site.progress(spec))
        if standing(found) is Standing.BROKEN:
            raise _broken(spec, found, stacks)
        if found is not None and found.status == "ROLLBACK_COMPLETE":
            return _clearing(spec, stacks)
        return _proposed(spec, found, stacks, site.ports.stack_templates.text(spec.template))
    except FlowopsError as error:
        return StackPlan(spec, StackAction.FAILED, error=error)


def _proposed(spec: StackSpec, found: Stack | None, stacks: Stacks, template: str) -> StackPlan:
    change_set = stacks.propose(spec, template)
    if not change_set.empty:
        return StackPlan(spec, StackAction.CREATE if change_set.creates else StackAction.UPDATE, change_set)
    if found is not None and not found.secured:
        return StackPlan(spec, StackAction.SECURE, note="termination protection and stack policy are put in place")
    return StackPlan(spec, StackAction.NONE)


def _clearing(spec: StackSpec, stacks: Stacks) -> StackPlan:
    """Return the plan to delete a stack whose creation failed, if nothing is left of it."""
    left = [it for it in stacks.resources(spec.name) if it.exists]
    if left:
        names = ", ".join(f"{it.logical_id} ({it.physical_id})" for it in left)
        raise OperationFailed(
            f"The creation of {spec.id} failed, and its rollback left resources behind: {names}.",
            next_step=f"aws cloudformation delete-stack --stack-name {spec.name}, after deleting or importing them",
        )
    return StackPlan(spec, StackAction.CLEAR, note="its creation failed and left nothing; it is made anew afterwards")


def _broken(spec: StackSpec, found: Stack | None, stacks: Stacks) -> OperationFailed:
    status = found.status if found else ""
    verb = "continue-update-rollback" if status == "UPDATE_ROLLBACK_FAILED" else "delete-stack"
    reasons = "; ".join(stacks.failures(spec.name)) or (found.reason if found else "")
    return OperationFailed(
        f"Stack {spec.id} is {status} and takes no change set: {reasons}",
        next_step=f"aws cloudformation {verb} --stack-name {spec.name}, in account {spec.account_id}",
    )


def carry_out(site: Site, plan: BootstrapPlan) -> tuple[StackResult, ...]:
    """Show the phase, ask, and do it; Refused and Declined leave nothing behind.

    A cleared stack has no result yet: it is planned again. So are the environments' stacks when the outputs of
    flowops-security are others afterwards. When that stack fails, nothing else of the phase is done.
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
    return (*results, *(it for it in done.values() if it is not None))


def _ask(site: Site, plan: BootstrapPlan) -> None:
    """Raise Refused or Declined unless the phase may run; what was proposed is taken back then."""
    try:
        _guard(site, plan)
        if plan.needs_confirmation and not site.ports.console.confirm(plan):
            raise Declined("The bootstrap was declined.", next_step="flowops bootstrap, to see the changes again")
    except BaseException:
        _discard(site, plan.stacks)
        raise


def _guard(site: Site, plan: BootstrapPlan) -> None:
    lost = [(it, change) for it in plan.stacks for change in unallowed(it.changes, site.request.allow_replace)]
    if not lost:
        return
    rows = "\n".join(
        f"  {it.spec.id}: {change.logical_id} ({change.type}) would be "
        f"{'removed' if change.action.value == 'Remove' else 'replaced'}"
        for it, change in lost
    )
    flags = " ".join(dict.fromkeys(f"--allow-replace {change.logical_id}" for _, change in lost))
    raise Refused(
        f"The templates would lose what data and people depend on:\n{rows}",
        next_step=f"mend the template; or, to lose them: flowops bootstrap {flags}",
    )


def _in_order(site: Site, plans: Sequence[StackPlan]) -> tuple[tuple[StackResult, ...], Sequence[StackPlan]]:
    """Do one stack after the other, and return what is left undone after a failed flowops-security."""
    results: list[StackResult] = []
    for number, plan in enumerate(plans, start=1):
        result = _do(site, plan)
        results += [result] if result else []
        if result and result.stack == SECURITY_STACK and result.outcome is StackOutcome.FAILED:
            return tuple(results), plans[number:]
    return tuple(results), ()


def _do(site: Site, plan: StackPlan) -> StackResult | None:
    """Return what became of one stack, None for one that was only cleared."""
    executed = False
    try:
        if plan.action in (StackAction.CREATE, StackAction.UPDATE):
            _execute(site, plan)
            executed = True
        if plan.action in (StackAction.CREATE, StackAction.UPDATE, StackAction.SECURE):
            site.stacks(plan.spec).secure(plan.spec.name, stack_policy())
        if plan.action is StackAction.CLEAR:
            site.stacks(plan.spec).delete(plan.spec.name, site.progress(plan.spec))
            return None
    except FlowopsError as error:
        touched = executed or _left_broken(site, plan.spec)
        return StackResult(plan.spec.account, plan.spec.name, StackOutcome.FAILED, error, touched=touched)
    return StackResult(plan.spec.account, plan.spec.name, _OUTCOMES[plan.action], plan.error)


_OUTCOMES = {
    StackAction.CREATE: StackOutcome.CREATED,
    StackAction.UPDATE: StackOutcome.UPDATED,
    StackAction.SECURE: StackOutcome.UPDATED,
    StackAction.NONE: StackOutcome.UNCHANGED,
    StackAction.FAILED: StackOutcome.FAILED,
}


def _execute(site: Site, plan: StackPlan) -> None:
    """Execute a change set; the stack policy spares what the operator named, for as long as that takes."""
    stacks, change_set = site.stacks(plan.spec), plan.change_set
    assert change_set is not None
    lifted = {change.logical_id for change in plan.changes if change.guarded}
    if lifted:
        stacks.secure(plan.spec.name, stack_policy(lifted))
    try:
        stacks.execute(change_set, site.progress(plan.spec))
    except FlowopsError:
        if lifted:
            stacks.secure(plan.spec.name, stack_policy())
        raise


def _left_broken(site: Site, spec: StackSpec) -> bool:
    """Return whether a failed stack may have changed something that CloudFormation did not take back."""
    try:
        return standing(site.stacks(spec).describe(spec.name)) is Standing.BROKEN
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
