"""Which region an environment's folder names."""

from __future__ import annotations

import pytest

from flowops.model.regions import region_in


@pytest.mark.parametrize(
    ("path", "region"),
    [
        ("aws/non-prod/us-east-1/dev", "us-east-1"),
        ("aws/gov/us-gov-west-1/dev", "us-gov-west-1"),
        ("aws/us-east-1/eu-west-1/dev", "eu-west-1"),
        ("aws/non-prod/my-us-east-1x/dev", "eu-central-1"),
        ("dev", "eu-central-1"),
    ],
)
def test_the_nearest_region_above_an_environment_is_its_own_else_the_projects(path: str, region: str) -> None:
    assert region_in(path, "eu-central-1") == region
