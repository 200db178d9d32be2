"""A file below policies/ as data: strict keys, strict types, and what each rule means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from flowops.model.changes import Action
from flowops.model.config import Strict
from flowops.model.config_problems import Problem
from flowops.model.rules import OPERATORS, Condition, Effect, Rule

Glob = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:/-]+(\.([A-Za-z0-9_:/-]+|\*))*$")]
Message = Annotated[str, StringConstraints(min_length=1, max_length=500)]
ActionName = Literal["add", "change", "replace", "destroy", "forget"]


class ConditionConfig(Strict):
    """One look at an attribute, before or after the change."""

    before: Path | None = Field(default=None, description="Attribute as it is: dotted, `*` for every element.")
    after: Path | None = Field(default=None, description="Attribute as it will be: dotted, `*` for every element.")
    equals: Any = Field(default=None, description="The value is this one.")
    not_equals: Any = Field(default=None, description="The value is another one.")
    one_of: list[Any] = Field(default_factory=list, description="The value is among these.")
    none_of: list[Any] = Field(default_factory=list, description="The value is not among these.")
    at_least: float | int | None = Field(default=None, description="The value is a number and not less.")
    at_most: float | int | None = Field(default=None, description="The value is a number and not more.")
    matches: Glob | None = Field(default=None, description="The value is a text that this glob fits.")
    set: bool | None = Field(default=None, description="Whether there is a value that is not empty.")

    def operators(self) -> list[str]:
        """Return the operators that stand there."""
        return [name for name in OPERATORS if name in self.model_fields_set]

    def sides(self) -> list[str]:
        """Return which of `before` and `after` stand there."""
        return [name for name in ("before", "after") if name in self.model_fields_set]


class RuleConfig(Strict):
    """One rule."""

    effect: Literal["allow", "warn", "refuse"] = Field(description="What is said to a change that matches.")
    message: Message = Field(description="Why, for whoever reads the plan.")
    address: Glob = Field(default="*", description="Glob of LAYER/UNIT//TERRAFORM_ADDRESS.")
    type: Glob = Field(default="*", description="Glob of the resource type.")
    actions: list[ActionName] = Field(default_factory=list, description="Only these actions; all without it.")
    when: list[ConditionConfig] = Field(default_factory=list, description="Conditions that must all hold.")


class RulesConfig(Strict):
    """The whole of one file."""

    rules: list[RuleConfig] = Field(min_length=1, description="Tried in this order.")


def problems(config: RulesConfig) -> Iterator[Problem]:
    """Yield the conditions that are not one look with one comparison."""
    for number, rule in enumerate(config.rules):
        for index, condition in enumerate(rule.when):
            where = ("rules", number, "when", index)
            if len(condition.sides()) != 1:
                yield Problem(where, "a condition looks at one attribute: `before: NAME` or `after: NAME`")
            if len(condition.operators()) != 1:
                yield Problem(where, f"a condition compares once; allowed: {', '.join(OPERATORS)}")


def rule_of(config: RuleConfig, where: str) -> Rule:
    """Return what one rule means; `where` is its file and line."""
    return Rule(
        where,
        Effect(config.effect),
        config.message,
        config.address,
        config.type,
        frozenset(Action(name) for name in config.actions),
        tuple(_condition(it) for it in config.when),
    )


def _condition(config: ConditionConfig) -> Condition:
    (side,), (operator,) = config.sides(), config.operators()
    return Condition(side, tuple(str(getattr(config, side)).split(".")), operator, getattr(config, operator))
