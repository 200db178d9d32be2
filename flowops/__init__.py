"""flowops takes empty AWS accounts to a running Flowable Work platform, and keeps it there."""

from __future__ import annotations

__version__ = "0.1.0"
