"""How long each stage of a rehearsal takes: `python benchmarks/rehearsal.py [--json] [ENV [LAYER] [--without NAME]]`.

Runs one whole life of an environment and prints the wall seconds of each stage, as a table or as one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time


def main() -> int:
    """Run one rehearsal, print its stages, and return its exit code."""
    parser = argparse.ArgumentParser(description="Seconds of each stage of a rehearsal.")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("what", nargs=argparse.REMAINDER, help="what `flowops rehearse` is told (dev foundation)")
    given = parser.parse_args()
    argv = [sys.executable, "-m", "flowops", "rehearse", *(given.what or ["dev", "foundation"]), "-o", "json"]
    begun = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
    wall = time.monotonic() - begun
    if not done.stdout:
        return done.returncode
    stages = json.loads(done.stdout)["data"] or []
    seconds = {it["stage"]: it["seconds"] for it in stages}
    if given.json:
        print(json.dumps({"wall_seconds": round(wall, 1), "exit_code": done.returncode, "stages": seconds}))
    else:
        for name, value in {**seconds, "in all": wall}.items():
            print(f"{name:<14}{value:>8.1f} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
