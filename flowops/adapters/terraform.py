"""terraform's argument lists, built with python-terraform; nothing here starts a process."""

from __future__ import annotations

from python_terraform import IsFlagged, Terraform


def plan_arguments(*, destroy: bool) -> list[str]:
    """Return the arguments of a plan that asks nothing and takes no lock (the plan role cannot write one)."""
    options = {"input": False, "lock": False, **({"destroy": IsFlagged} if destroy else {})}
    return _arguments("plan", options)


def apply_arguments() -> list[str]:
    """Return the arguments of an apply that waits a little for somebody else's lock."""
    return _arguments("apply", {"input": False, "lock_timeout": "30s"})


def _arguments(command: str, options: dict[str, object]) -> list[str]:
    # Its first word is the binary, which terragrunt supplies.
    words: list[str] = Terraform().generate_cmd_string(command, **options)
    return words[1:]
