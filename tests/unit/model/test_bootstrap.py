from __future__ import annotations

import pytest

from flowops.errors import CredentialsError, Declined, Exit, FlowopsError, InvalidConfig, OperationFailed, Refused
from flowops.model.bootstrap import BootstrapResult, StackOutcome, StackResult

CREATED = StackResult("a", "s", StackOutcome.CREATED)
UPDATED = StackResult("a", "s", StackOutcome.UPDATED)
UNCHANGED = StackResult("a", "s", StackOutcome.UNCHANGED)


def failed(error: FlowopsError, *, touched: bool = False) -> StackResult:
    return StackResult("a", "s", StackOutcome.FAILED, error, touched)


def not_run(error: FlowopsError) -> StackResult:
    return StackResult("a", "s", StackOutcome.NOT_RUN, error)


@pytest.mark.parametrize(
    ("stacks", "problems", "code"),
    [
        ((UNCHANGED, CREATED, UPDATED), (), Exit.FINE),
        ((UNCHANGED.after_preparation(),), (), Exit.FINE),
        ((UNCHANGED.after_preparation(), failed(OperationFailed("x"))), (), Exit.PARTLY_DONE),
        ((failed(OperationFailed("x")).after_preparation(),), (), Exit.PARTLY_DONE),
        ((not_run(Declined("x")).after_preparation(),), (), Exit.PARTLY_DONE),
        ((UNCHANGED, failed(OperationFailed("x"))), (), Exit.FAILED),
        ((CREATED, failed(OperationFailed("x"))), (), Exit.PARTLY_DONE),
        ((UPDATED, not_run(OperationFailed("x"))), (), Exit.PARTLY_DONE),
        ((failed(OperationFailed("x"), touched=True),), (), Exit.PARTLY_DONE),
        ((CREATED, failed(CredentialsError("x"))), (), Exit.CREDENTIALS),
        ((CREATED, not_run(Refused("x"))), (), Exit.REFUSED),
        ((CREATED, not_run(Declined("x"))), (), Exit.PARTLY_DONE),
        ((UNCHANGED, not_run(Declined("x"))), (), Exit.DECLINED),
        ((CREATED,), (InvalidConfig("x"),), Exit.PARTLY_DONE),
        ((UNCHANGED,), (InvalidConfig("x"),), Exit.FAILED),
    ],
)
def test_the_exit_code_says_what_is_done(
    stacks: tuple[StackResult, ...], problems: tuple[FlowopsError, ...], code: Exit
) -> None:
    assert BootstrapResult(stacks, problems=problems).exit_code is code
