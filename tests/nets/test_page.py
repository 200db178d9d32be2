from __future__ import annotations

import pytest

from tests.nets.haul import Haul
from tests.nets.module_haul import ModuleHaul
from tests.nets.page import PAGE, parts, written


def test_the_page_shows_what_the_nets_catch(haul: Haul, modules: ModuleHaul) -> None:
    page = PAGE.read_text()
    assert written(page, parts(haul, modules)) == page, "`python -m tests.nets` writes the tables anew"


def test_a_part_without_its_marks_is_an_error() -> None:
    with pytest.raises(KeyError, match="modules"):
        written("<!-- modules -->", {"modules": "table"})
