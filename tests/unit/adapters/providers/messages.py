"""Protobuf messages of terraform's plugin protocol, encoded by hand."""

from __future__ import annotations

SEVERITY_ERROR, SEVERITY_WARNING = 1, 2


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it, seven bits a byte."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def number(field: int, value: int) -> bytes:
    """Return a field that holds a number."""
    return varint(field << 3) + varint(value)


def holding(field: int, content: bytes) -> bytes:
    """Return a field that holds bytes, text or another message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def entry(field: int, name: str, schema: bytes = b"a schema") -> bytes:
    """Return one entry of a map by name, as schemas are kept."""
    return holding(field, holding(1, name.encode()) + holding(2, schema))


def configure(config: bytes, *, terraform: str = "1.11.4", deferrals: bool = False) -> bytes:
    """Return terraform's request to configure a provider."""
    return holding(1, terraform.encode()) + holding(2, config) + holding(3, number(1, int(deferrals)))


def diagnostic(severity: int, summary: str = "No valid credential sources found") -> bytes:
    """Return an answer's field with one diagnostic."""
    return holding(1, number(1, severity) + holding(2, summary.encode()))


REFUSAL = diagnostic(SEVERITY_ERROR)

SCHEMA = b"".join(
    [
        holding(1, b"the provider's own schema"),
        entry(2, "aws_vpc"),
        entry(2, "aws_subnet"),
        entry(3, "aws_vpc", b"the data source of that name"),
        entry(7, "arn_parse"),
        entry(8, "aws_kms_secrets"),
        holding(6, number(1, 1)),
    ]
)
"""A provider's answer about two resources, a data source, a function and an ephemeral resource."""
