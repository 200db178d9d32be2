"""What moves without anybody's doing, and what must not be taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.adapters.computed_attributes import computed_attributes
from flowops.model.changes import ResourceDrift
from flowops.model.drift.finding import Verdict
from flowops.model.drift.kept_up import KeptUp
from flowops.model.drift.verdicts import BY_ITSELF, SPELLING, findings_of
from tests.unit.model.drift.plans import Resource, plan

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})
SAME_POLICY = json.dumps(
    {"Statement": {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}, "Version": "2012-10-17"}
)
ROLE = {"id": "node", "arn": "arn:role/node", "name": "node"}
ATTACHMENT = {"id": "node-1", "role": "node", "policy_arn": "arn:policy/a"}
INLINE = {"id": "node:logs", "role": "node", "name": "logs", "policy": POLICY}
ROUTE = {"id": "r-1", "route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
RULES = tuple(
    {
        "id": f"sgr-{number}",
        "security_group_id": "sg-1",
        "cidr_ipv4": f"10.0.{number}.0/24",
        "from_port": 443,
        "to_port": 443,
        "ip_protocol": "tcp",
        "description": "web",
    }
    for number in (1, 2)
)
GATEWAY = {
    "id": "nat-1",
    "allocation_id": "eip-1",
    "association_id": "assoc-1",
    "private_ip": "10.0.0.9",
    "network_interface_id": "eni-1",
}
EGRESS = {"id": "sgr-9", "security_group_id": "sg-1", "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1", "description": ""}
ALARM = {"id": "cpu", "dimensions": {"DBInstanceIdentifier": "db"}, "evaluation_periods": 1}
STANDING = (
    ("aws_iam_role", ROLE),
    ("aws_iam_role_policy_attachment", ATTACHMENT),
    ("aws_iam_role_policy", INLINE),
    ("aws_route", ROUTE),
    *(("aws_vpc_security_group_ingress_rule", it) for it in RULES),
    ("aws_vpc_security_group_egress_rule", EGRESS),
    ("aws_nat_gateway", GATEWAY),
    ("aws_cloudwatch_metric_alarm", ALARM),
)


def rule(*networks: str, port: int = 443, description: str = "web") -> dict[str, Any]:
    return {
        "cidr_blocks": list(networks),
        "description": description,
        "from_port": port,
        "to_port": port,
        "protocol": "tcp",
        "security_groups": [],
        "self": False,
    }


def moved(type_: str, before: dict[str, Any], after: dict[str, Any], *fresh: dict[str, Any]) -> set[str]:
    now = {**before, **after}
    keys = {key for key in now if before.get(key) != now[key]}
    drift = ResourceDrift("x.this", type_, gone=False, before=before, after=now)
    return set(KeptUp(computed_attributes(), STANDING).moved(drift, keys, [(OTHER, it) for it in fresh]))


OTHER = "aws_vpc_security_group_ingress_rule"
TABLE, GROUP = {"id": "rtb-1", "route": []}, {"id": "sg-1", "ingress": []}


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        ("aws_iam_role", {**ROLE, "managed_policy_arns": []}, {"managed_policy_arns": ["arn:policy/a"]}),
        ("aws_iam_role", {**ROLE, "inline_policy": []}, {"inline_policy": [{"name": "logs", "policy": SAME_POLICY}]}),
        (
            "aws_route_table",
            TABLE,
            {"route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "nat_gateway_id": ""}]},
        ),
        ("aws_security_group", GROUP, {"ingress": [rule("10.0.1.0/24", "10.0.2.0/24")]}),
        (
            "aws_eip",
            {"id": "eip-1", "network_interface": ""},
            {"network_interface": "eni-1", "private_dns": "ip-10-0-0-9"},
        ),
        ("aws_efs_file_system", {"id": "fs-1", "number_of_mount_targets": 0}, {"number_of_mount_targets": 3}),
        ("aws_db_instance", {"id": "db", "latest_restorable_time": "1"}, {"latest_restorable_time": "2"}),
    ],
)
def test_what_aws_keeps_up_and_what_other_resources_made_was_moved_by_nobody(
    type_: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert moved(type_, before, after) == set()


@pytest.mark.parametrize(
    "ingress",
    [
        [rule("10.0.1.0/24"), rule("0.0.0.0/0", port=22, description="")],
        [rule("10.0.1.0/24", "10.0.9.0/24")],
        [rule("10.0.1.0/24", port=8443)],
        [rule("10.0.1.0/24", description="by hand")],
        [{**rule("0.0.0.0/0", port=0, description=""), "protocol": "-1"}],
        [rule("10.0.1.0/24"), {**rule("10.0.1.0/24"), "from_port": 0}],
        [{**rule("10.0.1.0/24"), "to_port": 0, "from_port": 0}],
        [rule("10.0.1.0/24"), {**rule(), "self": True}],
        [{**rule("10.0.1.0/24"), "self": True}],
        [{**rule("10.0.1.0/24"), "protocol": "udp"}],
        [{**rule("10.0.1.0/24"), "security_groups": ["sg-2"]}],
        [rule()],
    ],
)
def test_a_rule_added_by_hand_beside_those_of_the_code_was_moved(ingress: list[dict[str, Any]]) -> None:
    assert moved("aws_security_group", GROUP, {"ingress": ingress}) == {"ingress"}


def group_rule(**more: Any) -> dict[str, Any]:
    """Return a rule of the older kind, with everything that the provider writes down of one."""
    nothing = {"cidr_blocks": None, "ipv6_cidr_blocks": None, "prefix_list_ids": None, "source_security_group_id": None}
    ports = {"from_port": 443, "to_port": 443, "protocol": "tcp", "self": False, "description": "web"}
    return {"id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress", **nothing, **ports, **more}


def newer(**more: Any) -> dict[str, Any]:
    return {**RULES[0], "cidr_ipv4": None, **more}


OLDER = "aws_security_group_rule"


def stands(item: dict[str, Any], *rules: tuple[str, dict[str, Any]]) -> bool:
    """Say whether these rules of the code explain an item that a group's ingress has since."""
    drift = ResourceDrift("x.this", "aws_security_group", gone=False, before=GROUP, after={**GROUP, "ingress": [item]})
    return not KeptUp(computed_attributes(), rules).moved(drift, {"ingress"}, ())


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (rule("10.0.0.0/16"), (OLDER, group_rule(cidr_blocks=["10.0.0.0/16", "10.1.0.0/16"]))),
        ({**rule(), "self": True}, (OLDER, group_rule(self=True))),
        ({**rule(), "self": True}, (OLDER, group_rule(source_security_group_id="sg-1"))),
        ({**rule(), "self": True}, (OTHER, newer(referenced_security_group_id="sg-1"))),
        ({**rule(), "security_groups": ["sg-2"]}, (OTHER, newer(referenced_security_group_id="sg-2"))),
        ({**rule(), "prefix_list_ids": ["pl-1"]}, (OTHER, newer(prefix_list_id="pl-1"))),
        ({**rule(), "ipv6_cidr_blocks": ["::/0"]}, (OLDER, group_rule(ipv6_cidr_blocks=["::/0"]))),
        ({**rule("10.0.1.0/24"), "protocol": "udp"}, (OTHER, {**RULES[0], "ip_protocol": "17"})),
        (
            {**rule("10.0.1.0/24", port=0), "protocol": "-1"},
            (OTHER, {**RULES[0], "ip_protocol": "-1", "from_port": None, "to_port": None}),
        ),
        ({**rule("10.0.1.0/24"), "from_port": 0}, (OTHER, {**RULES[0], "from_port": 0})),
    ],
)
def test_a_rule_of_either_kind_explains_what_it_says_and_nothing_near_it(
    item: dict[str, Any], said: tuple[str, dict[str, Any]]
) -> None:
    assert stands(item, said)
    everything = item["protocol"] == "-1"
    nearby = [{**item, "from_port": 1}, {**item, "to_port": 65535}] if not everything else []
    nearby += [{**item, "protocol": "icmp"}, {**item, "cidr_blocks": ["0.0.0.0/0"]}, {**item, "description": ""}]
    nearby += [{**item, "self": True}] if not item["self"] else []
    assert [it for it in nearby if stands(it, said)] == []


