"""Every way in which the mutation run makes a template weaker."""

from __future__ import annotations

from tests.nets.changes import Weakening
from tests.nets.weakenings.environment_access import ENVIRONMENT_ACCESS
from tests.nets.weakenings.environment_account import ENVIRONMENT_ACCOUNT
from tests.nets.weakenings.security_account import SECURITY_ACCOUNT

WEAKENINGS: tuple[Weakening, ...] = (*SECURITY_ACCOUNT, *ENVIRONMENT_ACCESS, *ENVIRONMENT_ACCOUNT)
