"""docs/doctor.md lists every check, in its group and in the order in which lines are shown."""

from __future__ import annotations

import re
from pathlib import Path

from flowops.model.doctor import CACHE_LIMIT, CHECKS, Group

PAGE = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text()
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \|", re.MULTILINE)


def listed() -> dict[str, list[str]]:
    """Return the ids that stand below each heading of the page."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    found = {title: _ROW.findall(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)}
    return {title.lower(): ids for title, ids in found.items() if ids}


def test_the_page_lists_every_check_in_its_group_and_in_order() -> None:
    expected = {group.value.lower(): [check for check, (its, _) in CHECKS.items() if its is group] for group in Group}
    assert listed() == expected


def test_ids_are_in_kebab_case() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", it) for it in CHECKS)


def test_the_page_knows_the_usual_limit_of_caches() -> None:
    assert f"above {CACHE_LIMIT:g} GiB" in PAGE
