"""Credentials for a run's child processes: a private AWS configuration with one profile, never variables of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from flowops import atomic_file
from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.operator import process_document
from flowops.errors import OperationFailed

CONFIG_NAME, CREDENTIALS_NAME, KEYS_NAME = "aws-config", "aws-credentials", "aws-keys.json"
# A comment to some SDK's reader of the file, or a variable to the one that expands its path.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f#;$]")


def child_profile_files(
    folder: Path, profile: str, credentials: Credentials, region: str, *, endpoint_url: str | None = None
) -> Mapping[str, str]:
    """Write the profile into `folder` and return the environment entries that lead a child to it and nowhere else.

    Every SDK reads the keys through `credential_process`, again whenever they expire: calling this once more with new
    credentials renews those of children at work. OperationFailed when the folder's name cannot stand in such a file.
    """
    folder = folder.absolute()
    if _UNWRITABLE.search(str(folder)):
        raise OperationFailed(
            f"{str(folder)!r} cannot stand in an AWS configuration file: it has a control character or one of # ; $",
            not_done="No unit was started.",
            next_step="the same command in a folder with another name",
        )
    atomic_file.private_folder(folder)
    keys = folder / KEYS_NAME
    section = "default" if profile == "default" else f"profile {profile}"
    config = f"[{section}]\nregion = {region}\ncredential_process = cat {quote(str(keys))}\n"
    atomic_file.write(keys, process_document(credentials))
    atomic_file.write(folder / CONFIG_NAME, config.encode())
    atomic_file.write(folder / CREDENTIALS_NAME, b"")
    return {
        "AWS_CONFIG_FILE": str(folder / CONFIG_NAME),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / CREDENTIALS_NAME),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": region,
        **({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {}),
    }
