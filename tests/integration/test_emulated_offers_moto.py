"""Quotas and offers of the emulated AWS, as doctor asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.integration.emulated_aws import Cloud, running


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("offers")) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("service", "code", "value"), [("eks", "L-1194D53C", 100), ("ec2", "L-0263D0A3", 5), ("vpc", "L-F678F1CE", 5)]
)
def test_a_quota_is_that_of_a_new_account_until_more_is_asked_for(
    service: str, code: str, value: int, cloud: Cloud
) -> None:
    quotas = cloud.client("service-quotas")
    asked = {"ServiceCode": service, "QuotaCode": code}
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == value
    made = quotas.request_service_quota_increase(**asked, DesiredValue=value + 3)["RequestedQuota"]
    assert (made["Status"], made["DesiredValue"]) == ("PENDING", value + 3)
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == value + 3
    with pytest.raises(ClientError) as refused:
        quotas.request_service_quota_increase(**asked, DesiredValue=1)
    assert refused.value.response["Error"]["Code"] == "IllegalArgumentException"


def test_a_quota_that_nobody_has_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as unknown:
        cloud.client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")
    assert unknown.value.response["Error"]["Code"] == "NoSuchResourceException"


def test_databases_are_offered_by_engine_and_class(cloud: Cloud) -> None:
    pages = cloud.client("rds").get_paginator("describe_orderable_db_instance_options")
    postgres = list(pages.paginate(Engine="postgres", DBInstanceClass="db.t4g.medium"))
    offered = [it for page in postgres for it in page["OrderableDBInstanceOptions"]]
    assert {it["DBInstanceClass"] for it in offered} == {"db.t4g.medium"}
    assert any(it["EngineVersion"].startswith("16.") for it in offered)
    oracle = list(pages.paginate(Engine="oracle-se2", DBInstanceClass="db.t4g.medium"))
    assert not any(page["OrderableDBInstanceOptions"] for page in oracle)
