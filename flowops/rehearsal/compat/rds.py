"""RDS: instances, Aurora clusters and parameter groups."""

from __future__ import annotations

import secrets
import string
from typing import Any

from moto.rds.models import DBCluster, DBInstance, DBParameterGroup

from flowops.rehearsal.compat.patching import Function, around

RESOURCE_ID_ALPHABET = string.ascii_uppercase + "234567"


def install() -> None:
    """Give each instance an id of its own and return the settings that terraform compares.

    moto uses one resource id for all instances, forgets Performance Insights, returns a scaling
    configuration for clusters that have none, and does not mark parameters as the user's: each is a
    difference in every plan.
    """
    around(DBInstance, "__init__", _complete_instance)
    around(DBParameterGroup, "update_parameters", _as_the_users_own)
    scaling = DBCluster.scaling_configuration_info.fget
    DBCluster.scaling_configuration_info = property(
        lambda cluster: scaling(cluster) if cluster.engine_mode == "serverless" else None
    )


def _complete_instance(original: Function, self: Any, *given: Any, **settings: Any) -> None:
    original(self, *given, **settings)
    self.dbi_resource_id = "db-" + "".join(secrets.choice(RESOURCE_ID_ALPHABET) for _ in range(26))
    self.performance_insights_enabled = bool(settings.get("enable_performance_insights"))
    if self.performance_insights_enabled:
        self.performance_insights_retention_period = settings.get("performance_insights_retention_period") or 7
        self.performance_insights_kms_key_id = settings.get("performance_insights_kms_key_id") or self.kms_key_id


def _as_the_users_own(original: Function, self: Any, parameters: list[dict[str, Any]]) -> None:
    original(self, [{**parameter, "Source": "user"} for parameter in parameters])
