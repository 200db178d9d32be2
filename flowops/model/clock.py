"""How far this machine's clock is from AWS's. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TOLERATED = timedelta(seconds=120)
"""AWS refuses signatures that are five minutes off, S3 those that are fifteen."""


def ahead(date_header: str, now: datetime) -> timedelta:
    """Return how far `now` is ahead of an HTTP Date header, negative where it is behind; zero where nothing is said."""
    try:
        theirs = parsedate_to_datetime(date_header)
    except ValueError:
        return timedelta()
    return now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))
