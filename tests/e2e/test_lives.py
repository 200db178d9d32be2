"""Whole lives: from empty accounts to a rolled-out Flowable and back, each with a checkout and a state of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import ROOT, USUAL_UMASK, Flowops
from tests.e2e.conftest import copy_project
from tests.stages import OF_REHEARSAL

PATIENCE = 1500.0
READER = "role/flowable/workload/external-secrets-${EnvironmentName}"


@dataclass(frozen=True)
class Life:
    """How one rehearsal ended."""

    code: int
    stages: Mapping[str, Mapping[str, Any]]
    progress: str


def words(name: str) -> list[str]:
    return {"prod": ["prod", "--without", "opensearch"]}.get(name, ["dev"])


def close_the_license(project: Path) -> None:
    """Let nobody in dev's cluster read the license, and let the chart wait a minute for its pods."""
    template = project / "bootstrap" / "environment-access.yaml"
    before, _, policy = template.read_text().partition("  LicenseSecretPolicy:")
    assert READER in policy
    template.write_text(f"{before}  LicenseSecretPolicy:{policy.replace(READER, 'role/flowable/workload/nobody')}")
    variables = project / "terraform-modules" / "flowable-app" / "variables.tf"
    head, _, timeout = variables.read_text().partition('variable "timeout"')
    variables.write_text(f'{head}variable "timeout"{timeout.replace("default     = 1200", "default     = 60", 1)}')
    assert variables.read_text().count("default     = 60\n") == 1


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Life]]:
    """Run all of them at once: most of the time each waits for databases that AWS's provider takes 80 s for."""
    with ExitStack() as stack:
        running = {}
        for name in ("dev", "prod", "unlicensed"):
            folder = tmp_path_factory.mktemp(name)
            flowops = Flowops(copy_project(folder / "project"), folder / "state")
            if name == "unlicensed":
                close_the_license(flowops.project)
            out, err = (stack.enter_context((folder / it).open("w+")) for it in ("out", "err"))
            argv = [sys.executable, "-m", "flowops", "--project-dir", str(flowops.project), "rehearse", *words(name)]
            process = stack.enter_context(
                subprocess.Popen(
                    [*argv, "-o", "json"],
                    cwd=ROOT,
                    env=flowops.env(),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    umask=USUAL_UMASK,
                )
            )
            # Popen's own end of the block waits; one that did not end in time is ended first.
            stack.callback(process.terminate)
            running[name] = process, folder
        yield {name: ended(process, folder) for name, (process, folder) in running.items()}


def ended(process: subprocess.Popen[bytes], folder: Path) -> Life:
    code = process.wait(PATIENCE)
    stages = json.loads((folder / "out").read_text())["data"]
    return Life(code, {it["stage"]: it for it in stages}, (folder / "err").read_text())


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_an_environment_comes_up_with_flowable_in_it_and_goes_again(lives: Mapping[str, Life], name: str) -> None:
    life = lives[name]
    assert life.code == 0, life.progress[-6000:]
    assert tuple(life.stages) == OF_REHEARSAL
    assert all(it["held"] for it in life.stages.values())
    assert life.stages["second plan"]["summary"] == "no changes"
    assert "flowable" in life.stages["rollout"]["summary"]


def test_prod_runs_on_oracle_and_dev_on_postgres(lives: Mapping[str, Life]) -> None:
    assert engines(lives["dev"]) == {"rds-postgres"}
    assert engines(lives["prod"]) == {"rds-oracle"}


def engines(life: Life) -> set[str]:
    """Return the units that made a database or a search domain."""
    return set(
        re.findall(r"/app/([\w-]+): aws_(?:db_instance|opensearch_domain|elasticsearch_domain)\.", life.progress)
    )


def test_a_license_that_cannot_be_read_keeps_flowable_from_starting_and_the_rehearsal_says_why(
    lives: Mapping[str, Life],
) -> None:
    life = lives["unlicensed"]
    assert life.code == 3, life.progress[-6000:]
    trouble = life.stages["apply"]["trouble"]
    assert "dev/app/flowable-app is failed" in trouble
    assert "secret flowable/flowable-flowable-license is not there" in trouble
    assert "secretsmanager:GetSecretValue" in trouble
    assert "is not Ready" in trouble
