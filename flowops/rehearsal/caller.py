"""Who makes a request: the account, the principal as STS names it, and the role behind a session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import moto.iam.models as iam
from moto.sts.models import sts_backends

from flowops.rehearsal.recognition import Signature

# What the CloudFormation engine signs its own calls with; it acts in the account that this header names.
ENGINE_KEY = "cfn"
ENGINE_PRINCIPAL = "cloudformation.amazonaws.com"
ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"
PARTITION = "aws"


@dataclass(frozen=True)
class Caller:
    """`principal` is what GetCallerIdentity answers; `role` is a role's ARN with its path, or empty.

    `source_identity` is what the role's session was begun with, mostly nothing.
    """

    account: str
    principal: str
    role: str = ""
    source_identity: str = ""


def is_nested(environ: Mapping[str, Any], signature: Signature) -> bool:
    """Whether the request comes from the emulator itself, in the middle of another request."""
    return signature.access_key == ENGINE_KEY and ACCOUNT_HEADER in environ


def caller_of(environ: Mapping[str, Any], signature: Signature) -> Caller:
    """Return who signed the request; asked before it runs, because it may delete its own key."""
    if is_nested(environ, signature):
        return Caller(environ[ACCOUNT_HEADER], ENGINE_PRINCIPAL)
    # Through the modules: compat replaces these functions after this module was imported.
    account = environ.get(ACCOUNT_HEADER) or iam.get_account_id_from(signature.access_key)
    return caller_by_key(account, signature.access_key, signature.region)


def caller_by_key(account: str, access_key: str, region: str) -> Caller:
    """Return whom an access key belongs to."""
    sts = sts_backends[account][PARTITION]
    _, principal, _ = sts.get_caller_identity(access_key, region)
    session = sts.get_assumed_role_from_access_key(access_key)
    if session is None:
        return Caller(account, principal)
    # Where the compatibility layer for STS keeps its sessions; it cannot be imported here, because it imports this.
    kept = vars(sts).get("flowops_sessions", {}).get(access_key)
    return Caller(account, principal, _role(session.role_arn), kept.source_identity if kept else "")


def _role(assumed: str) -> str:
    """Return the ARN of the role that stands behind an assumed ARN: moto lets its path be left out."""
    found = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", assumed)
    if found is None:
        return assumed
    account, name = found.groups()
    roles = tuple(iam.iam_backends[account][PARTITION].roles.values())
    return next((role.arn for role in roles if role.name == name), assumed)
