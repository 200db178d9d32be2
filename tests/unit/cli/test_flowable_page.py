"""docs/flowable.md: its commands can be typed, and every Ingress is served as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from flowops.cli import root

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "flowable.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
TYPED = [re.sub(r'^arn="\$\((.*)\)"$', r"\1", line) for block in BLOCKS for line in block.splitlines() if line.strip()]
EXAMPLE = ROOT / "terraform-modules" / "flowable-app" / "examples" / "basic" / "values.yaml"
VALUES = [EXAMPLE, *sorted((ROOT / "deployments" / "aws").glob("*/*/*/app/flowable-app/values.yaml"))]


def ingress(text: str) -> dict[str, Any]:
    """Return what values say of the Ingress; lines that are only terragrunt's are left out."""
    loaded = yaml.safe_load(re.sub(r"^%\{.*$", "", text, flags=re.MULTILINE))
    found: dict[str, Any] = loaded["ingress"]
    return found


@pytest.mark.parametrize("line", TYPED)
def test_every_command_of_the_page_is_one(line: str) -> None:
    flowops, rehearsal, *words = shlex.split(line)
    assert (flowops, rehearsal, *words[:2]) == ("flowops", "--rehearsal", "auth", "exec")
    group = root.get_command(click.Context(root), "auth")
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), "exec")
    assert command is not None
    command.make_context("exec", words[2:])


@pytest.mark.parametrize("file", VALUES, ids=lambda file: str(file.relative_to(ROOT)))
def test_an_ingress_has_an_https_listener_and_http_only_leads_there(file: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(ingress:\n.*?)```", PAGE, re.DOTALL)
    assert ingress(file.read_text())["annotations"] == ingress(shown)["annotations"]
    assert ingress(shown)["annotations"] == {
        "alb.ingress.kubernetes.io/listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
        "alb.ingress.kubernetes.io/ssl-redirect": "443",
    }


def test_there_is_an_environment_of_each_kind_to_look_at() -> None:
    assert {it.parents[2].name for it in VALUES} >= {"dev", "prod"}
