"""Commands in what is printed, led where the one that prints them was led: typed as they stand they reach that too."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from flowops.cli.short_help import SHORT_HELP

OF_THE_CHECKOUT = ("rehearse", "toolchain")
"""Commands that are the same with and without --rehearsal."""

AWS = (
    "account",
    "cloudformation",
    "configure",
    "ec2",
    "eks",
    "elb",
    "elbv2",
    "iam",
    "organizations",
    "rds",
    "s3api",
    "secretsmanager",
    "service-quotas",
    "sso",
    "sts",
)
"""The first words of all commands of the aws command line that we print."""

_FLOWOPS = re.compile(rf"(?<![\w/.-])flowops (?P<verb>{'|'.join(SHORT_HELP)})(?![\w-])")
_AWS = re.compile(rf"(?<![\w/.-])aws (?=(?:{'|'.join(AWS)}) )")


def led(text: str, project_dir: str, *, rehearsal: bool) -> str:
    """Return a text whose commands of flowops have these options; `project_dir` "" is none."""
    place = f"--project-dir {shlex.quote(project_dir)} " if project_dir else ""

    def command(found: re.Match[str]) -> str:
        there = "--rehearsal " if rehearsal and found["verb"] not in OF_THE_CHECKOUT else ""
        return f"flowops {place}{there}{found['verb']}"

    return _FLOWOPS.sub(command, text)


def led_by(text: str, variables: Callable[[], Mapping[str, str]]) -> str:
    """Return a text whose commands of the aws command line have variables before them, looked up where there is one."""
    if not _AWS.search(text):
        return text
    before = "".join(f"{name}={shlex.quote(value)} " for name, value in variables().items())

    def command(found: re.Match[str]) -> str:
        return found[0] if text.endswith(before, 0, found.start()) else f"{before}{found[0]}"

    return _AWS.sub(command, text)
