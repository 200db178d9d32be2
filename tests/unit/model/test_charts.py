"""Chart repositories: where they stand, and which of them a text of HCL asks for."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.model.charts import FLOWABLE, USUAL, addresses, aliases_in
from flowops.model.config import Config

BASE: dict[str, Any] = {
    "project": "flowable",
    "region": "eu-central-1",
    "management": {"profile": "flw-iac"},
    "operator": {"profile": "ops"},
    "accounts": {"security": {"profile": "flw-sec"}, "dev": {"profile": "flw-dev"}},
    "environments": {"dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"}},
    "layers": ["foundation"],
}


def config(**more: Any) -> Config:
    return Config.model_validate(BASE | more)


def test_charts_come_from_their_usual_places() -> None:
    assert addresses(config()) == USUAL


def test_flowables_repository_stands_where_the_configuration_says() -> None:
    moved = addresses(config(flowable={"repository": {"url": "https://charts.example.com/flowable"}}))
    assert moved[FLOWABLE] == "https://charts.example.com/flowable"
    assert {**moved, FLOWABLE: USUAL[FLOWABLE]} == USUAL


def test_each_repository_may_stand_elsewhere_and_others_may_be_added() -> None:
    mirror = {"eks": "https://mirror.example.com/eks", "ours": "https://mirror.example.com/ours"}
    found = addresses(config(helm={"repositories": mirror}))
    assert found == {**USUAL, **mirror}


@pytest.mark.parametrize("url", ["http://charts.example.com", "oci://charts.example.com", "ftp://x", "https://a b"])
def test_charts_are_not_taken_from_where_others_could_change_them(url: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        config(helm={"repositories": {"eks": url}})


def test_a_chart_is_recognised_by_the_alias_before_its_name() -> None:
    text = """
    chart   = "eks/aws-load-balancer-controller"
    chart   = "${path.module}/charts/base"
    charts  = { autoscaler = "autoscaler/cluster-autoscaler" }
    chart   = "flowable/${var.chart_name}"
    path    = "/flowable/workload/"
    source  = "hashicorp/aws"
    image   = "stakater/reloader/extra"
    """
    assert aliases_in(text, USUAL) == {"eks", "autoscaler", "flowable"}
