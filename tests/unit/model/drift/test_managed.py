"""What a state answers for: its instances, what AWS made with them, and nothing that it only refers to."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.model.drift.managed import managed_ids, stack_ids

ROLE = "arn:aws:iam::222222222222:role/flowable/workload/node"


def state(type_: str, *instances: dict[str, Any], mode: str = "managed", version: int = 4) -> dict[str, Any]:
    held = [{"attributes": attributes} for attributes in instances]
    return {"version": version, "resources": [{"mode": mode, "type": type_, "name": "this", "instances": held}]}


def test_every_instance_is_known_by_its_arn_and_by_its_type_and_id() -> None:
    arns = [f"arn:aws:s3:::flowable-{name}" for name in ("a", "b")]
    found = managed_ids(state("aws_s3_bucket", *({"id": arn.rpartition(":")[2], "arn": arn} for arn in arns)))
    assert found == {*arns, "aws_s3_bucket/flowable-a", "aws_s3_bucket/flowable-b"}


def test_an_instance_without_attributes_names_nothing() -> None:
    document = {"version": 4, "resources": [{"mode": "managed", "type": "aws_vpc", "name": "x", "instances": [{}]}]}
    assert managed_ids(document) == frozenset()
    assert managed_ids({"version": 4}) == frozenset()


def test_what_is_only_looked_up_or_referred_to_is_not_answered_for() -> None:
    assert managed_ids(state("aws_iam_role", {"id": "node", "arn": ROLE}, mode="data")) == frozenset()
    assert managed_ids(state("aws_eks_cluster", {"id": "c", "role_arn": ROLE})) == {"aws_eks_cluster/c"}


@pytest.mark.parametrize(
    ("type_", "attributes", "along"),
    [
        ("aws_vpc", {"default_security_group_id": "sg-1"}, "aws_security_group/sg-1"),
        ("aws_vpc", {"default_network_acl_id": "acl-1"}, "aws_network_acl/acl-1"),
        ("aws_eks_cluster", {"vpc_config": [{"cluster_security_group_id": "sg-2"}]}, "aws_security_group/sg-2"),
        (
            "aws_eks_node_group",
            {"resources": [{"autoscaling_groups": [{"name": "eks-nodes-1"}]}]},
            "aws_autoscaling_group/eks-nodes-1",
        ),
        (
            "aws_db_instance",
            {"master_user_secret": [{"secret_arn": "arn:aws:secretsmanager:::s"}]},
            "arn:aws:secretsmanager:::s",
        ),
        ("aws_instance", {"root_block_device": [{"volume_id": "vol-1"}]}, "aws_ebs_volume/vol-1"),
        ("aws_vpc_endpoint", {"network_interface_ids": ["eni-1", "eni-2"]}, "aws_network_interface/eni-2"),
    ],
)
def test_what_aws_makes_along_with_a_resource_is_that_ones_affair(
    type_: str, attributes: dict[str, Any], along: str
) -> None:
    assert along in managed_ids(state(type_, {"id": "it", **attributes}))
    assert managed_ids(state("aws_other", {"id": "it", **attributes})) == {"aws_other/it"}


def test_a_block_that_is_not_there_names_nothing() -> None:
    assert managed_ids(state("aws_db_instance", {"id": "db", "master_user_secret": []})) == {"aws_db_instance/db"}
    assert managed_ids(state("aws_vpc", {"id": "v", "default_security_group_id": None})) == {"aws_vpc/v"}


@pytest.mark.parametrize("document", [{}, {"version": 5}, {"version": 4, "resources": [{}]}, [], {"version": None}])
def test_what_is_no_state_is_refused(document: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        managed_ids(document)


def test_a_stacks_resource_is_known_as_terraform_would_know_it() -> None:
    policy = "arn:aws:iam::222222222222:policy/flowable/FlowableBoundary"
    assert stack_ids("AWS::IAM::Role", "FlowopsPlanRole") == {"aws_iam_role/FlowopsPlanRole"}
    assert stack_ids("AWS::IAM::ManagedPolicy", policy) == {policy, f"aws_iam_policy/{policy}"}
    assert stack_ids("AWS::Some::Thing", "name") == frozenset()
