"""A pool that is busy starts providers as reliably as an idle one."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from flowops.adapters.process import Processes
from tests.integration.warm_bench import PROJECT

COUNT = "100"


def test_no_provider_is_lost_to_a_start_while_calls_are_under_way() -> None:
    with tempfile.TemporaryDirectory(prefix="crowd-") as root:  # short: its sockets have little room for a name
        argv = [sys.executable, "-m", "tests.integration.crowded_pool", root, COUNT]
        done = Processes().run(argv, env={"PATH": os.environ["PATH"]}, cwd=PROJECT, timeout=120)
        assert done.stdout.splitlines()[-1:] == [f"{COUNT} of {COUNT}"], done.stdout + done.stderr
        assert list(Path(root, "run").iterdir()) == []
