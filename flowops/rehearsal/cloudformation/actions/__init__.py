"""What CloudFormation can be asked, one function for each action of its API, by the action's snake-case name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flowops.rehearsal.cloudformation.actions import change_sets, drifts, reads, stacks
from flowops.rehearsal.cloudformation.call import Action

_ALL: Final[tuple[Action, ...]] = (
    change_sets.create_change_set,
    change_sets.delete_change_set,
    change_sets.describe_change_set,
    change_sets.execute_change_set,
    change_sets.list_change_sets,
    drifts.describe_stack_drift_detection_status,
    drifts.describe_stack_resource_drifts,
    drifts.detect_stack_drift,
    reads.describe_stack_events,
    reads.describe_stack_resource,
    reads.describe_stack_resources,
    reads.describe_stacks,
    reads.get_template,
    reads.get_template_summary,
    reads.list_exports,
    reads.list_imports,
    reads.list_stack_resources,
    reads.list_stacks,
    reads.validate_template,
    stacks.cancel_update_stack,
    stacks.continue_update_rollback,
    stacks.create_stack,
    stacks.delete_stack,
    stacks.get_stack_policy,
    stacks.set_stack_policy,
    stacks.update_stack,
    stacks.update_termination_protection,
)
ACTIONS: Final[Mapping[str, Action]] = {action.__name__: action for action in _ALL}
