"""`flowops why` on this project's own tree says what its page says, without AWS."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, Flowops
from tests.lock import DEV, write_lock

PAGE = (ROOT / "docs" / "why.md").read_text()
EXAMPLES = re.findall(r"^```text\n\$ flowops (why .*?)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LAYER = "deployments/aws/non-prod/eu-central-1/dev/foundation"


@pytest.fixture
def rendered(flowops: Flowops) -> Flowops:
    """Return flowops at a project that was discovered and rendered."""
    write_lock(flowops.project)
    assert flowops("render").code == 0
    return flowops


def test_the_page_shows_what_the_command_prints(rendered: Flowops) -> None:
    assert len(EXAMPLES) == 4
    for command, shown in EXAMPLES:
        ended = rendered(*command.split())
        assert (ended.code, ended.err) == (0, "")
        assert without_lines(ended.out) == without_lines(shown), command


def without_lines(shown: str) -> str:
    """Return a chain without the numbers of its lines: a line that moved does not make the page untrue."""
    return re.sub(r"(\.(?:hcl|hcl\.j2|yaml|lock)):\d+", r"\1", shown)


def test_it_works_before_anything_is_discovered(flowops: Flowops) -> None:
    ended = flowops("why", "dev/foundation/eks", "devops_admin_role_arn")
    assert ended.code == 0
    assert f"{LAYER}/foundation.hcl.j2:8: not rendered yet; next: flowops render" in ended.out
    assert "not discovered yet; next: flowops discover" in ended.out


def test_the_envelope_holds_the_chain(rendered: Flowops) -> None:
    data = rendered("why", "dev/foundation/eks", "devops_admin_role_arn", "-o", "json").envelope["data"]
    assert data["value"] == f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole"
    last = data["steps"][-1]
    assert (last["kind"], last["file"]) == ("stack output", "flowops.lock")
    assert "DevOpsAdminRoleArn" in (rendered.project / "flowops.lock").read_text().splitlines()[last["line"] - 1]


def test_a_stale_file_is_said(rendered: Flowops) -> None:
    file = rendered.project / LAYER / "foundation.hcl"
    file.write_text(file.read_text().replace(f"{DEV}:role/flowable/DevOps", f"{DEV}:role/mine/DevOps"))
    ended = rendered("why", "dev/foundation/eks", "devops_admin_role_arn")
    assert "foundation.hcl:8: differs from what its template says now; next: flowops render" in ended.out


def test_a_variable_of_the_shell_that_wins_by_hand_is_named(rendered: Flowops) -> None:
    words = ("why", "dev/foundation/efs", "deletion_protection")
    ended = rendered(*words, env={"TF_VAR_deletion_protection": "true"})
    assert "TF_VAR_deletion_protection is set in this shell" in ended.out
    assert "TF_VAR" not in rendered(*words).out


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("dev/foundation/ekss", "x"), "There is no unit 'ekss' in dev/foundation; did you mean 'eks'?"),
        (("dev", "foundation"), "There is no unit 'dev' (a unit is written ENV/LAYER/UNIT)"),
        (("dev/foundation/eks", "cluster"), "has no input 'cluster'; did you mean 'cluster_name'?"),
        (("dev/foundation/eks", "vpc_cidr"), "The tree sets it (deployments/aws/non-prod/eu-central-1/dev/env.hcl:"),
        (("dev/foundation/eks",), "Missing argument 'INPUT'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(flowops: Flowops, words: tuple[str, ...], answer: str) -> None:
    ended = flowops("why", *words)
    assert ended.code == 64
    assert answer in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"locals {\n  a = {\n", ":2: is not HCL"),
        (b"\x7fELF\x02\x01\x00\xff", ":1: is not UTF-8 text"),
        (b"locals {\n  cluster_name = local.b\n  b = local.cluster_name\n}\n", ":2: local 'cluster_name' needs itself"),
        (b"a = 1\n" * 400_000, ":1: is larger than 1 MiB"),
        (None, ":1: is not a regular file"),
    ],
)
def test_a_hostile_file_is_one_clear_line(flowops: Flowops, content: bytes | None, answer: str) -> None:
    file = flowops.project / "deployments/aws/non-prod/eu-central-1/dev/env.hcl"
    file.unlink()
    if content is None:
        os.mkfifo(file)
    else:
        file.write_bytes(content)
    ended = flowops("why", "dev/foundation/eks", "cluster_name", timeout=300)
    assert ended.code == 64
    assert f"{file}{answer}" in ended.err.splitlines()[0]
    assert "flowops met an error" not in ended.err


def test_a_file_name_that_is_too_long_is_one_clear_line(flowops: Flowops) -> None:
    unit = flowops.project / LAYER / "vpc" / "terragrunt.hcl"
    unit.write_text(unit.read_text() + f'\ninputs = {{\n  name = read_terragrunt_config("{"x" * 300}").locals.x\n}}\n')
    ended = flowops("why", "dev/foundation/vpc", "name")
    assert ended.code == 64
    assert ":1: cannot be read: File name too long." in ended.err.splitlines()[0]
    assert "flowops met an error" not in ended.err


def test_a_secret_beside_an_input_is_in_no_form_of_its_chain(flowops: Flowops) -> None:
    unit = flowops.project / LAYER / "vpc" / "terragrunt.hcl"
    unit.write_text(unit.read_text() + '\ninputs = {\n  db_password = "hunter2"\n  name = "api"\n}\n')
    for output in ("table", "json", "yaml"):
        assert "hunter2" not in flowops("why", "dev/foundation/vpc", "name", "-o", output).out


def test_a_tree_that_points_outside_the_project_is_not_followed(flowops: Flowops, tmp_path: Path) -> None:
    outside = tmp_path / "outside.hcl"
    outside.write_text('locals {\n  x = "private"\n}\n')
    unit = flowops.project / LAYER / "vpc" / "terragrunt.hcl"
    unit.write_text(unit.read_text() + f'\ninputs = {{\n  name = read_terragrunt_config("{outside}").locals.x\n}}\n')
    ended = flowops("why", "dev/foundation/vpc", "name")
    assert ended.code == 0
    assert "not followed: this file is not found" in ended.out
    assert "private" not in ended.out
