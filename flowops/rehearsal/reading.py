"""Which calls only look. It imports nothing, so that whoever only reads the recorded calls loads no emulator."""

from __future__ import annotations


def reads_only(action: str) -> bool:
    """Return whether an action such as `ec2:DescribeVpcs` changes nothing."""
    prefix, _, name = action.partition(":")
    if prefix == "sts":  # GetSessionToken and AssumeRole create keys
        return name == "GetCallerIdentity"
    return name.startswith(("Describe", "List", "Get", "Head", "Lookup", "BatchGet", "Search", "Validate"))
