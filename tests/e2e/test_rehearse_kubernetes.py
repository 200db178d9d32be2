"""A cluster of a rehearsal has a real API server where units install charts, also after the next `rehearse up`."""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.aws import DEV, Rehearsed
from tests.e2e.command import Flowops
from tests.integration.child_processes import await_true

ROLE = f"arn:aws:iam::{DEV}:role/flowable/workload/cluster"


@pytest.fixture
def rehearsal(flowops: Flowops) -> Iterator[Flowops]:
    yield flowops
    flowops("rehearse", "down", "--forget")


def described(rehearsed: Rehearsed) -> dict[str, Any]:
    cluster: dict[str, Any] = rehearsed.in_dev("eks").describe_cluster(name="dev")["cluster"]
    return cluster


def create_cluster(rehearsed: Rehearsed) -> None:
    ec2 = rehearsed.in_dev("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    rehearsed.in_dev("eks").create_cluster(name="dev", roleArn=ROLE, resourcesVpcConfig={"subnetIds": [subnet]})
    await_true(lambda: described(rehearsed)["status"] == "ACTIVE", "an active cluster")


def answer_at(endpoint: str) -> int:
    """Return the HTTP status that the version of an API server has for everybody."""
    unverified = ssl._create_unverified_context()
    with urllib.request.urlopen(f"{endpoint}/version", context=unverified, timeout=60) as answer:
        return int(answer.status)


def test_a_rehearsal_with_kubernetes_keeps_it_until_it_is_forgotten(rehearsal: Flowops) -> None:
    started = rehearsal("rehearse", "up", "-o", "json")
    assert started.code == 0, started.err
    assert started.envelope["data"]["kubernetes"] is True
    rehearsed = Rehearsed.of(rehearsal)
    create_cluster(rehearsed)
    endpoint = described(rehearsed)["endpoint"]
    assert answer_at(endpoint) == 200

    assert rehearsal("rehearse", "down").code == 0
    with pytest.raises(urllib.error.URLError):
        answer_at(endpoint)

    again = rehearsal("rehearse", "up", "-o", "json")
    assert again.envelope["data"]["kubernetes"] is True, again.err
    assert described(Rehearsed.of(rehearsal))["endpoint"] == endpoint
    assert answer_at(endpoint) == 200


def test_a_rehearsal_gets_kubernetes_once_a_unit_installs_a_chart(rehearsal: Flowops) -> None:
    without_charts = {file: file.read_text() for file in (rehearsal.project / "terraform-modules").glob("*/*.tf")}
    for file, text in without_charts.items():
        file.write_text(re.sub(r'"[a-z-]+/([a-z-]+|\$\{[^}"]+\})"', '"none"', text))
    assert rehearsal("rehearse", "up", "-o", "json").envelope["data"]["kubernetes"] is False
    create_cluster(Rehearsed.of(rehearsal))
    assert described(Rehearsed.of(rehearsal))["endpoint"].endswith(".eks.amazonaws.com")

    for file, text in without_charts.items():
        file.write_text(text)
    assert rehearsal("rehearse", "up").code == 0
    assert answer_at(described(Rehearsed.of(rehearsal))["endpoint"]) == 200
