"""People: one suite for those in memory and for IAM's of the emulated security account, after a bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

import pytest

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.client import AwsSession
from flowops.model.drift.people import Group, Person, known_groups
from flowops.operations.ports.drift import Other
from tests.contract.operated import OPERATORS, operated_by_ann
from tests.fakes import tree
from tests.fakes.watching import FakePeople
from tests.integration.hired import phone_of
from tests.integration.organization import SECURITY, Home

POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class Staff(Protocol):
    """Hires people: each test has its own, and what it says is about those alone."""

    @property
    def people(self) -> Other: ...

    def hire(self, path: str = "/flowable/", *groups: str) -> str: ...

    def found(self, name: str) -> list[str]: ...

    def empower(self, name: str) -> None: ...

    def give_key(self, name: str) -> str: ...

    def stop_key(self, name: str, key: str) -> None: ...

    def enrol(self, name: str) -> None: ...

    def group(self, path: str) -> str: ...


def _about(people: Other, name: str) -> list[str]:
    return [it.address.partition("//")[2] for it in people.look(None) if it.ids[0] == name]


@dataclass
class InMemory:
    people: FakePeople

    def hire(self, path: str = "/flowable/", *groups: str) -> str:
        name = uuid4().hex
        self.people.people.append(Person(name, f"arn:aws:iam::{SECURITY}:user{path}{name}", path, groups))
        return name

    def found(self, name: str) -> list[str]:
        return _about(self.people, name)

    def empower(self, name: str) -> None:
        self._change(name, attached=(ADMINISTRATOR,), inline=("own",))

    def give_key(self, name: str) -> str:
        self._change(name, active_keys=("key",))
        return "key"

    def stop_key(self, name: str, key: str) -> None:
        self._change(name, active_keys=())

    def enrol(self, name: str) -> None:
        self._change(name, devices=1)

    def group(self, path: str) -> str:
        name = uuid4().hex
        self.people.groups.append(Group(name, f"arn:aws:iam::{SECURITY}:group{path}{name}", path))
        return name

    def _change(self, name: str, **changes: object) -> None:
        self.people.people = [replace(it, **changes) if it.name == name else it for it in self.people.people]  # type: ignore[arg-type]


@dataclass
class InIam:
    session: AwsSession
    people: Other

    def hire(self, path: str = "/flowable/", *groups: str) -> str:
        name = uuid4().hex
        self.session.call("iam", "CreateUser", UserName=name, Path=path)
        for group in groups:
            self.session.call("iam", "AddUserToGroup", UserName=name, GroupName=group)
        return name

    def found(self, name: str) -> list[str]:
        return _about(self.people, name)

    def empower(self, name: str) -> None:
        self.session.call("iam", "AttachUserPolicy", UserName=name, PolicyArn=ADMINISTRATOR)
        self.session.call("iam", "PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=POLICY)

    def give_key(self, name: str) -> str:
        return str(self.session.call("iam", "CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"])

    def stop_key(self, name: str, key: str) -> None:
        self.session.call("iam", "UpdateAccessKey", UserName=name, AccessKeyId=key, Status="Inactive")

    def enrol(self, name: str) -> None:
        phone_of(self.session, name)

    def group(self, path: str) -> str:
        name = uuid4().hex
        self.session.call("iam", "CreateGroup", GroupName=name, Path=path)
        return name


@pytest.fixture(scope="module")
def operated(home: Home, tmp_path_factory: pytest.TempPathFactory) -> EnvironmentAws:
    return operated_by_ann(home, tmp_path_factory.mktemp("operated"))


@pytest.fixture(params=["fake", "emulated"])
def staff(request: pytest.FixtureRequest) -> Staff:
    if request.param == "fake":
        return InMemory(FakePeople(("dev", "prod")))
    operated: EnvironmentAws = request.getfixturevalue("operated")
    return InIam(request.getfixturevalue("home").into(SECURITY), operated.people())


def test_after_a_bootstrap_nobody_is_a_stranger(operated: EnvironmentAws) -> None:
    assert list(operated.people().look(None)) == []


def test_a_member_of_a_known_group_with_a_device_is_no_finding(staff: Staff) -> None:
    name = staff.hire("/flowable/", "prod_flowable_user")
    staff.give_key(name)
    staff.enrol(name)
    assert staff.found(name) == []


@pytest.mark.parametrize("path", ["/flowable/", "/"])
def test_who_is_in_no_known_group_is_found(staff: Staff, path: str) -> None:
    assert staff.found(staff.hire(path)) == ["in-no-known-group"]


def test_who_joined_from_another_path_is_found(staff: Staff) -> None:
    assert staff.found(staff.hire("/", OPERATORS)) == ["outside-the-path"]


def test_who_has_policies_of_its_own_is_found(staff: Staff) -> None:
    name = staff.hire("/flowable/", OPERATORS)
    staff.empower(name)
    assert staff.found(name) == ["own-policies"]


def test_who_has_a_key_and_no_device_is_found_until_the_key_is_stopped(staff: Staff) -> None:
    name = staff.hire("/flowable/", OPERATORS)
    key = staff.give_key(name)
    assert staff.found(name) == ["keys-without-mfa"]
    staff.stop_key(name, key)
    assert staff.found(name) == []


@pytest.mark.parametrize("path", ["/flowable/", "/"])
def test_a_group_of_no_environment_is_found(staff: Staff, path: str) -> None:
    assert staff.found(staff.group(path)) == ["unknown"]


def test_findings_stand_under_the_name_that_all_environments_share_or_the_one_that_asks(staff: Staff) -> None:
    staff.hire()
    people = staff.people
    assert people.name == "iam"
    assert {it.environment for it in people.look(None)} == {"security"}
    assert {it.environment for it in people.look(tree.environment("dev"))} == {"dev"}


def test_the_groups_that_are_known_are_those_that_the_bootstrap_makes(home: Home, operated: EnvironmentAws) -> None:
    pages = home.into(SECURITY).pages("iam", "ListGroups", PathPrefix="/flowable/")
    made = {it["GroupName"] for page in pages for it in page["Groups"]}
    assert known_groups(("dev", "prod")) <= made


def test_operators_carry_the_policy_that_lets_them_look(home: Home, operated: EnvironmentAws) -> None:
    answer = home.into(SECURITY).call("iam", "ListAttachedGroupPolicies", GroupName=OPERATORS)
    assert "people_reader" in {it["PolicyName"] for it in answer["AttachedPolicies"]}
