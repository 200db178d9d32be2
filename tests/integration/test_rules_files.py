"""Files below policies/: read strictly, each mistake with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowops.adapters.rules_files import load_rules
from flowops.errors import InvalidConfig
from flowops.model.changes import Action
from flowops.model.rules import Condition, Effect, Rule

GOOD = """\
rules:
  - effect: refuse
    message: A database is never public.
    type: aws_db_instance
    actions: [add, change]
    when:
      - after: publicly_accessible
        equals: true
  - effect: warn
    message: Somebody removes a tag.
    address: "foundation/*//*"
    when:
      - before: tags.owner
        set: true
"""


def written(folder: Path, text: str, name: str = "house.yaml") -> Path:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / name).write_text(text)
    return folder


def test_a_file_is_its_rules_in_order_with_their_lines(tmp_path: Path) -> None:
    assert load_rules(written(tmp_path, GOOD)) == (
        Rule(
            "policies/house.yaml:2",
            Effect.REFUSE,
            "A database is never public.",
            type="aws_db_instance",
            actions=frozenset({Action.CREATE, Action.UPDATE}),
            conditions=(Condition("after", ("publicly_accessible",), "equals", True),),
        ),
        Rule(
            "policies/house.yaml:9",
            Effect.WARN,
            "Somebody removes a tag.",
            address="foundation/*//*",
            conditions=(Condition("before", ("tags", "owner"), "set", True),),
        ),
    )


def test_files_are_tried_by_name_and_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert load_rules(tmp_path) == ()
    written(tmp_path, GOOD, "b.yaml")
    written(tmp_path, GOOD, "a.yml")
    assert [it.where.partition(":")[0] for it in load_rules(tmp_path)] == ["policies/a.yml"] * 2 + [
        "policies/b.yaml"
    ] * 2


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("type:", "typ:", "house.yaml:4: rules.0.typ: unknown key 'typ'; did you mean 'type'? known: actions, address"),
        ("equals:", "equal:", "house.yaml:8: rules.0.when.0.equal: unknown key 'equal'; did you mean 'equals'?"),
        ("effect: warn", "effect: deny", "house.yaml:9: rules.1.effect: 'deny': input should be 'allow', 'warn' or"),
        ("[add, change]", "[create]", "house.yaml:5: rules.0.actions.0: 'create': input should be 'add', 'change'"),
        ("    message: Somebody removes a tag.\n", "", "house.yaml:9: rules.1: key 'message' is missing"),
        ("        equals: true\n", "", "house.yaml:7: rules.0.when.0: a condition compares once; allowed: equals, "),
        ("set: true", "set: true\n        equals: x", "house.yaml:13: rules.1.when.0: a condition compares once"),
        (
            "before: tags.owner",
            "before: a\n        after: b",
            "house.yaml:13: rules.1.when.0: a condition looks at one",
        ),
        ("tags.owner", "tags..owner", "house.yaml:13: rules.1.when.0.before: 'tags..owner' does not fit"),
        ("rules:", "rule:", "house.yaml:1: rule: unknown key 'rule'; did you mean 'rules'?"),
        ("set: true", "set: 'yes'", "house.yaml:14: rules.1.when.0.set: 'yes' stands here; allowed: true or false"),
    ],
)
def test_a_mistake_is_answered_with_file_line_and_what_is_allowed(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in GOOD
    with pytest.raises(InvalidConfig) as caught:
        load_rules(written(tmp_path, GOOD.replace(before, after)))
    assert said in caught.value.happened


def test_an_empty_file_is_a_mistake_and_not_the_absence_of_rules(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"house\.yaml:1: is empty"):
        load_rules(written(tmp_path, ""))
