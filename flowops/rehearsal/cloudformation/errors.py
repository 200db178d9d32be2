"""What CloudFormation refuses, with the error codes and texts of its API.

Rejected                       ValidationError
├── InsufficientCapabilities   InsufficientCapabilitiesException
├── AlreadyExists              AlreadyExistsException
├── ChangeSetNotFound          ChangeSetNotFound
├── InvalidChangeSetStatus     InvalidChangeSetStatus
└── TokenReused                TokenAlreadyExistsException
"""

from __future__ import annotations

from typing import ClassVar


class Rejected(Exception):
    """CloudFormation says no; the text is what the caller reads."""

    code: ClassVar[str] = "ValidationError"


class InsufficientCapabilities(Rejected):
    """The template makes IAM resources, and the caller has not acknowledged that."""

    code: ClassVar[str] = "InsufficientCapabilitiesException"


class AlreadyExists(Rejected):
    """A stack or change set of that name is there."""

    code: ClassVar[str] = "AlreadyExistsException"


class ChangeSetNotFound(Rejected):
    """No change set of that name or ARN."""

    code: ClassVar[str] = "ChangeSetNotFound"


class InvalidChangeSetStatus(Rejected):
    """The change set cannot be executed, deleted or replaced as it stands."""

    code: ClassVar[str] = "InvalidChangeSetStatus"


class TokenReused(Rejected):
    """A ClientRequestToken was used for another operation before."""

    code: ClassVar[str] = "TokenAlreadyExistsException"