def test_an_item_of_a_group_may_be_of_several_rules_and_none_of_another_group_or_the_other_way() -> None:
    item = {**rule("10.0.1.0/24"), "self": True, "security_groups": ["sg-2"]}
    by_source = [(OLDER, group_rule(self=True)), (OTHER, newer(referenced_security_group_id="sg-2"))]
    assert stands(item, *by_source, (OTHER, RULES[0]))
    assert not stands(item, *by_source)
    only = rule("10.0.1.0/24")
    assert not stands(only, (OTHER, {**RULES[0], "security_group_id": "sg-2", "referenced_security_group_id": "sg-1"}))
    assert not stands(only, (OLDER, group_rule(type="egress", cidr_blocks=["10.0.1.0/24"])))
    assert not stands(only, ("aws_vpc_security_group_egress_rule", RULES[0]))


ENTRY = {"network_acl_id": "acl-1", "rule_number": 100, "rule_action": "allow", "cidr_block": "10.0.0.0/16"}
PORTS = {"protocol": "tcp", "from_port": 443, "to_port": 443}


@pytest.mark.parametrize(
    ("key", "item", "explained"),
    [
        ("ingress", PORTS, True),
        ("egress", PORTS, False),
        ("ingress", {**PORTS, "from_port": 0}, False),
        ("ingress", {**PORTS, "icmp_type": 0, "ipv6_cidr_block": ""}, True),
        ("ingress", {**PORTS, "some_day": True}, False),
    ],
)
def test_what_another_resource_says_by_the_same_name_has_to_be_the_same(
    key: str, item: dict[str, Any], explained: bool
) -> None:
    entry = ("aws_network_acl_rule", {**ENTRY, **PORTS, "egress": False})
    after = {key: [{"rule_no": 100, "action": "allow", "cidr_block": "10.0.0.0/16", **item}]}
    drift = ResourceDrift("x.this", "aws_network_acl", gone=False, before={"id": "acl-1", key: []}, after=after)
    assert (not KeptUp({}, (entry,)).moved(drift, {key}, ())) is explained


