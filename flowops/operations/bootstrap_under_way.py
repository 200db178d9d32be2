"""What a bootstrap has begun and not ended: operations of CloudFormation, and stack policies that are lifted."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from flowops.errors import FlowopsError, Interrupted, PartlyDone
from flowops.model.bootstrap import BootstrapRequest
from flowops.model.stack_changes import same_policy, stack_policy
from flowops.model.stacks import StackSpec
from flowops.operations.ports.aws import Stacks


class UnderWay:
    """What is under way in all accounts, so that whoever is interrupted can say it and put every policy back."""

    def __init__(self, request: BootstrapRequest) -> None:
        self._request = request
        self._begun: dict[str, None] = {}
        self._lifted: dict[str, tuple[StackSpec, Stacks]] = {}
        self._lock, self._over = Lock(), False

    def begin(self, spec: StackSpec) -> None:
        """Remember that CloudFormation is asked to work on a stack."""
        self._begun[spec.id] = None

    def end(self, spec: StackSpec) -> None:
        """Forget a stack whose result is known."""
        self._begun.pop(spec.id, None)

    def lift(self, spec: StackSpec, stacks: Stacks, spared: Collection[str]) -> None:
        """Let the stack policy spare these logical ids, until `secure` or `put_back`."""
        # The threads of an interrupted bootstrap live on for a moment: what they lifted then, nobody would put back.
        with self._lock:
            if self._over:
                raise Interrupted("Interrupted.")
            # First, because a call that fails may have been heard all the same.
            self._lifted[spec.id] = (spec, stacks)
            stacks.secure(spec.name, stack_policy(spared))

    def secure(self, spec: StackSpec, stacks: Stacks) -> None:
        """Put a stack's protections in force."""
        stacks.secure(spec.name, stack_policy())
        self._lifted.pop(spec.id, None)

    def put_back(self, spec: StackSpec) -> FlowopsError | None:
        """Put a lifted stack policy back in force; return what to do where that fails."""
        if spec.id not in self._lifted:
            return None
        stacks = self._lifted[spec.id][1]
        try:
            self.secure(spec, stacks)
        except FlowopsError as error:
            return self._still_lifted(spec, stacks, error)
        return None

    def abandon(self) -> tuple[FlowopsError, ...]:
        """Put every lifted stack policy back in force and let none be lifted any more; return what to do by hand."""
        with self._lock:
            self._over = True
        answers = [self.put_back(spec) for spec, _ in tuple(self._lifted.values())]
        return tuple(it for it in answers if it is not None)

    def interrupted(self) -> Interrupted:
        """Return what an operator has to know who pressed Ctrl-C; every stack policy is put back by it."""
        lifted = self.abandon()
        goes_on = f"CloudFormation goes on by itself with {', '.join(self._begun)}."
        undone = goes_on if self._begun else "No stack was being changed."
        return Interrupted(
            "\n".join(("The bootstrap was interrupted.", *(it.happened for it in lifted))),
            not_done=f"{undone} What was finished before stays as it is.",
            next_step=f"{self._request.command()}, which waits for what is under way, puts the protections back in "
            "force, and shows what is left",
        )

    def _still_lifted(self, spec: StackSpec, stacks: Stacks, error: FlowopsError) -> FlowopsError | None:
        """Return that a stack is without its policy, unless only another of its protections failed."""
        try:
            found = stacks.describe(spec.name)
            if found is None or same_policy(found.policy, stack_policy()):
                self._lifted.pop(spec.id, None)
                return None
        except FlowopsError:
            pass
        return PartlyDone(
            f"The stack policy of {spec.id} is still lifted: {error.happened}",
            not_done=f"What is guarded in {spec.name} can be replaced or removed until it is back in force.",
            next_step=f"{self._request.command()}, which puts it back in force",
        )
