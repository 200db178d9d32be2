"""What `init` wrote."""

from __future__ import annotations

from collections import Counter
from shlex import quote

from rich.console import Group

from flowops.cli.view.result import Result
from flowops.cli.view.tables import rows_table
from flowops.operations.init import Scaffold


def scaffold_result(made: Scaffold, where: str, *, enter: str = "") -> Result:
    """Return what was written into `where`, folder by folder, and what is typed next, `cd` to `enter` first."""
    first = [f"cd {quote(enter)}"] if enter else []
    folders = Counter("/".join(path.parts[:-1][:6]) or "." for path in made.written)
    data = {
        "written": [str(it) for it in made.written],
        "kept": [str(it) for it in made.kept],
        "notes": list(made.notes),
        "next": [*first, *made.following],
    }
    kept = [f"Kept as it was: {', '.join(map(str, made.kept))}."] if made.kept else []
    following = [f"Next: {it}" for it in (*first, *made.following)]
    table = rows_table(f"Written into {where}", ("folder", "files"), sorted(folders.items()))
    return Result("init", data, Group(table, *kept, *made.notes, *following))