def test_a_policy_attached_or_detached_by_hand_was_moved() -> None:
    role = {**ROLE, "managed_policy_arns": []}
    assert moved("aws_iam_role", role, {"managed_policy_arns": ["arn:policy/a", "arn:admin"]}) == {
        "managed_policy_arns"
    }
    other = {**ROLE, "managed_policy_arns": ["arn:foreign"]}
    assert moved("aws_iam_role", other, {"managed_policy_arns": []}) == {"managed_policy_arns"}


def test_what_another_resource_says_of_somebody_else_explains_nothing() -> None:
    other = {"id": "other", "arn": "arn:role/other", "name": "other", "managed_policy_arns": []}
    assert moved("aws_iam_role", other, {"managed_policy_arns": ["arn:policy/a"]}) == {"managed_policy_arns"}


def test_a_change_of_the_other_resource_is_told_there_and_not_twice() -> None:
    known = {**GROUP, "ingress": [rule("10.0.1.0/24")]}
    changed = {**RULES[0], "from_port": 444, "to_port": 444}
    assert moved("aws_security_group", known, {"ingress": [rule("10.0.1.0/24", port=444)]}) == {"ingress"}
    assert moved("aws_security_group", known, {"ingress": [rule("10.0.1.0/24", port=444)]}, changed) == set()


@pytest.mark.parametrize(
    ("type_", "attribute", "before", "after"),
    [
        ("aws_iam_role", "unique_id", "AROA1", "AROA2"),
        ("aws_instance", "instance_state", "running", "stopped"),
        ("aws_db_instance", "status", "available", "stopped"),
        ("aws_vpc", "dhcp_options_id", "dopt-1", "dopt-2"),
        ("aws_unheard_of", "status", "a", "b"),
        ("aws_vpc", "tags", {"Name": "a"}, {"Name": "b"}),
    ],
)
def test_a_resource_made_anew_stopped_or_unknown_is_never_overlooked(
    type_: str, attribute: str, before: Any, after: Any
) -> None:
    assert moved(type_, {"id": "x", attribute: before}, {attribute: after}) == {attribute}


@pytest.mark.parametrize(
    ("attribute", "before", "after"),
    [("multi_az", True, False), ("backup", 7, 0), ("backup", 7, 1), ("port", "1", "2")],
)
def test_a_number_a_yes_or_a_no_that_another_resource_happens_to_have_explains_nothing(
    attribute: str, before: Any, after: Any
) -> None:
    assert moved("aws_db_instance", {"id": "db", attribute: before}, {attribute: after}) == {attribute}


def test_names_that_are_no_text_name_nothing() -> None:
    assert moved("aws_odd", {"id": "x", "name": ["a"], "size": "s"}, {"size": "m"}) == {"size"}


def test_what_an_apply_would_put_back_counts_whoever_made_it() -> None:
    state = {"id": "node", "list": []}
    cloud = {"id": "node", "list": ["arn:policy/a"]}
    kept_up = KeptUp({}, STANDING)
    (by_itself,) = findings_of(plan(Resource(state, cloud, cloud)), kept_up)
    assert (by_itself.verdict, by_itself.summary) == (Verdict.NOISE, BY_ITSELF)
    (wanted,) = findings_of(plan(Resource(state, cloud, state)), kept_up)
    assert wanted.verdict is Verdict.OUT_OF_BAND
    (spelled,) = findings_of(plan(Resource(state, {"id": "node"}, {"id": "node"})), kept_up)
    assert (spelled.verdict, spelled.summary) == (Verdict.NOISE, SPELLING)
