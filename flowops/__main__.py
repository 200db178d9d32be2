"""`python -m flowops` is the `flowops` command."""

from __future__ import annotations

from flowops.cli import main

if __name__ == "__main__":
    main()
