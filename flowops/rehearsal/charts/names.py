"""Where the chart repositories of an emulated AWS are, and what they are called.

It does not load the emulator: whoever leads Helm there needs it, too.
"""

from __future__ import annotations

from flowops.model.charts import USUAL

PATH = "/flowops/charts"
"""Below it each repository has a folder of its alias."""

ALIASES = tuple(sorted(USUAL))

CREDENTIALS_SECRET = "/flowable/repository"
"""The secret of the security account with the keys `username` and `password` of Flowable's own repository."""


def repository_url(endpoint: str, alias: str) -> str:
    """Return the URL of a repository at the emulator whose URL is `endpoint`."""
    return f"{endpoint.rstrip('/')}{PATH}/{alias}/"
