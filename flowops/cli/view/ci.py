"""What `ci` wrote, and how it divides a check."""

from __future__ import annotations

from rich.console import Group

from flowops.cli.view.result import Result
from flowops.cli.view.tables import rows_table
from flowops.model.ci_matrix import Matrix
from flowops.operations.ci import CiSetup


def setup_result(made: CiSetup) -> Result:
    """Return what was written, what stood there already, and what is to be done now."""
    data = {
        "written": [str(it) for it in made.written],
        "unchanged": [str(it) for it in made.unchanged],
        "notes": list(made.notes),
        "next": list(made.following),
    }
    rows = [
        *((str(it), "written") for it in made.written),
        *((str(it), "unchanged") for it in made.unchanged),
    ]
    following = [f"Next: {it}" for it in made.following]
    return Result("ci init", data, Group(rows_table("Pipelines", ("file", "is"), rows), *made.notes, *following))


def matrix_result(matrix: Matrix) -> Result:
    """Return the parts of a check, with their units."""
    data = {
        "count": matrix.count,
        "measured": matrix.measured,
        "shards": [
            {"shard": str(it), "units": sorted(unit for unit, index in matrix.assigned.items() if index == it.index)}
            for it in matrix.shards
        ],
    }
    return Result("ci matrix", data, matrix.as_json())


def comment_result(*, changed: bool) -> Result:
    """Return whether the comment is a new one."""
    text = "The comment of the request was brought up to date." if changed else "The request has a comment now."
    return Result("ci comment", {"new": not changed}, text)
