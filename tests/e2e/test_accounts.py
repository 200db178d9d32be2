"""Accounts from nothing, by command: the page on accounts as a script, then a bootstrap, and what bad input is told.

The tests of this file are one story: each begins where the one before it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.aws import DEV, PROD, SECURITY
from tests.e2e.command import Flowops
from tests.e2e.conftest import copy_project
from tests.e2e.walk import Walk

CREATE = ("--rehearsal", "accounts", "create")


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("accounts")
    reader = Walk(Flowops(copy_project(folder / "project"), folder / "state"))
    yield reader
    reader.flowops("rehearse", "down", "--forget")


@pytest.fixture(scope="module")
def flowops(walk: Walk) -> Flowops:
    return walk.flowops


@pytest.fixture(scope="module", autouse=True)
def without_accounts(flowops: Flowops) -> None:
    started = flowops("rehearse", "up", "--no-accounts")
    assert started.code == 0, started.err


def config_of(folder: Path) -> str:
    return (folder / "flowops.yaml").read_text()


def test_without_accounts_everything_leads_to_the_command(flowops: Flowops) -> None:
    listed = flowops("--rehearsal", "accounts", "list", "-o", "json")
    assert listed.code == 0, listed.err
    data = listed.envelope["data"]
    assert data["organization"] == ""
    assert [it["next"] for it in data["accounts"]] == [
        f"flowops --rehearsal accounts create {name}" for name in ("security", "dev", "prod")
    ]
    bootstrapped = flowops("--rehearsal", "bootstrap", "--yes")
    assert bootstrapped.code == 1
    assert bootstrapped.err.rstrip().endswith("Next: flowops --rehearsal accounts create")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pord",), 64, "There is no account 'pord'; did you mean 'prod'?"),
        (("--email", "dev"), 64, "'dev' is not NAME=ADDRESS"),
        (("--email", "dev=a@b.example", "--email", "dev=c@b.example"), 64, "account 'dev' is named twice"),
        (("--email", "dev=nobody"), 64, "'nobody' is no e-mail address"),
        (("--email", "pord=x@y.example"), 64, "did you mean 'prod'?"),
        (("prod", "--email", "dev=x@y.example"), 64, "--email names account dev, which this command is not about"),
        (("--email-base", f"{'a' * 60}@example.com"), 64, "has 72 characters; allowed: 6 to 64"),
        (("--email-base", f"{'a' * 45}@example.com"), 64, "derived from"),
        (("--adopt", f"dev={DEV}"), 64, f"has no account '{DEV}'"),
        (("--yes",), 7, "nobody is there to type it"),
        (("--email-base", "aws@example.com"), 7, "nobody is there to give it"),
    ],
)
def test_bad_input_is_one_clear_answer(flowops: Flowops, words: tuple[str, ...], code: int, said: str) -> None:
    ended = flowops(*CREATE, *words)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert "flowops met an error" not in ended.err


def test_the_flags_to_use_are_named_and_lead_to_the_rehearsal(flowops: Flowops) -> None:
    ended = flowops(*CREATE, "dev", "--email-base", "aws@example.com")
    assert ended.err.rstrip().endswith(
        "Next: flowops --rehearsal accounts create dev --email-base aws@example.com --yes"
    )
    assert "aws+flowable-dev@example.com" in ended.err
    assert "Account 999999999999 belongs to no organization: one is made" in ended.err


def test_the_page_makes_the_accounts(walk: Walk, flowops: Flowops) -> None:
    before = config_of(flowops.project)
    assert '"' not in before.partition("accounts:")[2].partition("environments:")[0]
    ended = walk.read_page("accounts.md")
    assert ended.code == 0, ended.err
    for name in ("security", "dev", "prod"):
        assert f"aws+flowable-{name}@example.com" in ended.out
    assert config_of(flowops.project) == before


def test_the_list_knows_them(flowops: Flowops) -> None:
    data = flowops("--rehearsal", "accounts", "list", "-o", "json").envelope["data"]
    rows = {it["in_flowops_yaml"]: (it["id"], it["status"], it["role"]) for it in data["accounts"] if it["role"]}
    assert rows == {
        "security": (SECURITY, "ACTIVE", "yes"),
        "dev": (DEV, "ACTIVE", "yes"),
        "prod": (PROD, "ACTIVE", "yes"),
    }
    assert data["management_account"] == "999999999999"


def test_again_nothing_changes_and_the_ids_stand_in_the_scratch_copy(flowops: Flowops) -> None:
    again = flowops(*CREATE, "-o", "json")
    assert again.code == 0, again.err
    assert {it["outcome"] for it in again.envelope["data"]["accounts"]} == {"unchanged"}
    scratch = Path(flowops("rehearse", "status", "-o", "json").envelope["data"]["scratch_copy"])
    for number in (SECURITY, DEV, PROD):
        assert f'id: "{number}"' in config_of(scratch)


def test_a_bootstrap_follows(flowops: Flowops) -> None:
    made = flowops("--rehearsal", "bootstrap", "--yes")
    assert made.code == 0, made.err
    assert flowops("--rehearsal", "secrets", "check").code == 0


def test_a_rehearsal_with_accounts_goes_on_from_there(flowops: Flowops) -> None:
    started = flowops("rehearse", "up")
    assert started.code == 0, started.err
    listed = flowops("--rehearsal", "accounts", "list", "-o", "json").envelope["data"]
    assert len(listed["accounts"]) == 4
