"""Credentials for a run's child processes: a private AWS configuration with its profiles, never variables of keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from shlex import quote

from flowops import atomic_file
from flowops.adapters.aws.client import Credentials
from flowops.adapters.aws.kept_sessions import process_document
from flowops.errors import OperationFailed
from flowops.model.profiles import ProfileSettings, section_of

CONFIG_NAME, CREDENTIALS_NAME, KEYS_NAME = "aws-config", "aws-credentials", "aws-keys.json"
# A comment to some SDK's reader of the file, or a variable to the one that expands its path.
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f#;$]")


def child_profile_files(
    folder: Path,
    profile: str,
    credentials: Credentials,
    region: str,
    *,
    roles: Iterable[ProfileSettings] = (),
    endpoint_url: str | None = None,
) -> Mapping[str, str]:
    """Write the profiles into `folder` and return the environment entries that lead a child to them and nowhere else.

    Every SDK reads the keys through `credential_process`, again whenever they expire: `renew_keys` renews those of
    children at work. `roles` are profiles that begin with `profile`. OperationFailed when the folder's name cannot
    stand in such a file.
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
    config = f"[{section_of(profile)}]\nregion = {region}\ncredential_process = cat {quote(str(keys))}\n"
    # The aws command line keeps sessions in the user's home, by role and session name: no two operators share one.
    session = sha256(credentials.access_key.encode()).hexdigest()[:16]
    config += "".join(f"{_section(it)}role_session_name = flowops-{session}\n" for it in roles)
    renew_keys(folder, credentials)
    atomic_file.write(folder / CONFIG_NAME, config.encode())
    atomic_file.write(folder / CREDENTIALS_NAME, b"")
    return {
        "AWS_CONFIG_FILE": str(folder / CONFIG_NAME),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / CREDENTIALS_NAME),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": region,
        **({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {}),
    }


def _section(role: ProfileSettings) -> str:
    return f"[{section_of(role.name)}]\n" + "".join(f"{key} = {value}\n" for key, value in role.config.items())


def renew_keys(folder: Path, credentials: Credentials) -> None:
    """Let children of the profile in `folder` have these credentials when theirs expire."""
    atomic_file.write(folder / KEYS_NAME, process_document(credentials))
