from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.plaintext import MARK, printable, redacted


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Plan: 3 to add", "Plan: 3 to add"),
        ("a\tb", "a\tb"),
        ("\x1b[1m\x1b[31mError:\x1b[0m no", "Error: no"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;Zm9v\x07", ""),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x9b2Jcleared", "cleared"),
        ("Who: \x1b[2Jroot@host", "Who: root@host"),
        ("over\rwritten", "overwritten"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\u2028lines", "twolines"),
        ("Grüße ✓ 日本", "Grüße ✓ 日本"),
        ("lone\udcff", "lone�"),
        ("unfinished \x1b[31", "unfinished "),
        ("unfinished \x1b]0;title", "unfinished "),
    ],
)
def test_printable_keeps_the_words_and_drops_what_steers_a_terminal(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text())
def test_printable_text_is_left_alone_the_second_time(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_below_space_but_tab_survives(text: str) -> None:
    assert not [
        c for c in printable(text) if (c < " " and c != "\t") or "\x7f" <= c <= "\x9f" or c in "\u202a\u202e\u2066"
    ]


def test_a_secret_is_replaced_in_every_spelling() -> None:
    secret = "p/ss wörd&="
    encoded = base64.b64encode(secret.encode()).decode()
    text = f"plain {secret} base64 {encoded} url {quote(secret, safe='')} unpadded {encoded.rstrip('=')}."

    assert redacted(text, [secret]) == f"plain {MARK} base64 {MARK} url {MARK} unpadded {MARK}."


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert redacted("token-and-more", ["token", "token-and-more"]) == MARK


def test_an_empty_secret_changes_nothing() -> None:
    assert redacted("text", [""]) == "text"


@pytest.mark.parametrize(
    "telltale",
    [
        "AKIA" + "A" * 16,
        "ASIA" + "2" * 16,
        "ghp_" + "a" * 36,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----MIIE+/=-----END RSA PRIVATE KEY-----",
    ],
)
def test_known_key_formats_are_replaced_unasked(telltale: str) -> None:
    assert redacted(f"got {telltale}, sorry") == f"got {MARK}, sorry"


def test_ordinary_ids_are_no_secrets() -> None:
    text = "arn:aws:iam::222222222222:role/flowable/DevOpsAdminRole vpc-0a1b2c3d 5.100.0"
    assert redacted(text) == text
