"""The modules that a unit's file names."""

from __future__ import annotations

import pytest

from flowops.adapters.unit_file import modules_in


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("${include.root.locals.modules}//vpc", ("vpc",)),
        ("${include.root.locals.modules}//my_module", ("my_module",)),
        ("../../modules//rds/Postgres", ("rds/Postgres",)),
        ("../../modules//vpc/", ("vpc",)),
        ("git::https://example.com/modules.git//app?ref=v1.2.0", ("app",)),
        ("git::https://localhost//app", ("app",)),
        ("git::https://example.com/modules.git", ()),
        ("../../modules/vpc", ()),
    ],
)
def test_a_module_is_what_follows_two_slashes(source: str, found: tuple[str, ...]) -> None:
    assert modules_in(f'terraform {{\n  source = "{source}"\n}}\n') == found
