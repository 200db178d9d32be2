"""Why an ExternalSecret is not fulfilled."""

from __future__ import annotations


class Unfulfilled(Exception):
    """An ExternalSecret cannot be fulfilled now; the text says why and holds no value of a secret."""


class Gone(Unfulfilled):
    """Secrets Manager has no such secret, or one without a value."""
