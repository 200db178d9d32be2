"""A project's own rules on what plans may do: its files below policies/, tried in order on every change.

`warn` says its message and goes on to the next rule; `refuse` and `allow` decide. No rule lifts what flowops' own
guard refuses. Where a path leads to several values, one that fits is enough for `warn` and `refuse`; for `allow` there
must be some, and all must fit. A value that only an apply will tell is taken for the worse, too: it meets the
conditions of `warn` and `refuse`, and none of `allow`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

from flowops.model.changes import Action, Plan, ResourceChange

ACTIONS = tuple(it.value for it in Action if it not in (Action.NONE, Action.READ))


class Effect(Enum):
    """What a rule says to a change that it matches."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"


class _NoValue(Enum):
    """What a path leads to instead of a value: one that only an apply will tell, or a `*` without any element."""

    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True)
class Condition:
    """One look at a value `before` or `after` a change; `path` is dotted, with `*` for every element."""

    side: str
    path: tuple[str, ...]
    operator: str
    operand: Any = None

    def may_hold(self, change: ResourceChange) -> bool:
        """Return whether one of the values at the path fits, or may once it is known."""
        return any(it is _NoValue.UNKNOWN or self._fits(it) for it in self._found(change))

    def surely_holds(self, change: ResourceChange) -> bool:
        """Return whether every `*` has elements, and all values at the path are known and fit."""
        return all(map(self._fits, self._found(change)))

    def _found(self, change: ResourceChange) -> list[Any]:
        return _values(getattr(change, self.side), change.unknown if self.side == "after" else {}, self.path)

    def _fits(self, value: Any) -> bool:
        return not isinstance(value, _NoValue) and OPERATORS[self.operator](value, self.operand)


@dataclass(frozen=True)
class Rule:
    """One rule; `where` is its file and line. Without `actions` and `conditions` it matches whatever its globs name."""

    where: str
    effect: Effect
    message: str
    address: str = "*"
    type: str = "*"
    actions: frozenset[Action] = frozenset()
    conditions: tuple[Condition, ...] = ()

    def matches(self, address: str, change: ResourceChange) -> bool:
        """Return whether the rule is about this change."""
        if self.actions and change.action not in self.actions:
            return False
        if not names(self.address, address) or not fnmatchcase(change.type, self.type):
            return False
        if self.effect is Effect.ALLOW:
            return all(it.surely_holds(change) for it in self.conditions)
        return all(it.may_hold(change) for it in self.conditions)

    @property
    def objects_to_creates(self) -> bool:
        """Whether it may have something to say against what is created."""
        return self.effect is not Effect.ALLOW and (not self.actions or Action.CREATE in self.actions)


@dataclass(frozen=True)
class Finding:
    """What a rule says of one change; it names the resource, and never a value of it."""

    rule: Rule
    address: str
    action: Action

    def __str__(self) -> str:
        return f"{self.action.value} {self.address}: {self.rule.message} ({self.rule.where})"


@dataclass(frozen=True)
class Judgement:
    """What all rules say of some plans."""

    warnings: tuple[Finding, ...] = field(default=())
    refusals: tuple[Finding, ...] = field(default=())


def judge(rules: Iterable[Rule], plans: Iterable[Plan]) -> Judgement:
    """Return what the rules say of every change of these plans."""
    ordered = tuple(rules)
    found = [
        finding
        for plan in plans
        for change in plan.resource_changes
        for finding in _of(ordered, plan.address(change), change)
    ]
    return Judgement(
        tuple(it for it in found if it.rule.effect is Effect.WARN),
        tuple(it for it in found if it.rule.effect is Effect.REFUSE),
    )


def _of(rules: Iterable[Rule], address: str, change: ResourceChange) -> Iterator[Finding]:
    for rule in rules:
        if rule.matches(address, change):
            if rule.effect is not Effect.ALLOW:
                yield Finding(rule, address, change.action)
            if rule.effect is not Effect.WARN:
                return


def names(glob: str, address: str) -> bool:
    """Say whether a glob names an address; brackets are terraform's indexes, not classes."""
    return fnmatchcase(address, glob.replace("[", "[[]"))


def _values(value: Any, unknown: Any, path: tuple[str, ...]) -> list[Any]:
    """Return every value at the path, and at least one; None stands for one that is not there."""
    if unknown is True:
        return [_NoValue.UNKNOWN]
    if not path:
        return [value]
    first, rest = path[0], path[1:]
    if first == "*":
        found = [it for key in _keys(value, unknown) for it in _values(_inner(value, key), _inner(unknown, key), rest)]
        return found or [_NoValue.ABSENT]
    key: Any = int(first) if isinstance(value, list) and first.isdigit() else first
    return _values(_inner(value, key), _inner(unknown, key), rest)


def _keys(value: Any, unknown: Any) -> list[Any]:
    """Return the key of every element; terraform leaves those of a map that are not known yet out of its value."""
    if isinstance(value, list):
        return [*range(len(value))]
    return [*dict.fromkeys(key for it in (value, unknown) if isinstance(it, Mapping) for key in it)]


def _inner(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def _same(value: Any, operand: Any) -> bool:
    # For Python True is 1; for whoever writes a rule it is not.
    return isinstance(value, bool) == isinstance(operand, bool) and bool(value == operand)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "not_equals": lambda value, operand: not _same(value, operand),
    "one_of": lambda value, operand: any(_same(value, it) for it in operand),
    "none_of": lambda value, operand: not any(_same(value, it) for it in operand),
    "at_least": lambda value, operand: _number(value) and value >= operand,
    "at_most": lambda value, operand: _number(value) and value <= operand,
    "matches": lambda value, operand: isinstance(value, str) and fnmatchcase(value, operand),
    "set": lambda value, operand: (value not in (None, "", [], {})) is operand,
}
"""Each operator of a condition: a value and what the rule compares it with."""
