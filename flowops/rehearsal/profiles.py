"""The files that stand for ~/.aws in a rehearsal: the organization's administrator, and later its operator."""

from __future__ import annotations

import configparser
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowops import atomic_file


@dataclass(frozen=True)
class Keys:
    """One access key of an IAM user."""

    access_key: str
    secret_key: str


@dataclass(frozen=True)
class Operator:
    """The rehearsal's operator: an IAM user whose virtual MFA device we hold ourselves."""

    user: str
    serial: str
    seed: str

    def save(self, path: Path) -> None:
        """Keep the operator, readable by its owner only."""
        atomic_file.write(path, json.dumps(vars(self), indent=2).encode())

    @classmethod
    def load(cls, path: Path) -> Operator | None:
        """Return the operator kept at `path`, None where there is none yet."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def add_user_profile(folder: Path, profile: str, keys: Keys, region: str, **settings: str) -> None:
    """Write a profile of an IAM user's keys into `folder`/config and `folder`/credentials; others stay."""
    atomic_file.private_folder(folder)
    _update(folder / "credentials", profile, aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key)
    _update(folder / "config", f"profile {profile}", region=region, **settings)


def _update(path: Path, section: str, **values: str) -> None:
    parser: Any = configparser.RawConfigParser()
    parser.read(path)
    parser[section] = values
    text = io.StringIO()
    parser.write(text)
    atomic_file.write(path, text.getvalue().encode())
