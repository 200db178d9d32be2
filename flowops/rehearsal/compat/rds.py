"""RDS: instances, Aurora clusters, parameter groups, and what stands around a database."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from moto.rds.models import DBCluster, DBInstance, DBParameterGroup, MasterUserSecret
from moto.secretsmanager.models import SecretsManagerBackend

from flowops.rehearsal.compat.patching import Function, around

RESOURCE_ID_ALPHABET = string.ascii_uppercase + "234567"


def install() -> None:
    """Give each instance an id of its own and return the settings that terraform compares.

    moto uses one resource id for all instances, forgets Performance Insights, returns a scaling
    configuration for clusters that have none, and does not mark parameters as the user's: each is a difference
    in every plan. A master password's rotation has no function that could be named: moto does not cancel it, and
    ends it without a password; and it has one password for all databases of the world.
    """
    around(DBInstance, "__init__", _complete_instance)
    around(DBParameterGroup, "update_parameters", _as_the_users_own)
    scaling = DBCluster.scaling_configuration_info.fget
    DBCluster.scaling_configuration_info = property(
        lambda cluster: scaling(cluster) if cluster.engine_mode == "serverless" else None
    )
    around(SecretsManagerBackend, "cancel_rotate_secret", _cancel_managed_rotation)
    around(SecretsManagerBackend, "rotate_secret", _rotate_managed)
    around(
        MasterUserSecret, "_generate_secret_string", lambda original, self: _credentials(self.resource.master_username)
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


def _cancel_managed_rotation(original: Function, self: Any, secret_id: str) -> Any:
    secret = self.secrets.get(secret_id)
    if secret is None or getattr(secret, "owning_service", None) is None:
        return original(self, secret_id)
    secret.rotation_enabled = False
    return secret.to_short_dict()


def _rotate_managed(
    original: Function, self: Any, secret_id: str, *given: Any, rotate_immediately: bool = True, **settings: Any
) -> Any:
    """Give a database's secret a new password at once, as RDS does without anybody's function."""
    secret = self.secrets.get(secret_id)
    if secret is None or getattr(secret, "owning_service", None) is None:
        return original(self, secret_id, *given, rotate_immediately=rotate_immediately, **settings)
    # moto makes a version without a value for now, and one with the old value for later.
    answer = original(self, secret_id, *given, rotate_immediately=False, **settings)
    if rotate_immediately:
        version = secret.versions[secret.default_version_id]
        version["secret_string"] = _credentials(json.loads(version["secret_string"])["username"])
        secret.secret_string = version["secret_string"]
    return answer


def _credentials(username: str) -> str:
    return json.dumps({"username": username, "password": secrets.token_urlsafe(24)})
