"""What a run of the nets prints at its end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.nets.conftest import pytest_terminal_summary
from tests.nets.haul import Haul
from tests.nets.module_haul import ModuleHaul
from tests.nets.survivors import MODULE_SURVIVORS, TEMPLATE_SURVIVORS


class Paper:
    """A terminal that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        self.lines.append(title)

    def write_line(self, line: str) -> None:
        self.lines.append(line)


def test_the_caught_share_is_printed_with_every_survivor_and_its_reason(
    haul: Haul, modules: ModuleHaul, pytestconfig: pytest.Config
) -> None:
    paper: Any = Paper()
    pytest_terminal_summary(paper, pytestconfig)
    for catches, survivors in ((haul.weakened, TEMPLATE_SURVIVORS), (modules.weakened, MODULE_SURVIVORS)):
        caught = sum(it.caught for it in catches)
        assert f"{caught} of {len(catches)} caught ({100 * caught / len(catches):.1f} %)" in paper.lines
        for name, reason in survivors.items():
            assert any(line.endswith(f"{name} -- not caught: {reason}") for line in paper.lines), name
