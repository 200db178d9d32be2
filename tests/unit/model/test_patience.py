"""When a terraform takes too long, and what it is about then."""

from __future__ import annotations

import pytest

from flowops.model.patience import Doing, Patience

SHORT = Patience(shortest=60, unknown=900)


@pytest.mark.parametrize(
    ("seconds", "alarms"), [(0, 0), (599, 0), (600, 1), (1199, 1), (1200, 2), (2399, 2), (2400, 3), (4800, 4)]
)
def test_a_unit_is_spoken_of_at_twice_its_usual_time_and_then_at_growing_intervals(seconds: int, alarms: int) -> None:
    assert SHORT.alarms(seconds, usual=300) == alarms


@pytest.mark.parametrize(("seconds", "alarms"), [(59, 0), (60, 1), (120, 2)])
def test_a_quick_unit_is_left_alone_for_a_minute(seconds: int, alarms: int) -> None:
    assert SHORT.alarms(seconds, usual=2) == alarms


@pytest.mark.parametrize(("seconds", "alarms"), [(899, 0), (900, 1), (1799, 1), (1800, 2)])
def test_a_unit_that_nobody_knows_gets_a_quarter_of_an_hour(seconds: int, alarms: int) -> None:
    assert SHORT.alarms(seconds, usual=None) == alarms


def test_what_began_and_did_not_end_is_in_flight() -> None:
    doing = Doing.of(
        [
            "aws_vpc.this: Creating...",
            'aws_eks_cluster.this["a b"]: Creating...',
            "aws_vpc.this: Creation complete after 2s [id=vpc-1]",
            "aws_subnet.old: Destroying... [id=subnet-1]",
            "aws_subnet.old: Destruction complete after 1s",
            "aws_db_instance.this: Modifying... [id=db]",
            'aws_eks_cluster.this["a b"]: Still creating... [10s elapsed]',
            "",
        ]
    )
    assert doing.in_flight == ('aws_eks_cluster.this["a b"]', "aws_db_instance.this")
    assert doing.last == 'aws_eks_cluster.this["a b"]: Still creating... [10s elapsed]'


def test_what_a_provisioner_prints_is_its_last_word_and_nothing_in_flight() -> None:
    printed = "terraform_data.x (local-exec): aws_vpc.this: Creating..."
    assert Doing.of(["terraform_data.x: Creating...", printed]) == Doing(("terraform_data.x",), printed)
    done = "terraform_data.x (local-exec): terraform_data.x: Creation complete after 1s [id=y]"
    assert Doing.of(["terraform_data.x: Creating...", done]).in_flight == ("terraform_data.x",)


def test_an_object_that_goes_after_its_successor_came_is_in_flight() -> None:
    assert Doing.of(["aws_x.b (deposed object 1a2b): Destroying... [id=x]"]).in_flight == (
        "aws_x.b (deposed object 1a2b)",
    )


def test_a_terraform_that_printed_nothing_is_about_nothing() -> None:
    assert Doing.of([]) == Doing()
