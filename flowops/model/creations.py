"""What a terraform that did not come to its end had created: read from what it said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flowops.model.import_ids import MADE_UP, import_id, importable
from flowops.model.resource_lines import ADDRESS
from flowops.model.state_document import StateDocument, quoted

_BEGUN = re.compile(rf"{ADDRESS}: Creating\.\.\.$")
_DONE = re.compile(rf"{ADDRESS}: Creation complete after \S+(?: \[id=(?P<id>.*)\])?$")
_INTERRUPTED = "Interrupt received."
_MODULE = re.compile(r'^module\.[\w-]+(?:\["(?:[^"\\]|\\.)*"\]|\[\d+\])?\.')


@dataclass(frozen=True)
class Creation:
    """One resource that a terraform created or was creating; `id` is "" where it did not say that it had.

    `since` is when that terraform started, in the run `run`.
    """

    address: str
    id: str
    run: str
    since: datetime

    @property
    def type(self) -> str:
        """Return the type of the resource."""
        return type_of(self.address)


@dataclass(frozen=True)
class Lost:
    """What no state of a unit knows: `complete` can be imported, `left_over` has a successor at the same address.

    Of those `in_flight` nobody knows whether AWS made them.
    """

    complete: tuple[Creation, ...] = ()
    left_over: tuple[Creation, ...] = ()
    in_flight: tuple[Creation, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.complete or self.left_over or self.in_flight)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.complete) + len(self.left_over) + len(self.in_flight)


def type_of(address: str) -> str:
    """Return the resource type in an address, below any modules."""
    rest = address
    while module := _MODULE.match(rest):
        rest = rest[module.end() :]
    return rest.partition(".")[0]


def creations(lines: Iterable[str], *, killed: bool, run: str, since: datetime) -> tuple[Creation, ...]:
    """Return what one terraform created, and, where it was killed or interrupted, what it was about to create.

    A creation that merely failed is neither: terraform has said so itself.
    """
    done: dict[str, str] = {}
    begun: dict[str, str] = {}
    for line in lines:
        text = line.rstrip()
        killed = killed or text == _INTERRUPTED
        if found := _DONE.match(text):
            begun.pop(found["address"], None)
            done[found["address"]] = found["id"] or ""
        elif found := _BEGUN.match(text):
            begun[found["address"]] = ""
    kept = {address: id_ for address, id_ in done.items() if id_} | (begun if killed else {})
    return tuple(Creation(address, id_, run, since) for address, id_ in kept.items())


def lost(found: Iterable[Creation], state: StateDocument | None) -> Lost:
    """Return those creations that the state does not know, each address once, as it was last tried."""
    known = {it.address for it in state.instances} if state else set()
    complete: dict[tuple[str, str], Creation] = {}
    flying: dict[str, Creation] = {}
    for it in found:
        if not it.id:
            flying[it.address] = it
        elif state is None or not state.knows(it.type, it.id):
            complete[it.address, it.id] = it
            flying.pop(it.address, None)
    last = {it.address: it for it in complete.values()}
    importing = tuple(it for it in last.values() if it.address not in known)
    return Lost(
        complete=importing,
        left_over=tuple(
            it for it in complete.values() if it not in importing and not (it.type in MADE_UP and it.address in known)
        ),
        in_flight=tuple(it for address, it in flying.items() if address not in known and address not in last),
    )


def import_blocks(found: Lost) -> str:
    """Return HCL that lets the next apply take over what is complete; what terraform cannot import is a comment."""
    blocks = [_block(it) for it in sorted(found.complete, key=lambda it: it.address)]
    looked_for = [
        f"# {it.address} was being created when terraform ended: it may exist, look for it in AWS.\n"
        for it in sorted(found.in_flight, key=lambda it: it.address)
    ]
    return "\n".join([*blocks, *looked_for])


def _block(creation: Creation) -> str:
    if not importable(creation.type):
        return f"# {creation.address} ({creation.id}) cannot be imported: delete it in AWS.\n"
    wanted = import_id(creation.type, creation.id)
    hint = f"  # fill in what stands in <>; the provider calls it {creation.id}\n" if "<" in wanted else ""
    return f"import {{\n{hint}  to = {creation.address}\n  id = {quoted(wanted)}\n}}\n"


def by_address(found: Lost) -> Mapping[str, str]:
    """Return what each lost resource is, by address, as lists show it."""
    return {
        **{it.address: f"created as {it.id}, in no state" for it in found.complete},
        **{
            f"{it.address} ({it.id})": "created, in no state, and its address has another one" for it in found.left_over
        },
        **{it.address: "may exist: look for it" for it in found.in_flight},
    }
