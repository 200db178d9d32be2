"""One entry or value more, and every other byte as it was."""

from __future__ import annotations

import difflib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flowops.adapters.yaml_edit import scalar, with_entry, with_value

ENTRY = {"id": "012345678901", "profile": "flw-qa"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: {b: c}\n", 'a: {b: c, qa: {id: "012345678901", profile: flw-qa}}\n'),
        ("a: { b: c }\n", 'a: { b: c, qa: {id: "012345678901", profile: flw-qa} }\n'),
        ("a: {b: c,}\n", 'a: {b: c, qa: {id: "012345678901", profile: flw-qa},}\n'),
        (
            "a: {\n  b: {c: d},  # why\n}\n",
            'a: {\n  b: {c: d},  # why\n  qa: {id: "012345678901", profile: flw-qa},\n}\n',
        ),
        (
            "a: {\n  b: c,   # of b\n  d: e  # of d\n}\n",
            'a: {\n  b: c,   # of b\n  d: e,  # of d\n  qa: {id: "012345678901", profile: flw-qa}\n}\n',
        ),
        (
            "a: {\r\n  d: e  # of d\r\n}\r\n",
            'a: {\r\n  d: e,  # of d\r\n  qa: {id: "012345678901", profile: flw-qa}\r\n}\r\n',
        ),
        (
            "a: {\n  d: e }  # of a\n",
            'a: {\n  d: e,\n  qa: {id: "012345678901", profile: flw-qa} }  # of a\n',
        ),
        (
            "a: {\n  d: e\n  # of nobody, yet\n  ,}\n",
            'a: {\n  d: e,\n  qa: {id: "012345678901", profile: flw-qa}\n  # of nobody, yet\n  ,}\n',
        ),
        ("a: {b: c,\n    d: e}\n", 'a: {b: c,\n    d: e,\n    qa: {id: "012345678901", profile: flw-qa}}\n'),
        ("a: {b: c,\n    d: e, f: g}\n", 'a: {b: c,\n    d: e, f: g, qa: {id: "012345678901", profile: flw-qa}}\n'),
        ("a: {}\n", 'a: {qa: {id: "012345678901", profile: flw-qa}}\n'),
        (
            "a:\n  b: c   # why\n\n# of z\nz: 1\n",
            'a:\n  b: c   # why\n  qa: {id: "012345678901", profile: flw-qa}\n\n# of z\nz: 1\n',
        ),
        (
            "a:\n    b: |\n      text\nz: 1\n",
            'a:\n    b: |\n      text\n    qa: {id: "012345678901", profile: flw-qa}\nz: 1\n',
        ),
        (
            "a:\n  b:\n    - c\n    - d: e",
            'a:\n  b:\n    - c\n    - d: e\n  qa: {id: "012345678901", profile: flw-qa}\n',
        ),
        ("a:\r\n  b: c\r\nz: 1\r\n", 'a:\r\n  b: c\r\n  qa: {id: "012345678901", profile: flw-qa}\r\nz: 1\r\n'),
    ],
)
def test_an_entry_is_added_in_the_style_of_its_mapping(before: str, after: str) -> None:
    assert with_entry(before, ("a",), "qa", ENTRY) == after
    assert yaml.safe_load(after)["a"]["qa"] == ENTRY


def test_a_value_is_replaced_where_it_stands() -> None:
    text = "# the project\nproject:   flowable   # a prefix\nother: {region: x,  path: 'y'}\n"
    changed = with_value(with_value(text, ("project",), "orders"), ("other", "path"), "z/y")
    assert changed == "# the project\nproject:   orders   # a prefix\nother: {region: x,  path: z/y}\n"


@pytest.mark.parametrize("word", ["no", "on", "true", "null", "012345678901", "1.5", "0x1f", "~"])
def test_a_word_that_yaml_would_take_for_something_else_is_quoted(word: str) -> None:
    assert yaml.safe_load(scalar(word)) == word
    assert scalar(word)[0] in "'\""


@pytest.mark.parametrize("where", [("b",), ("a", "b"), ("a", "b", "c")])
def test_what_is_not_there_is_an_error_and_not_a_guess(where: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        with_entry("a: {b: c}\n", where, "qa", ENTRY)


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


@given(
    st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3), min_size=1, max_size=4),
    st.booleans(),
    NAMES,
    st.dictionaries(NAMES, TEXTS | st.booleans(), max_size=3),
)
def test_any_mapping_takes_any_entry_and_no_line_goes(
    held: dict[str, dict[str, str]], flow: bool, key: str, value: dict[str, str | bool]
) -> None:
    before = {"environments": {name: it for name, it in held.items() if name != key} or {"other": {"a": "b"}}, "z": 1}
    text = yaml.safe_dump(before, default_flow_style=flow or None, sort_keys=False, allow_unicode=True, width=2**20)
    after = with_entry(text, ("environments",), key, value)
    assert yaml.safe_load(after) == {"environments": {**before["environments"], key: value}, "z": 1}  # type: ignore[dict-item]
    if not flow:
        gone = [it for it in difflib.ndiff(text.splitlines(), after.splitlines()) if it.startswith("- ")]
        assert gone == []
