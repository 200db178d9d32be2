"""Codes of a virtual MFA device, against the vectors of RFC 6238, appendix B (SHA-1, last six digits)."""

from __future__ import annotations

import base64

import pytest

from flowops.model import totp

SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_rfc(moment: int, code: str) -> None:
    assert totp.code_at(SEED, moment) == code


def test_a_seed_may_be_written_in_groups_without_padding_in_small_letters() -> None:
    spoken = " ".join(SEED.lower()[i : i + 4] for i in range(0, len(SEED), 4)).replace("=", "")
    assert totp.code_at(spoken, 59) == "287082"


@pytest.mark.parametrize(("late", "expected"), [(-31, True), (0, True), (31, True), (-91, False), (91, False)])
def test_a_code_is_right_one_step_around_its_time(late: int, expected: bool) -> None:
    code = totp.code_at(SEED, 1_000_000_000)
    assert totp.accepts(SEED, code, 1_000_000_000 + late) is expected


def test_two_codes_must_follow_each_other() -> None:
    first, second = totp.two_codes_at(SEED, 1_000_000_000)
    assert totp.accepts_two(SEED, first, second, 1_000_000_000)
    assert totp.accepts_two(SEED, first, second, 1_000_000_030)
    assert not totp.accepts_two(SEED, second, first, 1_000_000_000)
    assert not totp.accepts_two(SEED, first, first, 1_000_000_000)
    assert not totp.accepts_two(SEED, first, second, 1_000_000_120)


def test_rubbish_is_no_code() -> None:
    assert not totp.accepts(SEED, "", 59)
    assert not totp.accepts(SEED, "28708२", 59)
