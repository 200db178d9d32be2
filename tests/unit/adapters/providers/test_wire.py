"""The little of protobuf that the proxy reads, against messages encoded by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.adapters.providers.wire import Schema, configuration, fields, refused
from tests.unit.adapters.providers.messages import (
    SCHEMA,
    SEVERITY_ERROR,
    SEVERITY_WARNING,
    configure,
    diagnostic,
    entry,
    holding,
    number,
    varint,
)

TYPES = (2, 3, 7, 8)
NAMES = ("aws_vpc", "aws_subnet", "aws_iam_role", "arn_parse", "größe")


def fixed(field: int, content: bytes) -> bytes:
    return varint(field << 3 | {8: 1, 4: 5}[len(content)]) + content


numbered = st.integers(1, 2**29 - 1)
one_field = st.one_of(
    st.builds(number, numbered, st.integers(0, 2**64 - 1)),
    st.builds(holding, numbered, st.binary(max_size=300)),
    st.builds(fixed, numbered, st.binary(min_size=8, max_size=8) | st.binary(min_size=4, max_size=4)),
)
typed = st.builds(entry, st.sampled_from(TYPES), st.sampled_from(NAMES), st.binary(max_size=20))
others = st.builds(holding, st.sampled_from([1, 4, 5, 6, 9, 10, 11]), st.binary(max_size=20))


@settings(deadline=None)
@given(st.lists(one_field, max_size=8))
def test_the_fields_of_a_message_are_the_message(made: list[bytes]) -> None:
    assert [raw for _, _, raw in fields(b"".join(made))] == made


@settings(deadline=None)
@given(numbered, st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_a_field_is_told_with_its_number_and_value(field: int, content: bytes, value: int) -> None:
    message = holding(field, content) + number(field, value) + fixed(field, b"12345678") + fixed(field, b"1234")
    assert [(found, told) for found, told, _ in fields(message)] == [
        (field, content),
        (field, varint(value)),
        (field, b""),
        (field, b""),
    ]


@settings(deadline=None)
@given(st.lists(one_field, max_size=3), one_field, st.data())
def test_a_message_that_is_cut_off_is_noticed(before: list[bytes], last: bytes, data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, len(last) - 1), "bytes of the last field that arrived")
    with pytest.raises(ValueError, match="cut off"):
        list(fields(b"".join(before) + last[:kept]))


@pytest.mark.parametrize("wire_type", [3, 4, 6, 7])
def test_groups_and_what_is_no_protobuf_at_all_are_refused(wire_type: int) -> None:
    with pytest.raises(ValueError, match=f"wire type {wire_type} at byte 3"):
        list(fields(holding(1, b"x") + varint(1 << 3 | wire_type)))


def test_terraforms_version_and_capabilities_are_no_part_of_a_configuration() -> None:
    plan = configure(b"eu-central-1", terraform="1.11.4", deferrals=True)
    apply = configure(b"eu-central-1", terraform="1.12.0")
    assert configuration(plan) == configuration(apply) == b"eu-central-1"
    assert configuration(configure(b"us-east-1")) == b"us-east-1"


def test_a_provider_without_settings_has_an_empty_configuration() -> None:
    assert configuration(b"") == b""


@pytest.mark.parametrize(
    ("answer", "is_refused"),
    [
        (b"", False),
        (diagnostic(SEVERITY_WARNING), False),
        (diagnostic(SEVERITY_ERROR), True),
        (diagnostic(SEVERITY_WARNING) + diagnostic(SEVERITY_ERROR), True),
        (holding(2, diagnostic(SEVERITY_ERROR)), False),
    ],
    ids=["nothing to say", "a warning", "an error", "an error after a warning", "no diagnostic at all"],
)
def test_only_an_error_refuses_a_configuration(answer: bytes, is_refused: bool) -> None:
    assert refused(answer) is is_refused


def test_a_warning_that_speaks_of_errors_is_a_warning() -> None:
    assert not refused(holding(1, number(1, SEVERITY_WARNING) + holding(2, number(1, SEVERITY_ERROR))))


@settings(deadline=None)
@given(st.lists(typed | others, max_size=12), st.sets(st.sampled_from(NAMES)))
def test_a_trimmed_schema_has_the_named_types_and_everything_that_is_no_type(
    made: list[bytes], names: set[str]
) -> None:
    def is_type(raw: bytes) -> bool:
        return raw[0] >> 3 in TYPES

    def named(raw: bytes) -> bool:
        return any(raw.startswith(name.encode(), 4) for name in names)

    trimmed = [raw for _, _, raw in fields(Schema(b"".join(made)).trimmed(names))]
    assert [raw for raw in trimmed if not is_type(raw)] == [raw for raw in made if not is_type(raw)]
    assert sorted(filter(is_type, trimmed)) == sorted(raw for raw in made if is_type(raw) and named(raw))


def test_a_name_brings_the_resource_and_the_data_source_of_that_name() -> None:
    names = [raw for _, _, raw in fields(Schema(SCHEMA).trimmed({"aws_vpc", "no_such_type"}))]
    assert names == [
        holding(1, b"the provider's own schema"),
        holding(6, number(1, 1)),
        entry(2, "aws_vpc"),
        entry(3, "aws_vpc", b"the data source of that name"),
    ]


def test_functions_and_ephemeral_resources_are_kept_by_name_too() -> None:
    kept = Schema(SCHEMA).trimmed({"arn_parse", "aws_kms_secrets"})
    assert kept.endswith(entry(7, "arn_parse") + entry(8, "aws_kms_secrets"))
    assert b"aws_vpc" not in kept


def test_a_schema_can_be_trimmed_for_one_lane_after_another() -> None:
    schema = Schema(SCHEMA)
    assert b"aws_subnet" not in schema.trimmed({"aws_vpc"})
    assert b"aws_subnet" in schema.trimmed({"aws_subnet"})


@pytest.mark.parametrize(
    "answer", [b"", holding(1, b"a provider without types"), SCHEMA[:-1], entry(2, "aws_vpc")[:-1], b"<html>"]
)
def test_what_is_no_schema_is_not_taken_for_one(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"schema|cut off|wire type"):
        Schema(answer).checked()


def test_a_schema_that_is_one_is_itself() -> None:
    schema = Schema(SCHEMA)
    assert schema.checked() is schema
