"""What `auth` needs of AWS and its files."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from flowops.model.caller_chain import CallerIdentity, MfaSession, ProfileSource, Target
from flowops.model.may import Document, Holder


class CallerAws(Protocol):
    """The hops from a profile to a role. Every method may raise CredentialsError, and Declined for an MFA code."""

    def source(self, profile: str) -> ProfileSource:
        """Return where a profile's credentials come from, without calling AWS."""

    def identity(self, profile: str) -> CallerIdentity:
        """Return who a profile's own credentials are."""

    def device(self, profile: str) -> str:
        """Return the MFA device that a profile names, empty for a profile that is used as it is."""

    def kept(self, profile: str) -> MfaSession | None:
        """Return the session that is kept and still good, without asking; None where one would have to be made."""

    def session(self, profile: str) -> MfaSession:
        """Return the session, made now where none is kept."""

    def assume(self, profile: str, target: Target) -> tuple[CallerIdentity, datetime | None]:
        """Return who a profile becomes in a role, and until when; WrongAccount outside the role's account."""


class PolicyDocuments(Protocol):
    """The policies that decide about a caller, as far as it may read them; what it may not is unread, and no error."""

    def caller(self) -> Holder:
        """Return the caller with its policies, those of its groups and its boundary; CredentialsError for nobody."""

    def role(self, arn: str) -> tuple[Holder, Document]:
        """Return a role of the environment's account with its policies and its boundary, and who it trusts."""

    def bucket(self, name: str) -> Document:
        """Return the policy of a bucket in the security account."""

    def key(self, arn: str) -> Document:
        """Return the policy of a KMS key in the security account."""

    def secret(self, arn: str) -> Document:
        """Return the policy of a secret in the security account."""
