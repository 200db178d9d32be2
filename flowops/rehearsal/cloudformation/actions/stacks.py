"""The calls that make, change and remove stacks."""

from __future__ import annotations

from collections.abc import Callable

from flowops.rehearsal.cloudformation.call import Answer, Call, is_repeated, remember, revision_of, stack_of
from flowops.rehearsal.cloudformation.changes import NO_UPDATES, is_empty, preview
from flowops.rehearsal.cloudformation.checks import check_capabilities
from flowops.rehearsal.cloudformation.creating import create
from flowops.rehearsal.cloudformation.deleting import delete
from flowops.rehearsal.cloudformation.engine import Engine, nothing
from flowops.rehearsal.cloudformation.errors import AlreadyExists, Rejected
from flowops.rehearsal.cloudformation.policy import checked_policy
from flowops.rehearsal.cloudformation.stack import UPDATABLE, Revision, Stack, Status
from flowops.rehearsal.cloudformation.updating import begin, undo, update
from flowops.rehearsal.cloudformation.work import Work

INITIATED = "User Initiated"


def create_stack(engine: Engine, call: Call) -> Answer:
    """Start making a stack."""
    name = call.text("StackName")
    existing = engine.find(call.scope, name)
    if existing is not None and existing.alive:
        if is_repeated(existing, call, "CreateStack"):
            return {"StackId": existing.arn}
        raise AlreadyExists(f"Stack [{name}] already exists")
    revision = revision_of(engine, call)
    check_capabilities(revision.template, engine.types, revision.capabilities)
    stack = Stack(
        name,
        call.scope,
        protected=call.flag("EnableTerminationProtection"),
        policy=checked_policy(call.text("StackPolicyBody")) if call.text("StackPolicyBody") else "",
        role=call.text("RoleARN"),
        disable_rollback=call.flag("DisableRollback"),
        created=engine.now(),
    )
    engine.add(stack)
    token = remember(engine, stack, call, "CreateStack")
    on_failure = "DO_NOTHING" if stack.disable_rollback else call.text("OnFailure") or "ROLLBACK"
    start_creating(engine, stack, revision, on_failure, token, nothing)
    return {"StackId": stack.arn}


def start_creating(
    engine: Engine, stack: Stack, revision: Revision, on_failure: str, token: str, afterwards: Callable[[], None]
) -> None:
    """Let a worker make the stack; the caller holds the lock."""
    engine.change(stack, revision=revision, secrets=stack.secrets | revision.secrets())
    engine.say(stack, Status.CREATE_IN_PROGRESS, INITIATED, token)
    engine.start(stack, lambda: create(Work(engine, stack, token), revision, on_failure), afterwards)


