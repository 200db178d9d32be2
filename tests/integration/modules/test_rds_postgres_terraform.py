from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.modules.databases import (
    NOTHING,
    admitted,
    connection,
    final_snapshots,
    instances,
    is_closed_and_encrypted,
    is_rotated_every_ninety_days,
    logs_are_encrypted,
    made_by_the_module,
    override,
    parameters,
    the_role_is_bounded,
    to_be_created,
    untagged,
)
from tests.integration.modules.example import MODULES, NO_CHANGES, Example

Aws = Callable[[str], Any]
SHARED = ("key.tf", "monitoring.tf", "network.tf", "outputs.tf", "passwords.tf", "versions.tf")


def test_a_database_for_each_component_and_none_with_another_engine(
    started: Callable[[str], Example], aws: Aws
) -> None:
    postgres = started("rds-postgres")
    override(postgres, "rds_postgres", "final_snapshot = true")
    postgres.apply()
    assert postgres.plan_exit_code() == NO_CHANGES
    assert untagged(postgres, "rds-postgres") == []
    outputs = postgres.outputs()
    found = instances(aws, "flowable-example-postgres-")
    assert sorted(found) == ["control", "work"]
    for component, instance in found.items():
        is_closed_and_encrypted(instance, outputs)
        assert instance["IAMDatabaseAuthenticationEnabled"]
        assert outputs["databases"][component] == connection(instance, name=component)
        is_rotated_every_ninety_days(aws, instance)
    assert outputs["databases"]["design"] == outputs["databases"]["engage"] == NOTHING
    assert parameters(aws, found["work"])["rds.force_ssl"] == "1"
    assert admitted(aws, outputs["security_group_id"]) == {(5432, outputs["cluster_security_group_id"])}
    logs_are_encrypted(aws, "flowable-example-postgres-", {"postgresql", "upgrade"}, outputs["kms_key_arn"])
    the_role_is_bounded(aws, "flowable-example-postgres-monitoring")

    postgres.apply(database="oracle")
    assert instances(aws, "flowable-example-postgres-") == {}
    assert made_by_the_module(postgres, "rds-postgres") == []
    assert all(it == NOTHING for it in postgres.outputs()["databases"].values())
    assert sorted(final_snapshots(aws, "flowable-example-postgres-")) == ["control", "work"]


def test_a_protected_database_leaves_a_snapshot_with_a_name_of_its_own(started: Callable[[str], Example]) -> None:
    postgres = started("rds-postgres")
    override(postgres, "rds_postgres", "deletion_protection = true", "final_snapshot = true")
    planned = to_be_created(postgres)['module.rds_postgres.aws_db_instance.this["work"]']
    assert planned["deletion_protection"]
    assert not planned["skip_final_snapshot"]
    assert not planned["delete_automated_backups"]
    assert re.fullmatch(r"flowable-example-postgres-work-final-\d{14}", planned["final_snapshot_identifier"])


def test_without_a_component_there_is_nothing(started: Callable[[str], Example]) -> None:
    postgres = started("rds-postgres")
    override(postgres, "rds_postgres", "flowable_control_enabled = false", "flowable_work_enabled = false")
    assert not any(address.startswith("module.") for address in to_be_created(postgres))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ('database = "mysql"', "database is postgres or oracle"),
        ('engine_version = "13"', "a version of PostgreSQL from 14 on"),
        ("subnet_ids = [aws_subnet.database[0].id]", "RDS demands two availability zones"),
        ("backup_retention_days = 1", "a number from 7 to 35"),
        ("deletion_protection = true", "only where deletion_protection is off"),
        ("storage = { allocated = 100, maximum = 100 }", "maximum at least a tenth above it"),
        ("password_rotation_days = 0", "a number from 1 to 365"),
    ],
)
def test_what_costs_money_or_data_is_refused(started: Callable[[str], Example], line: str, refusal: str) -> None:
    postgres = started("rds-postgres")
    override(postgres, "rds_postgres", line)
    assert refusal in postgres.refused()


@pytest.mark.parametrize("file", SHARED)
def test_what_both_engines_need_is_the_same_in_both_modules(file: str) -> None:
    assert (MODULES / "rds-oracle" / file).read_text() == (MODULES / "rds-postgres" / file).read_text()
