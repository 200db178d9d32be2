"""Who there is, what each reaches, and what deserves a second look."""

from __future__ import annotations

import pytest

from flowops.errors import UnknownTarget, UsageError
from flowops.operations.users import list_users, show_user
from tests.fakes.users import Desk, key

SERIAL = "arn:aws:iam::111111111111:mfa/flowable/jane"


def test_ours_are_listed_in_full_and_the_rest_by_name() -> None:
    desk = Desk()
    desk.user("jane", groups=("dev_dev_ops_admin",), devices=(SERIAL,), keys=(key("AKIAJANE"),))
    desk.user("byhand", path="/", groups=("dev_flowable_user", "others"))
    desk.user("robot", path="/machines/", groups=("others",))
    found = list_users(desk.ports)
    assert [it.user.name for it in found.rows] == ["byhand", "jane"]
    assert found.others == ("robot",)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"devices": (SERIAL,), "keys": (key("AKIANEW", days=90),)}, []),
        ({"devices": (SERIAL,), "keys": (key("AKIAOLD", days=91),)}, ["rotate"]),
        ({"devices": (SERIAL,), "keys": (key("AKIAOLD", days=91, active=False),)}, []),
        ({}, ["no MFA"]),
        ({"path": "/", "groups": ("dev_flowable_user",)}, ["adopt"]),
        ({"devices": (SERIAL,), "inline": ("own",)}, ["policies"]),
        ({"devices": (SERIAL,), "attached": ("arn:aws:iam::aws:policy/AdministratorAccess",)}, ["policies"]),
        ({"devices": (SERIAL,), "inline": ("FlowopsDisabled",)}, ["disabled"]),
        ({"devices": (SERIAL,), "inline": ("FlowopsRevokedSessions",)}, []),
    ],
)
def test_each_thing_that_is_due_has_a_word_and_a_command(held: dict[str, object], words: list[str]) -> None:
    desk = Desk()
    desk.user("jane", **held)
    found = show_user("jane", desk.ports)
    assert [it.word for it in found.marks] == words
    assert all("flowops users" in it.command and "jane" in it.command for it in found.marks)


def test_a_user_reaches_what_the_groups_of_each_environment_admit_to() -> None:
    desk = Desk()
    desk.user("jane", groups=("dev_flowable_user", "dev_dev_ops_admin", "prod_flowable_admin", "else"))
    reaches = {it.environment: it.roles for it in show_user("jane", desk.ports).reaches}
    assert reaches == {
        "dev": ("DevOpsAdminRole", "FlowopsPlanRole", "FlowableUserRole"),
        "prod": ("FlowableAdminRole",),
    }


def test_who_is_not_there_is_answered_with_the_nearest() -> None:
    desk = Desk()
    desk.user("jane")
    with pytest.raises(UnknownTarget, match=r"did you mean 'jane'\? known: jane") as error:
        show_user("jnae", desk.ports)
    assert error.value.next_step == "flowops users list"
    with pytest.raises(UsageError):
        show_user("jane/doe", desk.ports)
