"""The profiles that plain tools find in a private AWS configuration: each environment, by the name people know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flowops.adapters.aws_files import FileAwsFiles
from flowops.app.site import Site
from flowops.model.caller_chain import region_of
from flowops.model.named_profiles import role_profile


def add_role_profiles(env: Mapping[str, str], site: Site, roles: Mapping[str, str], external_id: str = "") -> None:
    """Give the configuration that `env` leads to a profile of each environment in `roles`, which says whose ARN.

    Each begins with the operator's profile, which stands there.
    """
    files = FileAwsFiles(
        Path(env["AWS_CONFIG_FILE"]), Path(env["AWS_SHARED_CREDENTIALS_FILE"]), role_sessions=site.role_sessions
    )
    operator = site.config.operator.profile
    wanted = [
        role_profile(f"{operator}-{name}", arn, operator, region_of(site.config, name), external_id=external_id)
        for name, arn in roles.items()
    ]
    files.write(files.proposed(wanted))
