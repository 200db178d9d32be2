"""What terraform 1.11.4 says of locks, as it was seen, and what we make of it."""

from __future__ import annotations

from flowops.model.lock_errors import lock_trouble, only_the_lock_stays

DENIED = """
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error
StatusCode: 403, RequestID: , HostID: , api error AccessDenied: Access Denied
unable to retrieve file from S3 bucket 'states' with key
'222222222222/dev/terraform.tfstate.tflock': operation error S3: GetObject,
https response error StatusCode: 404, RequestID: 5y, HostID: 9G, NoSuchKey:

Terraform acquires a state lock to protect the state from being written
by multiple users at the same time. For most commands, you can disable
locking with the "-lock=false" flag, but this is not recommended.
"""
HELD = """
╷
│ Error: Error acquiring the state lock
│
│ Error message: operation error S3: PutObject, https response error
│ StatusCode: 412, RequestID: 5y, HostID: 9G, api error PreconditionFailed:
│ At least one of the pre-conditions you specified did not hold
│ Lock Info:
│   ID:        9cac3362-a6f7-1183-2348-9fddecd39c27
│   Path:      states/222222222222/dev/terraform.tfstate
│   Operation: OperationTypeApply
│   Who:       ann@laptop
│   Version:   1.11.4
│   Created:   2026-11-28 15:36:00.521013369 +0000 UTC
│   Info:
╵
"""
GARBAGE = """
Error: Error acquiring the state lock

Error message: 2 errors occurred:
	* operation error S3: PutObject, https response error StatusCode: 412,
	* failed to unmarshal the lock file: unexpected end of JSON input
"""
STUCK = """
Error: Error releasing the state lock

Error message: failed to delete the lock file: operation error S3:
DeleteObject, https response error StatusCode: 403
"""
FAILED = "\nError: creating SSM Parameter (/a): AccessDenied\n\n  with aws_ssm_parameter.a,\n"


def test_a_lock_that_may_not_be_written_names_the_permission() -> None:
    said = lock_trouble(DENIED)
    assert said.startswith("the role lacks s3:PutObject on *.tflock in the state bucket")
    assert "404" not in said
    assert "-lock=false" not in said


def test_a_lock_that_somebody_took_names_them() -> None:
    assert lock_trouble(HELD) == (
        "locked by ann@laptop since 2026-11-28 15:36:00.521013369 (OperationTypeApply, "
        "lock 9cac3362-a6f7-1183-2348-9fddecd39c27); next: flowops locks list"
    )


def test_a_lock_that_says_nothing_is_called_that() -> None:
    assert "empty or damaged" in lock_trouble(GARBAGE)


def test_every_other_error_is_none_of_ours() -> None:
    assert [lock_trouble(text) for text in ("", FAILED, STUCK)] == ["", "", ""]


def test_a_stuck_lock_counts_only_where_nothing_else_went_wrong() -> None:
    assert only_the_lock_stays(STUCK)
    assert not any(only_the_lock_stays(text) for text in ("", FAILED, HELD, FAILED + STUCK, STUCK + FAILED))
