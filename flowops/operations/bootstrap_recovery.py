"""What brings a stack that takes no change set to where it takes one again; where nothing does, why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from flowops.errors import OperationFailed, UnknownTarget, UsageError
from flowops.model.bootstrap import BootstrapRequest, StackAction, StackPlan, named_in
from flowops.model.config import Config
from flowops.model.stack_changes import ChangeAction, ResourceChange, Stack, StackResource, way
from flowops.model.stack_status import Way
from flowops.model.stacks import StackSpec, by_hand
from flowops.operations.ports.aws import Progress, Stacks


@dataclass(frozen=True)
class Case:
    """One stack, and what it takes to say how to go on with it."""

    spec: StackSpec
    stacks: Stacks
    request: BootstrapRequest
    config: Config

    @property
    def again(self) -> str:
        """Return the command that was typed."""
        return self.request.command()

    @property
    def skipped(self) -> frozenset[str]:
        """Return the logical ids of this account that are left out of a rollback."""
        return named_in(self.request.skip, self.spec.account)

    @property
    def retained(self) -> frozenset[str]:
        """Return the logical ids of this account that are left standing."""
        return named_in(self.request.retain, self.spec.account)

    def left(self) -> list[StackResource]:
        """Return the resources of which something is left."""
        return [it for it in self.stacks.resources(self.spec.name) if it.exists]

    def stuck(self) -> list[StackResource]:
        """Return the resources that a rollback failed on."""
        return [it for it in self.stacks.resources(self.spec.name) if it.stuck]

    def spelled(self, resources: Iterable[StackResource]) -> list[str]:
        """Return resources as the command has to name them."""
        return [self.request.spelled(self.spec.account, it.logical_id) for it in resources]

    def aws(self, command: str) -> str:
        """Return a command line of AWS about this stack."""
        where = by_hand(self.config, self.spec.account)
        return f"aws cloudformation {command} --stack-name {self.spec.name} {where}"


def clearing(case: Case, found: Stack) -> StackPlan:
    """Return the plan to delete a stack whose creation failed; OperationFailed names what is left of it."""
    spec, left = case.spec, case.left()
    attached = [it for it in left if not it.retained]
    if attached:
        raise OperationFailed(
            f"The creation of {spec.id} failed ({found.status}), and these resources still stand:{_listed(left)}",
            next_step=f"{case.aws('delete-stack')}, which deletes them if they may go; then: {case.again}",
        )
    _require_named(case, found, left)
    _require_unprotected(case, found)
    note = "its creation failed and left nothing; it is made anew afterwards"
    if left:
        note = f"its creation failed; it is made anew afterwards, without {_names(left)}, which stays outside"
    return StackPlan(spec, StackAction.CLEAR, note=note)


def deleting_again(case: Case, found: Stack) -> StackPlan:
    """Return the plan to delete once more what resisted, but for the resources that the operator wants to keep."""
    left = case.left()
    _require_named(case, found, [it for it in left if it.retained])
    _require_unprotected(case, found)
    attached = [it for it in left if not it.retained]
    kept = tuple(it.logical_id for it in attached if it.logical_id in case.retained)
    goes = [it for it in attached if it.logical_id not in kept]
    resisted = [it for it in attached if it.reason]
    note = "its deletion failed and is tried again; it is made anew afterwards"
    note += f"; it failed on:{_listed(resisted)}" if resisted else ""
    if kept:
        note += f"\n{', '.join(kept)} stays outside, and what bears its name cannot be made until it is gone"
    removals = tuple(ResourceChange(ChangeAction.REMOVE, it.logical_id, it.type) for it in goes)
    return StackPlan(case.spec, StackAction.DELETE_AGAIN, note=note, removals=removals, names=kept)


def rolling_back(case: Case) -> StackPlan:
    """Return the plan to continue a rollback, naming what it failed on and what it leaves out."""
    failed = case.stuck()
    skipped = tuple(it.logical_id for it in failed if it.logical_id in case.skipped)
    why = _listed(failed) or f" {'; '.join(case.stacks.failures(case.spec.name)) or 'CloudFormation names no resource'}"
    note = f"its rollback failed and is continued; it is planned anew afterwards; it failed on:{why}"
    if skipped:
        note += f"\n{', '.join(skipped)} is left out, stays as it is, and may differ from the template then"
    return StackPlan(case.spec, StackAction.ROLL_BACK, note=note, names=skipped)


def roll_back(case: Case, names: Collection[str], progress: Progress) -> None:
    """Continue a rollback; OperationFailed names the resources it failed on again, and how to leave them out."""
    spec = case.spec
    found = case.stacks.roll_back(spec.name, names, progress)
    if way(found) is not Way.ROLL_BACK:
        return
    failed = case.stuck()
    reasons = "".join(f"\n  {_line(it)}" for it in failed) or f" {'; '.join(case.stacks.failures(spec.name))}"
    leaving = case.request.command(skip=case.spelled(failed))
    raise OperationFailed(
        f"The rollback of {spec.id} failed again:{reasons}",
        not_done=f"{spec.name} is still {found.status}.",
        next_step=f"{case.again}, after mending the cause"
        + (f"; or, to leave them as they are: {leaving}" if failed else ""),
    )


def stopped_halfway(case: Case, found: Stack) -> OperationFailed:
    """Return why a template without changes does not help a stack whose update stopped without a rollback."""
    return OperationFailed(
        f"Stack {case.spec.id} is {found.status}, and its template asks for no change: {_reasons(found, case.stacks)}",
        next_step=f"{case.aws('rollback-stack')}; then: {case.again}",
    )


def unanswerable(case: Case, found: Stack) -> OperationFailed:
    """Return why nothing is started for a stack that is in nobody's hands but its owner's."""
    if way(found) is Way.WAIT:
        return OperationFailed(
            f"Stack {case.spec.id} is {found.status}: somebody began an operation just now.",
            next_step=f"{case.again}, which waits for what is under way",
        )
    return OperationFailed(
        f"Stack {case.spec.id} is {found.status} and takes no change set: {_reasons(found, case.stacks)}",
        next_step=f"{case.aws('describe-stack-events')}; docs/bootstrap.md says how to go on",
    )


def require_failed(request: BootstrapRequest, stacks: Iterable[tuple[str, Stack, Sequence[StackResource]]]) -> None:
    """Raise UnknownTarget for a resource to skip or to retain that did not fail, naming those that did.

    UsageError where nothing failed at all.
    """
    skippable: set[str] = set()
    retainable: set[str] = set()
    for account, stack, resources in stacks:
        if way(stack) is Way.ROLL_BACK:
            skippable |= {f"{account}/{it.logical_id}" for it in resources if it.stuck}
        if way(stack) is Way.DELETE_AGAIN:
            retainable |= {f"{account}/{it.logical_id}" for it in resources if it.exists}
        if way(stack) is Way.CLEAR:
            retainable |= {f"{account}/{it.logical_id}" for it in resources if it.exists and it.retained}
    if request.skip and not skippable:
        raise _of_no_use("--skip-resource", request.skip, _FAILED_ON, replace(request, skip=()))
    if request.retain and not retainable:
        raise _of_no_use("--retain-resource", request.retain, _LEFT_BEHIND, replace(request, retain=()))
    require_among("resource", request.skip, skippable, where=f" {_FAILED_ON}")
    require_among("resource", request.retain, retainable, where=f" {_LEFT_BEHIND}")


_FAILED_ON, _LEFT_BEHIND = "that a rollback failed on", "that a failed stack could leave behind"


def _of_no_use(option: str, names: Sequence[str], which: str, without: BootstrapRequest) -> UsageError:
    return UsageError(
        f"{option} {names[0]}: there is no resource {which}.",
        not_done="Nothing was started.",
        next_step=f"{without.command()}, without {option}",
    )


def require_among(kind: str, names: Iterable[str], known: Collection[str], *, where: str = "") -> None:
    """Raise UnknownTarget for a name that is not among `known`, which are ACCOUNT/LOGICAL_ID, however it is spelled."""
    for name in names:
        spelled = known if "/" in name else {it.rpartition("/")[2] for it in known}
        if name not in spelled:
            raise UnknownTarget(kind, name, spelled, where=where)


def _require_unprotected(case: Case, found: Stack) -> None:
    """Raise OperationFailed where somebody protected the stack: that is theirs to take back."""
    if found.protected:
        raise OperationFailed(
            f"Stack {case.spec.id} is {found.status} and has to be deleted, but is protected against deletion.",
            next_step=f"{case.aws('update-termination-protection --no-enable-termination-protection')}; "
            f"then: {case.again}",
        )


def _require_named(case: Case, found: Stack, left: Sequence[StackResource]) -> None:
    """Raise OperationFailed for resources that their DeletionPolicy kept, unless the operator named each of them."""
    unnamed = [it for it in left if it.logical_id not in case.retained]
    if not unnamed:
        return
    blocking = [it for it in unnamed if it.blocks_its_successor]
    taken = f"\nTaken names, on which a stack made anew fails: {_names(blocking)}" if blocking else ""
    raise OperationFailed(
        f"Stack {case.spec.id} is {found.status}, and left behind what it was told to retain:{_listed(unnamed)}{taken}",
        next_step=f"{case.request.command(retain=case.spelled(unnamed))}, after deleting or renaming what blocks, "
        "or importing it (docs/bootstrap.md says how)",
    )


def _reasons(found: Stack, stacks: Stacks) -> str:
    return "; ".join(stacks.failures(found.name)) or found.reason or "CloudFormation names no reason"


def _listed(resources: Iterable[StackResource]) -> str:
    return "".join(f"\n  {_line(it)}" for it in resources)


def _line(it: StackResource) -> str:
    why = it.reason or ("kept by its DeletionPolicy" if it.retained else it.status)
    return f"{it.logical_id} ({it.type} {it.physical_id}): {why}"


def _names(resources: Iterable[StackResource]) -> str:
    return ", ".join(it.logical_id for it in resources)
