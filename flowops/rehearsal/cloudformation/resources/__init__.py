"""The resource types that the engine can make, one class each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flowops.rehearsal.cloudformation.resources.base import ResourceType
from flowops.rehearsal.cloudformation.resources.dynamodb import Table
from flowops.rehearsal.cloudformation.resources.iam import Group, OidcProvider, Role
from flowops.rehearsal.cloudformation.resources.iam_documents import InlinePolicy, ManagedPolicy
from flowops.rehearsal.cloudformation.resources.kms import Alias, Key
from flowops.rehearsal.cloudformation.resources.s3 import Bucket, BucketPolicy
from flowops.rehearsal.cloudformation.resources.secretsmanager import Secret, SecretPolicy
from flowops.rehearsal.cloudformation.resources.sns import Topic
from flowops.rehearsal.cloudformation.resources.ssm import Parameter

_HANDLERS: Final[tuple[ResourceType, ...]] = (
    Alias(),
    Bucket(),
    BucketPolicy(),
    Group(),
    InlinePolicy(),
    Key(),
    ManagedPolicy(),
    OidcProvider(),
    Parameter(),
    Role(),
    Secret(),
    SecretPolicy(),
    Table(),
    Topic(),
)
TYPES: Final[Mapping[str, ResourceType]] = {handler.type: handler for handler in _HANDLERS}
