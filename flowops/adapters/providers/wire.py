"""The few protobuf fields of terraform's plugin protocol that a proxy must understand; everything else stays bytes.

Field numbers: tfplugin5.proto and tfplugin6.proto of terraform, the same in both for what is read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

_CONFIG = 2
_NAME = 1
_DIAGNOSTICS = 1
_ERROR = (1, b"\x01", b"\x08\x01")
"""Of a diagnostic: severity ERROR."""

_TYPES = (2, 3, 7, 8)
"""Of the schema answer: resources, data sources, functions, ephemeral resources; each a map by name."""

SERVING = b"\x08\x01"
"""HealthCheckResponse{status: SERVING} of grpc.health.v1."""


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, value and raw bytes of each top-level field; ValueError where `message` is no protobuf message.

    The value of a number is its varint; that of a fixed-width field is left out.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        value = b""
        match tag & 7:
            case 0:
                number = at
                _, at = _varint(message, at)
                value = message[number:at]
            case 1:
                at += 8
            case 2:
                size, at = _varint(message, at)
                value, at = message[at : at + size], at + size
            case 5:
                at += 4
            case wire:
                raise ValueError(f"wire type {wire} at byte {start}")
        if at > len(message):
            raise ValueError(f"the field at byte {start} is cut off")
        yield tag >> 3, value, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("a number is cut off")
        byte = message[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def configuration(request: bytes) -> bytes:
    """Return the configuration in a Configure request.

    The other fields are terraform's version and its capabilities, which differ between plan and apply.
    """
    return b"".join(value for number, value, _ in fields(request) if number == _CONFIG)


def refused(answer: bytes) -> bool:
    """Say whether the answer to a Configure holds an error, not only warnings."""
    diagnostics = (value for number, value, _ in fields(answer) if number == _DIAGNOSTICS)
    return any(_ERROR in fields(it) for it in diagnostics)


@dataclass(frozen=True)
class Schema:
    """A provider's whole answer to the schema call; `trimmed` makes small ones of it."""

    answer: bytes

    def trimmed(self, names: Set[str]) -> bytes:
        """Return the answer with only these resources, data sources, functions and ephemeral resources."""
        kept = [raw for name, entries in self._by_name.items() if name in names for raw in entries]
        return b"".join([*self._always, *kept])

    def checked(self) -> Schema:
        """Return this schema; ValueError where it is none."""
        if not self._by_name:
            raise ValueError("a schema without a single type")
        return self

    @cached_property
    def _always(self) -> tuple[bytes, ...]:
        return tuple(raw for number, _, raw in fields(self.answer) if number not in _TYPES)

    @cached_property
    def _by_name(self) -> Mapping[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for number, entry, raw in fields(self.answer):
            if number in _TYPES:
                name = next((value for key, value, _ in fields(entry) if key == _NAME), b"")
                found.setdefault(name.decode(), []).append(raw)
        return found
