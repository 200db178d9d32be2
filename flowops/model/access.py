"""Who acts in an environment: the role a step needs, and the caller that was verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Access(Enum):
    """Which role of an environment's account a step uses."""

    READ = "FlowopsPlanRole"
    WRITE = "DevOpsAdminRole"


@dataclass(frozen=True)
class Acting:
    """A verified caller: the environment variables that let child processes act as it, and who it is."""

    env: Mapping[str, str]
    account: str
    arn: str
