"""What a destroy may leave behind, and for how long AWS keeps it."""

from __future__ import annotations

import pytest

from flowops.model.leftovers import Standing, leftovers

RDS = "arn:aws:rds:eu-central-1:333333333333"


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        (f"{RDS}:snapshot:flowable-prod-oracle-work-final-1", "a final snapshot"),
        (f"{RDS}:og:flowable-prod-oracle-1", "an option group that a final snapshot holds on to"),
    ],
)
def test_what_keeps_the_data_of_a_protected_environment_stays_and_of_another_one_does_not(
    arn: str, reason: str
) -> None:
    (kept,) = leftovers([Standing(arn)], protected=True)
    assert kept.reason.startswith(reason)
    (left,) = leftovers([Standing(arn)], protected=False)
    assert left.reason == ""


@pytest.mark.parametrize("service", ["kms", "secretsmanager"])
def test_what_aws_was_told_to_delete_is_leaving(service: str) -> None:
    arn = f"arn:aws:{service}:eu-central-1:333333333333:thing/1"
    leaving, staying = leftovers([Standing(arn, leaving=True), Standing(f"{arn}2")], protected=False)
    assert leaving.reason
    assert not staying.reason
