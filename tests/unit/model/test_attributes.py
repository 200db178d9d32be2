"""What of a change may be shown to anybody: no sensitive value, whatever form the trees have, and never too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.attributes import LONGEST, MOST_ATTRIBUTES, AttributeChange, AttributeChanges, attribute_changes
from flowops.model.changes import plan_from_json
from flowops.model.discretion import Discretion
from tests.fakes import tree

SENTINEL = 'S3NTINEL-"<&>\nsecond line of it'


def changed(before: Any, after: Any, **more: Any) -> dict[str, AttributeChange]:
    found = attribute_changes({"before": before, "after": after, **more}, Discretion())
    return {it.path: it for it in found.shown}


def document(change: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource = {"address": "x.this", "type": "x", "change": {"actions": ["update"], **change}}
    return {"resource_changes": [resource], **more}


def attributes(change: dict[str, Any], **more: Any) -> AttributeChanges:
    return plan_from_json(tree.unit("foundation/vpc"), document(change, **more)).changes[0].attributes


def test_only_what_differs_is_there_and_each_value_is_text() -> None:
    found = changed(
        {"size": 1, "same": "x", "on": True, "zones": ["a"], "tags": {"Name": "old", "my key": "1"}},
        {"size": 0, "same": "x", "on": False, "zones": ["a", "b"], "tags": {"Name": "new"}},
        after_unknown={"tags": {}, "zones": []},
    )
    assert {path: (it.before, it.after) for path, it in found.items()} == {
        "size": ("1", "0"),
        "on": ("true", "false"),
        "zones": ('["a"]', '["a", "b"]'),
        "tags.Name": ("old", "new"),
        'tags["my key"]': ("1", None),
    }


def test_a_creation_has_no_before_and_a_deletion_no_after() -> None:
    assert changed(None, {"name": "a", "unset": None}) == {"name": AttributeChange("name", None, "a")}
    assert changed({"name": "a"}, None) == {"name": AttributeChange("name", "a", None)}


def test_what_only_the_apply_will_tell_is_marked_also_where_it_was_known() -> None:
    found = changed(
        {"arn": "old", "ids": {"a": "1"}},
        {"rules": [{"name": "r"}]},
        after_unknown={"arn": True, "ids": True, "rules": [{"id": True}]},
    )
    assert found["arn"] == AttributeChange("arn", "old", None, unknown=True)
    assert found["ids"] == AttributeChange("ids", '{"a": "1"}', None, unknown=True)
    assert found["rules[0].id"] == AttributeChange("rules[0].id", None, None, unknown=True)
    assert found["rules[0].name"].after == "r"


@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
def test_what_one_side_marks_is_hidden_on_both(side: str) -> None:
    found = changed({"a": "one", "b": "x"}, {"a": "two", "b": "y"}, **{side: {"a": True}})
    assert found["a"] == AttributeChange("a", sensitive=True)
    assert (found["b"].before, found["b"].after) == ("x", "y")
    assert changed({"a": "one"}, {"a": "two"}, **{side: True}) == {"": AttributeChange("", sensitive=True)}


def test_a_tree_that_turns_into_text_is_hidden_with_what_is_marked_in_it() -> None:
    found = changed({"a": {"deep": SENTINEL}}, {"a": "x"}, before_sensitive={"a": {"deep": True}})
    assert found == {"a": AttributeChange("a", sensitive=True)}


@pytest.mark.parametrize("name", ["password", "master_password", "secret_string", "auth_token", "privateKey", "token"])
def test_what_is_named_like_a_secret_is_hidden_without_a_mark(name: str) -> None:
    assert changed({name: "old"}, {name: "new"}) == {name: AttributeChange(name, sensitive=True)}
    pair = changed({"set": [{"name": f"db.{name}", "value": "o"}]}, {"set": [{"name": f"db.{name}", "value": "n"}]})
    assert pair == {"set[0].value": AttributeChange("set[0].value", sensitive=True)}


def test_a_switch_is_no_secret_whatever_its_name() -> None:
    assert changed({"manage_password": False}, {"manage_password": True})["manage_password"].after == "true"


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "%s", "user": "flowable"}',
        "db:\n  password: %s\n  user: flowable",
        "postgres://flowable:%s@db/flowable",
        "spring.datasource.password=%s",
        json.dumps({"json": json.dumps({"secret": "%s"}), "user": "flowable"}),
    ],
)
def test_a_secret_inside_a_text_is_hidden_there(text: str) -> None:
    for it in changed({"values": "none"}, {"values": text % "hunter2x"}).values():
        assert "hunter2x" not in str(it)
        assert "flowable" in str(it) or "spring" in str(it)


@pytest.mark.parametrize(
    "spelled",
    [
        SENTINEL,
        json.dumps({"policy": SENTINEL}),
        json.dumps({"policy": SENTINEL}).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        "UzNOVElORUwtIjwmPgpzZWNvbmQgbGluZSBvZiBpdA==",
        "license: |\n    second line of it",
    ],
)
@pytest.mark.parametrize("where", ["resource", "output", "variable"])
def test_what_is_sensitive_anywhere_in_a_plan_is_shown_nowhere_in_it(spelled: str, where: str) -> None:
    change: dict[str, Any] = {"before": {"text": "x"}, "after": {"text": f"a {spelled} b", "tree": {"k": [SENTINEL]}}}
    more: dict[str, Any] = {}
    if where == "resource":
        change["after"]["given"] = SENTINEL
        change["after_sensitive"] = {"given": True}
    elif where == "output":
        more["output_changes"] = {
            "o": {"actions": ["update"], "after": {"k": SENTINEL}, "after_sensitive": {"k": True}}
        }
    else:
        more["variables"] = {"v": {"value": SENTINEL}}
        more["configuration"] = {"root_module": {"variables": {"v": {"sensitive": True}}}}
    found = repr(attributes(change, **more))
    assert "S3NTINEL" not in found
    assert "second line" not in found
    assert "UzNOVElORUwt" not in found
    assert "'text'" in found


def test_a_difference_that_is_hidden_is_still_a_change() -> None:
    found = changed({"url": "s3://u:one@x"}, {"url": "s3://u:two@x"})
    assert found == {"url": AttributeChange("url", sensitive=True)}


def test_long_values_show_where_they_differ_and_no_more_than_is_useful() -> None:
    same = "x" * 5000
    it = changed({"v": f"{same}old{same}"}, {"v": f"{same}new{same}"})["v"]
    assert it.before is not None
    assert it.after is not None
    assert "old" in it.before
    assert "new" in it.after
    assert len(it.before) <= LONGEST + 2


def test_more_attributes_than_anybody_reads_are_counted() -> None:
    found = attribute_changes({"before": None, "after": {f"a{at}": at for at in range(500)}}, Discretion())
    assert (len(found.shown), found.more) == (MOST_ATTRIBUTES, 500 - MOST_ATTRIBUTES)


def test_a_control_sequence_is_not_passed_on() -> None:
    assert changed({"v": "a"}, {"v": "b\x1b[31m\u202ec"})["v"].after == "bc"


def test_what_does_not_change_has_no_attributes() -> None:
    kept = document({"before": {"a": 1}, "after": {"a": 2}})
    kept["resource_changes"][0]["change"]["actions"] = ["no-op"]
    assert plan_from_json(tree.unit("foundation/vpc"), kept).changes[0].attributes == AttributeChanges()


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))


@st.composite
def marked(draw: st.DrawFn, depth: int = 3) -> tuple[Any, Any]:
    """Return a tree with sentinels in it, and the tree of marks that terraform would give it."""
    kind = draw(st.sampled_from(["leaf", "sentinel", "dict", "list", "whole"] if depth else ["leaf", "sentinel"]))
    if kind == "leaf":
        return draw(LEAVES), draw(st.sampled_from([False, None]))
    if kind == "sentinel":
        return f"TOPSECRET{draw(st.integers(0, 99))}", True
    if kind == "whole":
        return {"k": f"TOPSECRET{draw(st.integers(0, 99))}"}, True
    parts = draw(st.lists(marked(depth - 1), max_size=3))
    if kind == "list":
        return [value for value, _ in parts], [marks for _, marks in parts]
    keys = draw(st.lists(st.text(max_size=4), min_size=len(parts), max_size=len(parts), unique=True))
    pairs = dict(zip(keys, parts, strict=True))
    return {key: value for key, (value, _) in pairs.items()}, {key: marks for key, (_, marks) in pairs.items()}


@given(marked(), marked(), st.booleans())
def test_no_marked_value_is_ever_in_the_result(before: tuple[Any, Any], after: tuple[Any, Any], unknown: bool) -> None:
    change = {
        "before": before[0],
        "before_sensitive": before[1],
        "after": after[0],
        "after_sensitive": after[1],
        "after_unknown": unknown,
    }
    # Without what looks for known secrets everywhere: the marks alone must do.
    assert "TOPSECRET" not in repr(attribute_changes(change, Discretion()))
    assert "TOPSECRET" not in repr(attributes(change))


@given(marked(), marked())
def test_what_is_equal_has_no_attributes_and_a_text_that_changes_has_one(
    before: tuple[Any, Any], after: tuple[Any, Any]
) -> None:
    found = attribute_changes({"before": before[0], "after": after[0]}, Discretion())
    if before[0] == after[0]:
        assert found == AttributeChanges()
    elif isinstance(before[0], str) or isinstance(after[0], str):
        assert found.shown
