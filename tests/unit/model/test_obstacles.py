"""What stands in the way of a deletion, and what is left after it."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.model.changes import Action, Plan, ResourceChange
from flowops.model.leftovers import DELETABLE, Leftover, Standing, leftovers
from flowops.model.obstacles import MENDS, Doomed, Found, Made, doomed, obstacles
from flowops.model.protection import PROTECTED, protections
from tests.fakes import tree

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")
POSTGRES, FLOWABLE = tree.unit("app/rds-postgres"), tree.unit("app/flowable-app")


def gone(type_: str, action: Action = Action.DELETE, **before: Any) -> ResourceChange:
    return ResourceChange(f"{type_}.this", type_, action, before=before)


@pytest.mark.parametrize("type_", PROTECTED)
def test_protection_that_is_on_is_found_by_the_name_that_aws_knows(type_: str) -> None:
    flag, name = PROTECTED[type_]
    plan = Plan(POSTGRES, (gone(type_, **{flag: True, name: "one"}),))
    (found,) = protections([plan])
    assert (found.name, found.address) == ("one", f"app/rds-postgres//{type_}.this")
    assert protections([Plan(POSTGRES, (gone(type_, **{flag: False, name: "one"}),))]) == ()
    assert protections([Plan(POSTGRES, (gone(type_, Action.UPDATE, **{flag: True, name: "one"}),))]) == ()


def test_a_plan_is_asked_for_whatever_something_can_stand_in_the_way_of() -> None:
    plans = [
        Plan(VPC, (gone("aws_vpc", id="vpc-1"), gone("aws_s3_bucket", bucket="logs", force_destroy=False))),
        Plan(EKS, (gone("aws_s3_bucket", bucket="cache", force_destroy=True), gone("helm_release"))),
        Plan(
            POSTGRES,
            (
                gone("aws_db_instance", final_snapshot_identifier="work-final", skip_final_snapshot=False),
                gone("aws_db_instance", final_snapshot_identifier="other", skip_final_snapshot=True),
                gone("aws_rds_cluster", final_snapshot_identifier="cluster-final", skip_final_snapshot=False),
            ),
        ),
    ]
    wanted = doomed(plans)
    assert [name for _, name in wanted.buckets] == ["logs"]
    assert wanted.networks == (("foundation/vpc//aws_vpc.this", "vpc-1"),)
    assert [name for _, name in wanted.snapshots] == ["work-final"]
    assert [name for _, name in wanted.cluster_snapshots] == ["cluster-final"]
    assert not wanted.workloads, "the cluster's own components have no load balancers"
    assert doomed([*plans, Plan(FLOWABLE, (gone("helm_release"),))]).workloads


def test_nothing_is_asked_where_nothing_goes() -> None:
    kept = Plan(VPC, (gone("aws_vpc", Action.UPDATE, id="vpc-1"), gone("aws_subnet", id="subnet-1")))
    assert not doomed([kept])


WANTED = Doomed(
    buckets=(("foundation/efs//aws_s3_bucket.this", "logs"),),
    networks=(("foundation/vpc//aws_vpc.this", "vpc-1"),),
    snapshots=(("app/rds-postgres//aws_db_instance.this", "work-final"),),
)


def test_each_obstacle_is_said_with_the_command_that_mends_it_in_the_order_that_works() -> None:
    made = (Made("security group", "sg-1", "vpc-1"), Made("load balancer", "arn:lb", "vpc-1"))
    found = obstacles(WANTED, Found(frozenset({"logs"}), frozenset({"work-final"}), made=made))
    assert [it.what for it in found] == [
        "bucket logs (foundation/efs//aws_s3_bucket.this) is not empty",
        "the final snapshot of app/rds-postgres//aws_db_instance.this is to be called work-final, and there is one",
        "load balancer arn:lb, which Kubernetes made, stands in foundation/vpc//aws_vpc.this",
        "security group sg-1, which Kubernetes made, stands in foundation/vpc//aws_vpc.this",
    ]
    mends = [it.mend.split()[:3] for it in found]
    assert mends == [
        ["aws", "s3api", "delete-objects"],
        ["aws", "rds", "copy-db-snapshot"],
        ["aws", "elbv2", "delete-load-balancer"],
        ["aws", "ec2", "delete-security-group"],
    ]


@pytest.mark.parametrize("kind", MENDS)
def test_what_kubernetes_made_elsewhere_or_uses_or_takes_along_is_no_obstacle(kind: str) -> None:
    assert obstacles(WANTED, Found(made=(Made(kind, "x", "vpc-1"),)))
    assert obstacles(WANTED, Found(made=(Made(kind, "x", "vpc-2"),))) == ()
    assert obstacles(WANTED, Found(made=(Made(kind, "x", "vpc-1", idle=False),))) == ()
    along = Doomed(networks=WANTED.networks, workloads=True)
    assert obstacles(along, Found(made=(Made(kind, "x", "vpc-1"),))) == ()


@pytest.mark.parametrize(
    ("arn", "kind"),
    [
        ("arn:aws:ec2:eu-central-1:2:security-group/sg-1", "ec2 security-group"),
        ("arn:aws:elasticloadbalancing:eu-central-1:2:loadbalancer/app/x/1", "elasticloadbalancing loadbalancer"),
        ("arn:aws:rds:eu-central-1:2:db:work", "rds db"),
        ("arn:aws:sns:eu-central-1:2:topic", "sns"),
        ("rubbish", ""),
    ],
)
def test_an_arn_says_what_it_is(arn: str, kind: str) -> None:
    assert Leftover(arn, "").kind == kind


def test_no_data_is_ever_offered_for_deletion() -> None:
    holding = ("rds", "s3", "elasticfilesystem", "es", "kms", "backup", "secretsmanager", "dynamodb", "logs")
    assert not [kind for kind in DELETABLE if kind.startswith(holding) or "volume" in kind or "snapshot" in kind]


def test_what_aws_keeps_for_a_while_is_not_deletable() -> None:
    group = "arn:aws:ec2:eu-central-1:2:security-group/sg-1"
    key = "arn:aws:kms:eu-central-1:2:key/1"
    kept, left = leftovers([Standing(key, leaving=True), Standing(group)], protected=False)[::-1]
    assert (kept.deletable, left.deletable) == (False, True)
    assert "pending deletion" in kept.reason
    assert not Leftover(group, "a reason").deletable
