"""`python -m flowops` is the `flowops` command."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line that was typed; a Ctrl-C that comes before flowops is loaded is answered like any other."""
    try:
        from flowops.cli import main as command
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\nNothing was started.\n")
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
