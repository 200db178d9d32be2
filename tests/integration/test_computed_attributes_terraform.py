"""The table of what only AWS sets, against the schema of the provider that the project pins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flowops.adapters.toolchain import Toolchain

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "flowops" / "data" / "drift" / "computed.json"


def test_the_table_is_what_the_providers_schema_says(own_toolchain: Toolchain, tmp_path: Path) -> None:
    own_toolchain.install()
    made = tmp_path / "computed.json"
    argv = [sys.executable, "scripts/computed_attributes.py", str(made)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert made.read_bytes() == TABLE.read_bytes()
