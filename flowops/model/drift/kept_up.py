"""What moves in a resource without anybody's doing: values that AWS keeps up, and other resources' work on it. Pure.

Right after an apply the state of a role does not know the policies that were attached to it by resources of their own,
nor that of a route table its routes. The next look at AWS finds them: nobody moved them past the code. So each value
that came or went is asked for among the other resources that name this one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from flowops.model.changes import ResourceDrift
from flowops.model.drift.group_rules import DIRECTIONS, GROUPS, coded
from flowops.model.drift.sameness import meaning, same, unset

TELLING = frozenset(
    {
        "arn",
        "create_date",
        "created_at",
        "dhcp_options_id",
        "instance_state",
        "main_route_table_id",
        "resource_id",
        "unique_id",
    }
)
"""What only AWS sets, and changes all the same where somebody made the resource anew, or gave it something else."""

_STOPPED = "stopped"
_NAMES = ("id", "arn", "name")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Values = tuple[str, Mapping[str, Any]]
"""Type and values of one resource."""


@dataclass(frozen=True)
class KeptUp:
    """What is known to move by itself.

    `computed` are the attributes that only AWS sets, by resource type; `standing` is every resource that the states of
    an environment know.
    """

    computed: Mapping[str, Collection[str]]
    standing: tuple[Values, ...] = ()

    def explained(self, drift: ResourceDrift, keys: Collection[str], fresh: Iterable[Values]) -> Iterator[str]:
        """Yield the path of each item that another resource put into a list which was empty before."""
        others = _Others(drift, tuple(self._others(drift, fresh)))
        for key in keys:
            after = drift.after.get(key)
            if isinstance(after, list) and not drift.before.get(key):
                yield from (f"{key}[{at}]" for at, it in enumerate(after) if others.made(key, None, it))

    def moved(self, drift: ResourceDrift, keys: Collection[str], fresh: Iterable[Values]) -> frozenset[str]:
        """Return those of the attributes that somebody moved; `fresh` are other resources as AWS has them."""
        own = self.computed.get(drift.type, ())
        left = {key for key in keys if key not in own or _telling(key, drift)}
        if not left:
            return frozenset()
        others = _Others(drift, tuple(self._others(drift, fresh)))
        return frozenset(key for key in left if not others.made(key, drift.before.get(key), drift.after.get(key)))

    def _others(self, drift: ResourceDrift, fresh: Iterable[Values]) -> Iterator[_Other]:
        """Yield each other resource that names this one."""
        names = {name for it in _NAMES if isinstance(name := drift.before.get(it), str) and name}
        for other in (*self._said, *map(_Other.of, fresh)):
            itself = all(other.values.get(key) == drift.before.get(key) for key in ("id", "arn"))
            if not itself and not names.isdisjoint(other.said):
                yield other

    @cached_property
    def _said(self) -> tuple[_Other, ...]:
        return tuple(map(_Other.of, self.standing))


@dataclass(frozen=True)
class _Other:
    """Another resource, everything that it says, and what it says by name, at any depth."""

    type: str
    values: Mapping[str, Any]
    said: frozenset[Any]
    named: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, resource: Values) -> _Other:
        type_, values = resource
        named: dict[str, tuple[Any, ...]] = {}
        for name, value in _named("", values):
            named[name] = (*named.get(name, ()), value)
        return cls(type_, values, _leaves(values), named)

    def speaks_of(self, key: str) -> bool:
        """Say whether it may be about an attribute: a rule for the one direction explains none of the other."""
        egress = self.values.get("egress")
        return key not in DIRECTIONS or not isinstance(egress, bool) or egress is (key == "egress")

    def says(self, part: Any) -> bool:
        """Say whether it says all of a part: by the same name where it has one, else anywhere.

        A number, yes or no is said by too many to mean anything: alone it is said by none, and under another name a yes
        is not.
        """
        if all(_NUMBER.fullmatch(str(it)) for it in _leaves(part)):
            return False
        return all(self._says(name, value) for name, value in _named("", part))

    def _says(self, name: str, value: Any) -> bool:
        if meaning(value) is None:
            return True
        if name in self.named:
            return any(same(value, it) for it in self.named[name])
        return unset(value) or (value is not True and meaning(value) in self.said)


@dataclass(frozen=True)
class _Others:
    """The other resources that name the one which drifted."""

    drift: ResourceDrift
    others: tuple[_Other, ...]

    def made(self, key: str, before: Any, after: Any) -> bool:
        """Say whether everything that came or went is what one of them says."""
        went, came = _parts(before), _parts(after)
        new, old = _beside(came, went), _beside(went, came)
        single = not isinstance(before, list) and not isinstance(after, list)
        # Of one value in place of another the old one is nobody's any more.
        parts = new or old if single else new + old
        return bool(parts) and all(self._made(key, it) for it in parts)

    def _made(self, key: str, part: Any) -> bool:
        if self.drift.type in GROUPS and key in DIRECTIONS and isinstance(part, Mapping):
            group = str(self.drift.before.get("id"))
            return coded(group, key, part, [(it.type, it.values) for it in self.others])
        speaking = [it for it in self.others if it.speaks_of(key)]
        return all(any(it.says(spread) for it in speaking) for spread in _spread(part))


def _telling(key: str, drift: ResourceDrift) -> bool:
    stopped = key == "status" and _STOPPED in (drift.before.get(key), drift.after.get(key))
    return key in TELLING or stopped


def _parts(value: Any) -> list[Any]:
    listed = value if isinstance(value, list) else [value]
    return [it for it in listed if meaning(it) is not None]


def _beside(parts: Iterable[Any], others: Collection[Any]) -> list[Any]:
    return [it for it in parts if not any(same(it, other) for other in others)]


def _spread(part: Any) -> Iterator[Any]:
    """Yield what one other resource would have to say: of each list within a part one item at a time."""
    if not isinstance(part, Mapping):
        yield part
        return
    lists = {key: it for key, it in part.items() if isinstance(it, list) and it}
    yield from ({**part, **dict(zip(lists, items, strict=True))} for items in product(*lists.values()))


def _named(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value in a tree that holds no others, with the name of what it is or is an item of."""
    match tree:
        case Mapping():
            for key, it in tree.items():
                yield from _named(key, it)
        case list():
            for it in tree:
                yield from _named(name, it)
        case _:
            yield name, tree


def _leaves(tree: Any) -> frozenset[Any]:
    """Return every value in a tree that says something: neither empty nor 0, nor yes or no."""
    return frozenset(_each(meaning(tree)))


def _each(meant: Any) -> Iterator[Any]:
    match meant:
        case Mapping():
            for it in meant.values():
                yield from _each(it)
        case list():
            for it in meant:
                yield from _each(it)
        case None | "0" | "true" | "false":
            return
        case _:
            yield meant
