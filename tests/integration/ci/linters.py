"""The linters of pipelines: zizmor and check-jsonschema from PyPI, actionlint built from its Go module."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from flowops.adapters.process import Completed, Processes
from flowops.adapters.toolchain.binary import Binary
from flowops.adapters.toolchain.machine import Machine
from flowops.app.tools import user_cache
from flowops.model.toolchain import GoModule, Tool, platform_of

ACTIONLINT = Tool(
    "actionlint",
    "1.7.12",
    module=GoModule(
        "actionlint",
        "github.com/rhysd/actionlint/cmd/actionlint",
        "-s -w -X github.com/rhysd/actionlint.version={version}",
        "github.com/rhysd/actionlint",
    ),
    version_argv=("-version",),
    calls_itself="1",
)
"""go.mod and go.sum of the same version stand beside this file."""


def lint(program: Path | str, *words: str, folder: Path) -> Completed:
    """Run a linter in a folder; a name alone is a program of this environment."""
    path = program if isinstance(program, Path) else Path(sys.executable).with_name(program)
    return Processes().run([str(path), *words], env=dict(os.environ), cwd=folder, timeout=120)


def actionlint() -> Path:
    """Return the program, built into the user's cache where it is not there yet."""
    machine = Machine(
        env=os.environ,
        platform=platform_of(platform.system(), platform.machine()),
        cache=user_cache(os.environ),
        scripts=Path(sys.executable).parent,
        python=Path(sys.executable),
        data=Path(__file__).parent,
        provider_roots=(),
        progress=lambda line: None,
    )
    return Path(Binary(ACTIONLINT, machine, Processes()).install().path)
