"""Who acts in an environment: the role a step needs, and the caller that was verified."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_SOURCE_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def source_identity(arn: str) -> str:
    """Return who the caller with this ARN is, as CloudTrail names it beside a role: user or session name; else nothing.

    STS API Reference, AssumeRole, SourceIdentity: 2 to 64 letters, digits and `_+=,.@-`, and not `aws:`.
    """
    name = re.split("[:/]", arn)[-1]
    return name if _SOURCE_IDENTITY.fullmatch(name) else ""


class Access(Enum):
    """Which role of an environment's account a step uses."""

    READ = "FlowopsPlanRole"
    WRITE = "DevOpsAdminRole"


@dataclass(frozen=True)
class Acting:
    """A verified caller: the environment variables that let child processes act as it, and who it is.

    `operator` is who became it: a role's own name is the same for everybody.
    """

    env: Mapping[str, str]
    account: str
    arn: str
    operator: str = ""


FLOWABLE_ADMIN, FLOWABLE_USER = "FlowableAdminRole", "FlowableUserRole"
ROLES = (Access.READ.value, Access.WRITE.value, FLOWABLE_ADMIN, FLOWABLE_USER)
"""Every role of an environment that people enter, the one that only reads first."""
