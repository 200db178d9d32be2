"""What a deploying job says of each exit code: whatever may have changed something is never called "nothing"."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from flowops.errors import Exit
from flowops.model.ci import CiRequest
from tests.integration.ci.written import GITHUB, GITLAB, project_in, written

MAY_HAVE_CHANGED = (Exit.PARTLY_DONE, Exit.REFUSED, Exit.CREDENTIALS, Exit.LOCKED, Exit.INTERRUPTED, Exit.TERMINATED)


def deploying_script(folder: Path, request: CiRequest) -> str:
    written(project_in(folder), request)
    if request is GITLAB:
        pipeline = yaml.safe_load((folder / ".gitlab/flowops.gitlab-ci.yml").read_text())
        return str(pipeline["flowops-deploy"]["script"][0])
    workflow = yaml.safe_load((folder / ".github/workflows/flowops-deploy.yml").read_text())
    return str(workflow["jobs"]["apply"]["steps"][-1]["run"])


@pytest.mark.parametrize("request_", [GITHUB, GITLAB], ids=["GitHub", "GitLab"])
def test_every_end_is_told_as_what_it_may_be(tmp_path: Path, request_: CiRequest) -> None:
    script = deploying_script(tmp_path / "project", request_)
    tool = tmp_path / "flowops" / "bin" / "flowops"
    tool.parent.mkdir(parents=True)
    for code in (Exit.FINE, Exit.FAILED, *MAY_HAVE_CHANGED):
        tool.write_text(f"#!/bin/sh\nexit {int(code)}\n")
        tool.chmod(0o700)
        env = {"PATH": f"{tool.parent}:/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path), "temporary": str(tmp_path)}
        env |= {"ENVIRONMENT": "dev", "LAYER": "", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
        done = subprocess.run(["bash", "-e", "-c", script], env=env, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert bool(said) is (code is not Exit.FINE)
        if code in MAY_HAVE_CHANGED:
            assert "nothing" not in said.lower(), code
        if code not in (Exit.FINE, Exit.PARTLY_DONE):
            assert "flowops status dev" in said, code
