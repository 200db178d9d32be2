"""The templates as cfn-lint sees them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flowops.adapters.process import Processes

BOOTSTRAP = Path(__file__).parents[2] / "bootstrap"


def test_cfn_lint_finds_nothing_wrong_and_nothing_doubtful() -> None:
    templates = sorted(path.name for path in BOOTSTRAP.glob("*.yaml"))
    assert templates == ["environment-access.yaml", "environment-account.yaml", "security-account.yaml"]
    argv = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "warning", *templates]
    found = Processes().run(argv, env={"PATH": os.environ["PATH"]}, cwd=BOOTSTRAP, timeout=120)
    assert (found.stdout, found.returncode) == ("", 0), found.stderr
