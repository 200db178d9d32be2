"""What is read from a state file, and what is no state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.model.state_document import Instance, Unreadable, quoted, read_document
from tests.fakes.recovery import state


def resource(**more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "aws_subnet", "name": "this", "instances": [{}], **more}


def test_addresses_are_those_that_terraform_prints() -> None:
    instances = [
        {"index_key": 0, "attributes": {"id": "subnet-0"}},
        {"index_key": 'a"${b}', "attributes": {"id": "subnet-1"}, "status": "tainted"},
        {"deposed": "12ab", "attributes": None},
    ]
    read = read_document(
        state(resources=[resource(module='module.net["x"]', instances=instances), resource(mode="data")])
    )
    assert read.instances == (
        Instance('module.net["x"].aws_subnet.this[0]', "aws_subnet", "subnet-0"),
        Instance('module.net["x"].aws_subnet.this["a\\"$${b}"]', "aws_subnet", "subnet-1", tainted=True),
        Instance('module.net["x"].aws_subnet.this (deposed object 12ab)', "aws_subnet", ""),
    )
    assert [it.id for it in read.tainted] == ["subnet-1"]
    assert read.knows("aws_subnet", "subnet-0")
    assert not read.knows("aws_vpc", "subnet-0")


def test_the_contents_are_the_same_however_the_file_is_laid_out() -> None:
    laid_out = json.dumps(json.loads(state(9, "aws_vpc.this")), indent=2, sort_keys=True).encode()
    assert read_document(laid_out).contents == read_document(state(5, "aws_vpc.this", lineage="two")).contents
    assert read_document(state(5, "aws_vpc.that")).contents != read_document(laid_out).contents


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (state()[:-9], "is cut off or no state"),
        (b"<html>", "is cut off or no state"),
        (b"\xff\xfe", "is cut off or no state"),
        (b"null", "is cut off or no state"),
        (b"[]", "is cut off or no state"),
        (b"{}", "is cut off or no state"),
        (b"[" * 100_000, "is cut off or no state"),
        (state(resources=[{}]), "is cut off or no state"),
        (state(version=5, terraform_version="2.0.0"), "has format 5, written by terraform '2.0.0'"),
        (state(version=3), "has format 3, which terraform no longer writes"),
    ],
)
@pytest.mark.fault(28)
def test_what_is_no_state_is_never_read_as_one(raw: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read_document(raw)


def test_quoted_text_means_exactly_itself_in_hcl() -> None:
    assert quoted('a"\\${x}%{y}ü') == '"a\\"\\\\$${x}%%{y}ü"'