def update_stack(engine: Engine, call: Call) -> Answer:
    """Start bringing a stack to another revision."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    if is_repeated(stack, call, "UpdateStack"):
        return {"StackId": stack.arn}
    check_updatable(stack)
    revision = revision_of(engine, call, stack)
    check_capabilities(revision.template, engine.types, revision.capabilities)
    exports = engine.exports(stack.scope)
    if is_empty(stack, revision, preview(stack, revision, exports, engine.types), exports):
        raise Rejected(NO_UPDATES)
    if call.text("StackPolicyBody"):
        engine.change(stack, policy=checked_policy(call.text("StackPolicyBody")))
    once = call.text("StackPolicyDuringUpdateBody")
    stack_policy = checked_policy(once) if once else stack.policy
    engine.change(stack, disable_rollback=call.flag("DisableRollback"))
    token = remember(engine, stack, call, "UpdateStack")
    start_updating(engine, stack, revision, stack_policy, token, nothing)
    return {"StackId": stack.arn}


def check_updatable(stack: Stack) -> None:
    """Reject an update of a stack whose status does not allow one."""
    if stack.status not in UPDATABLE:
        raise Rejected(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")


def start_updating(
    engine: Engine, stack: Stack, revision: Revision, stack_policy: str, token: str, afterwards: Callable[[], None]
) -> None:
    """Let a worker update the stack; the caller holds the lock."""
    changes = preview(stack, revision, engine.exports(stack.scope), engine.types)
    work = Work(engine, stack, token)
    engine.change(stack, secrets=stack.secrets | revision.secrets())
    begin(work)
    work.say(Status.UPDATE_IN_PROGRESS, INITIATED)
    engine.start(stack, lambda: update(work, revision, changes, stack_policy), afterwards)


def delete_stack(engine: Engine, call: Call) -> None:
    """Start removing a stack; one that is not there, or is being removed, is no error."""
    stack = engine.find(call.scope, call.text("StackName"))
    if stack is None or stack.status in (Status.DELETE_COMPLETE, Status.DELETE_IN_PROGRESS):
        return
    if is_repeated(stack, call, "DeleteStack"):
        return
    if stack.protected:
        raise Rejected(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    retain = tuple(call.items("RetainResources"))
    _check_deletable(stack, retain, call)
    previous, token = stack.status, remember(engine, stack, call, "DeleteStack")
    forced = tuple(stack.resources) if call.text("DeletionMode") == "FORCE_DELETE_STACK" else ()
    engine.change(stack, gone=())
    engine.say(stack, Status.DELETE_IN_PROGRESS, INITIATED, token)
    engine.start(stack, lambda: delete(Work(engine, stack, token), previous, retain + forced))


def _check_deletable(stack: Stack, retain: tuple[str, ...], call: Call) -> None:
    if stack.status.working:
        raise Rejected(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
    failed = stack.status is Status.DELETE_FAILED
    if call.text("DeletionMode") == "FORCE_DELETE_STACK" and not failed:
        raise Rejected(
            f"Invalid operation on stack [{stack.arn}]. You can activate DeletionMode FORCE_DELETE_STACK in a delete "
            "stack operation only when the stack is in the DELETE_FAILED state."
        )
    if retain and not failed:
        raise Rejected(
            f"Invalid operation on stack [{stack.arn}]. You can specify RetainResources in a delete stack operation "
            "only when the stack is in the DELETE_FAILED state."
        )
    unfit = [name for name in retain if name not in stack.resources]
    if unfit:
        raise Rejected(
            "The specified resources to retain must be in a valid state. "
            f"Do not specify resources that are in the DELETE_COMPLETE state: [{', '.join(unfit)}]"
        )


def continue_update_rollback(engine: Engine, call: Call) -> Answer:
    """Start a failed rollback again, leaving out the resources to skip."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    if is_repeated(stack, call, "ContinueUpdateRollback"):
        return {}
    if stack.status is not Status.UPDATE_ROLLBACK_FAILED or stack.undo is None:
        raise Rejected(f"Stack:{stack.arn} is in {stack.status} state and its rollback can not be continued.")
    failed = {step.after.logical_id for step in stack.undo.steps}
    skip = frozenset(call.items("ResourcesToSkip"))
    if skip - failed:
        named = ", ".join(sorted(skip - failed))
        raise Rejected(f"The following resources to skip are not in the UPDATE_FAILED state: [{named}]")
    work = Work(engine, stack, remember(engine, stack, call, "ContinueUpdateRollback"))
    work.say(Status.UPDATE_ROLLBACK_IN_PROGRESS, INITIATED)
    engine.start(stack, lambda: undo(work, skip))
    return {}


def cancel_update_stack(engine: Engine, call: Call) -> None:
    """Let a running update stop before its next resource and roll back."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    if stack.status is not Status.UPDATE_IN_PROGRESS:
        raise Rejected("CancelUpdateStack cannot be called from current stack status")
    engine.change(stack, cancelled=True)


def update_termination_protection(engine: Engine, call: Call) -> Answer:
    """Switch termination protection."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    engine.change(stack, protected=call.flag("EnableTerminationProtection"))
    return {"StackId": stack.arn}


def set_stack_policy(engine: Engine, call: Call) -> None:
    """Set the policy that later updates have to obey."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    text = call.fetch(call.text("StackPolicyURL")) if call.text("StackPolicyURL") else call.text("StackPolicyBody")
    engine.change(stack, policy=checked_policy(text))


def get_stack_policy(engine: Engine, call: Call) -> Answer:
    """Return the stack's policy."""
    stack = stack_of(engine, call, "Stack [{name}] does not exist")
    return {"StackPolicyBody": stack.policy} if stack.policy else {}
