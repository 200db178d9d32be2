"""Users and groups that are not as flowops leaves them."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from flowops.model.drift.finding import Finding, Source, Verdict
from flowops.model.drift.people import Group, Person, Strangers, known_groups

IAM = "arn:aws:iam::111111111111"
KNOWN = known_groups(("dev", "prod"))
ANN = Person("ann", f"{IAM}:user/flowable/ann", "/flowable/", ("dev_dev_ops_admin",), (), (), ("AKIA1",), 1)
DEVELOPERS = Group("dev_dev_ops_admin", f"{IAM}:group/flowable/dev_dev_ops_admin", "/flowable/")


def found(*people: Person, groups: tuple[Group, ...] = (DEVELOPERS,)) -> list[Finding]:
    return list(Strangers("security", KNOWN, "flw-sec").findings(people, groups))


def one(person: Person) -> Finding:
    (finding,) = found(person)
    return finding


def ways(finding: Finding) -> dict[str, list[str]]:
    return {it.kind: it.text.splitlines() for it in finding.ways}


def test_three_groups_of_each_environment_are_known() -> None:
    assert sorted(known_groups(("dev",))) == ["dev_dev_ops_admin", "dev_flowable_admin", "dev_flowable_user"]


def test_who_is_as_flowops_leaves_people_is_no_finding() -> None:
    bob = replace(ANN, name="bob", groups=("prod_flowable_user", "somewhere-else"), active_keys=(), devices=0)
    assert found(ANN, bob) == []


@pytest.mark.parametrize("path", ["/flowable/", "/"])
def test_a_user_in_no_known_group_is_found_wherever_it_stands(path: str) -> None:
    finding = one(replace(ANN, path=path, groups=("admins",)))
    assert finding.address == f"{ANN.arn}//in-no-known-group"
    assert (finding.source, finding.verdict, finding.type) == (Source.IAM, Verdict.OUT_OF_BAND, "aws_iam_user")
    assert finding.ids == ("ann", ANN.arn)
    assert finding.summary == "user ann is in no group that flowops knows (but in admins)"
    assert ways(finding) == {
        "accept": ["aws iam delete-user --user-name ann --profile flw-sec"],
        "adopt": ["flowops users adopt --group GROUP ann"],
    }


def test_a_member_from_another_path_is_found() -> None:
    finding = one(replace(ANN, path="/", groups=("dev_dev_ops_admin", "prod_flowable_user")))
    assert finding.address.endswith("//outside-the-path")
    assert "stands at /, from where no role admits anybody" in finding.summary
    assert len(ways(finding)["accept"]) == 2
    assert ways(finding)["adopt"] == ["flowops users adopt ann"]


def test_a_name_that_looks_like_an_option_is_adopted_as_a_name() -> None:
    assert ways(one(replace(ANN, name="-ann", path="/")))["adopt"] == ["flowops users adopt -- -ann"]
    assert ways(one(replace(ANN, name="-ann", groups=())))["adopt"] == ["flowops users adopt --group GROUP -- -ann"]


def test_a_user_with_policies_of_its_own_is_found_with_each_of_them() -> None:
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    finding = one(replace(ANN, attached=(administrator,), inline=("mine",)))
    assert finding.address.endswith("//own-policies")
    assert finding.summary == "user ann has policies besides those of its groups: mine, AdministratorAccess"
    assert ways(finding) == {
        "accept": [
            f"aws iam detach-user-policy --user-name ann --policy-arn {administrator} --profile flw-sec",
            "aws iam delete-user-policy --user-name ann --policy-name mine --profile flw-sec",
        ]
    }


def test_active_keys_without_a_device_are_found() -> None:
    finding = one(replace(ANN, devices=0, active_keys=("AKIA1", "AKIA2")))
    assert finding.summary == "user ann has 2 active access keys and no MFA device"
    assert "--access-key-id AKIA2 --status Inactive" in ways(finding)["accept"][1]
    assert found(replace(ANN, devices=0, active_keys=())) == []


@pytest.mark.parametrize("path", ["/flowable/", "/"])
def test_a_group_that_no_environment_has_is_found(path: str) -> None:
    group = Group("test_dev_ops_admin", f"{IAM}:group/flowable/test_dev_ops_admin", path)
    (finding,) = found(groups=(DEVELOPERS, group))
    assert (finding.type, finding.address) == ("aws_iam_group", f"{group.arn}//unknown")
    assert (
        finding.summary == f"group test_dev_ops_admin at {path} is none of those that flowops makes for an environment"
    )


def test_each_thing_that_is_wrong_is_a_finding_of_its_own() -> None:
    worst = replace(ANN, path="/", groups=(), inline=("mine",), devices=0)
    assert len({it.fingerprint for it in found(worst, replace(worst, name="eve", arn=f"{IAM}:user/eve"))}) == 6


def test_no_name_becomes_a_command_or_an_option() -> None:
    for name in ("-rf", "a;b", "a b\x1b[31m"):
        for way in one(replace(ANN, name=name, groups=())).ways:
            words = shlex.split(way.text)
            assert words[:2] in (["aws", "iam"], ["flowops", "users"])
            assert "-rf" not in words[: words.index("--") if "--" in words else None]
            assert ";" not in " ".join(words).replace("a;b", "")
            assert "\x1b" not in way.text
