from __future__ import annotations

import pytest

from flowops.model.access import source_identity


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111111111111:user/flowable/ann", "ann"),
        ("arn:aws:iam::111111111111:user/ann", "ann"),
        ("arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_DevOps_0a1b/ann@example.com", "ann@example.com"),
        ("arn:aws:sts::111111111111:assumed-role/FlowopsCiRole/github-1-1", "github-1-1"),
        ("arn:aws:iam::111111111111:root", "root"),
    ],
)
def test_a_source_identity_is_the_name_of_a_user_or_of_a_session(arn: str, name: str) -> None:
    assert source_identity(arn) == name


@pytest.mark.parametrize("name", ["a", "x" * 65, "ann smith", "änn", ""])
def test_a_name_that_sts_does_not_take_is_left_out(name: str) -> None:
    assert source_identity(f"arn:aws:iam::111111111111:user/flowable/{name}") == ""
