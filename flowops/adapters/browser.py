"""The browser of whoever sits at this machine."""

from __future__ import annotations

import webbrowser


def opened(url: str) -> bool:
    """Whether a browser was started with this address; False where there is none."""
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
