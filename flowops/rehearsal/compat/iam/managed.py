"""The policies that AWS manages, parsed once and shared by all accounts.

moto reads three megabytes of them for every account and partition, and only when a variable of the
environment asks for it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import moto.iam.models as iam
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

PARTITION = "aws"


def install() -> None:
    """Give every account AmazonEKSClusterPolicy and its kin, and leave them out of snapshots."""
    IAMBackend._init_aws_policies = _policies_of
    AWSManagedPolicy.__reduce__ = _named


def _policies_of(backend: Any) -> list[Any]:
    """Return an account's own copies: how often a policy is attached is counted by account."""
    if backend.partition != PARTITION:
        return []
    return [_copy(policy) for policy in _shipped().values()]


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    documents = json.loads(aws_managed_policies_data)
    make = iam.AWSManagedPolicy.from_data
    return {name: make(name, DEFAULT_ACCOUNT_ID, PARTITION, document) for name, document in documents.items()}


def _named(policy: Any) -> tuple[Any, tuple[str, int]]:
    return _again, (policy.name, policy.attachment_count)


def _again(name: str, attachment_count: int) -> Any:
    """Return the policy that a snapshot names."""
    policy = _copy(_shipped()[name])
    policy.attachment_count = attachment_count
    return policy


def _copy(policy: Any) -> Any:
    """Return a shallow copy, attribute by attribute: copy.copy would ask for the name that a snapshot keeps."""
    twin = object.__new__(type(policy))
    vars(twin).update(vars(policy))
    return twin
