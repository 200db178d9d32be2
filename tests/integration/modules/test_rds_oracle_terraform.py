from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.modules.databases import (
    NOTHING,
    admitted,
    connection,
    instances,
    is_closed_and_encrypted,
    is_rotated_every_ninety_days,
    logs_are_encrypted,
    made_by_the_module,
    override,
    the_role_is_bounded,
    to_be_created,
    untagged,
)
from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]
PREFIX = "flowable-example-oracle-"
LONGEST_NAME = 8


def test_a_database_for_each_component_and_none_with_another_engine(
    started: Callable[[str], Example], aws: Aws
) -> None:
    oracle = started("rds-oracle")
    oracle.apply()
    assert oracle.plan_exit_code() == NO_CHANGES
    assert untagged(oracle, "rds-oracle") == []
    outputs = oracle.outputs()
    found = instances(aws, PREFIX)
    assert sorted(found) == ["engage", "work"]
    for component, instance in found.items():
        is_closed_and_encrypted(instance, outputs)
        assert (instance["Engine"], instance["LicenseModel"]) == ("oracle-se2", "license-included")
        assert instance["MultiAZ"]
        assert outputs["databases"][component] == connection(instance, name=component.upper())
        is_rotated_every_ninety_days(aws, instance)
        assert options(aws, instance)["SQLNET.ENCRYPTION_SERVER"] == "REQUIRED"
    assert outputs["databases"]["design"] == outputs["databases"]["control"] == NOTHING
    assert admitted(aws, outputs["security_group_id"]) == {(1521, outputs["cluster_security_group_id"])}
    logs_are_encrypted(aws, PREFIX, {"alert", "audit", "listener", "trace"}, outputs["kms_key_arn"])
    the_role_is_bounded(aws, f"{PREFIX}monitoring")

    oracle.apply(database="postgres")
    assert instances(aws, PREFIX) == {}
    assert made_by_the_module(oracle, "rds-oracle") == []
    assert all(it == NOTHING for it in oracle.outputs()["databases"].values())


def test_every_name_is_one_that_oracle_takes(started: Callable[[str], Example]) -> None:
    oracle = started("rds-oracle")
    override(oracle, "rds_oracle", *(f"flowable_{it}_enabled = true" for it in ("control", "design", "work", "engage")))
    planned = to_be_created(oracle)
    names = [after["db_name"] for address, after in planned.items() if ".aws_db_instance." in address]
    assert sorted(names) == ["CONTROL", "DESIGN", "ENGAGE", "WORK"]
    assert all(len(name) <= LONGEST_NAME for name in names)


def test_a_protected_database_keeps_the_options_that_its_snapshot_needs(started: Callable[[str], Example]) -> None:
    oracle = started("rds-oracle")
    override(oracle, "rds_oracle", "deletion_protection = true", "final_snapshot = true")
    planned = to_be_created(oracle)
    assert planned["module.rds_oracle.aws_db_option_group.this[0]"]["skip_destroy"]
    assert not planned['module.rds_oracle.aws_db_instance.this["work"]']["skip_final_snapshot"]


def test_without_a_component_there_is_nothing(started: Callable[[str], Example]) -> None:
    oracle = started("rds-oracle")
    override(oracle, "rds_oracle", "flowable_work_enabled = false", "flowable_engage_enabled = false")
    assert not any(address.startswith("module.") for address in to_be_created(oracle))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ('instance_class = "db.m6g.large"', "db.t3, m5, m5d, m6i, m6id, m6in, m7i, r5,"),
        ('instance_class = "db.m5.8xlarge"', "at most 16 virtual processors"),
        ('engine = "oracle-ee"', "AWS includes the licence of oracle-se2 only"),
        ('engine = "oracle-se1"', "engine is oracle-se2 or oracle-ee"),
        ('engine_version = "21"', "the only version that RDS offers"),
        ("deletion_protection = true", "only where deletion_protection is off"),
    ],
)
def test_what_costs_money_or_data_is_refused(started: Callable[[str], Example], line: str, refusal: str) -> None:
    oracle = started("rds-oracle")
    override(oracle, "rds_oracle", line)
    assert refusal in oracle.refused()


def options(aws: Aws, instance: dict[str, Any]) -> dict[str, str]:
    (membership,) = instance["OptionGroupMemberships"]
    (group,) = aws("rds").describe_option_groups(OptionGroupName=membership["OptionGroupName"])["OptionGroupsList"]
    return {it["Name"]: it["Value"] for option in group["Options"] for it in option["OptionSettings"]}
