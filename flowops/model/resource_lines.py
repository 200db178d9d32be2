"""The lines that terraform 1.x prints for people of what it does to a resource: `ADDRESS: Creating...`. Pure."""

from __future__ import annotations

# An address holds a colon only within quotes; what a provisioner prints begins with more than an address.
ADDRESS = r'(?P<address>(?:[^\s":(]|"(?:[^"\\]|\\.)*")+(?: \(deposed object \w+\))?)'
"""Matches the address at the beginning of such a line, up to its colon."""
