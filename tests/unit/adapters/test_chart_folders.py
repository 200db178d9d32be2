"""Which chart repositories units need, told by their files and their modules' files."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from flowops.adapters.chart_repositories import ChartFolders
from flowops.model.deployment import Unit

UNIT = Unit("dev", "foundation", "charts", PurePosixPath("dev/charts"))


@pytest.mark.parametrize("module", ["charts", "my_charts", "Charts", "group/charts"])
@pytest.mark.parametrize("end", ["", "?ref=v1"])
def test_a_unit_needs_the_repositories_of_its_modules_charts(tmp_path: Path, module: str, end: str) -> None:
    folders = ChartFolders(tmp_path / "deployments", tmp_path / "modules")
    (folders.deployments / UNIT.path).mkdir(parents=True)
    (folders.deployments / UNIT.path / "terragrunt.hcl").write_text(f'source = "${{local.modules}}//{module}{end}"')
    (folders.modules / module).mkdir(parents=True)
    (folders.modules / module / "main.tf").write_text('chart = "eks/controller"')
    assert folders.aliases((UNIT,), ("eks", "flowable")) == {"eks"}
