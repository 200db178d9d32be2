"""stdout whose reader may go away (`flowops … | head -1`): that changes neither what was done nor its exit code."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flowops.errors import FlowopsError, PartlyDone

_ERRORS, _PLAIN = "flowops", "flowops_ascii"
"""Names of ours for what happens to a character that an encoding does not have, and for ASCII."""

_ASCII = {
    "…": "...",
    "→": "->",
    "←": "<-",
    "–": "-",
    "—": "-",
    "·": "-",
    "•": "*",
    "✓": "+",
    "✗": "x",
    "“": '"',
    "”": '"',
}
"""What stands for the marks that we print where the terminal's encoding has none of them."""


@contextmanager
def reader_may_leave(lost: FlowopsError | None = None) -> Iterator[None]:
    """Write to stdout inside; once nobody reads any more, the rest goes nowhere.

    PartlyDone where it cannot be written although somebody wants it, to a full disk for instance. `lost` is raised
    instead of both, where what is written is told once and somebody has to know that it was not.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        write_no_more()
        if lost is not None:
            raise lost from error
        if not isinstance(error, BrokenPipeError):
            raise unwritten(error) from error


def unwritten(error: OSError) -> PartlyDone:
    """Return what is said of a result that stdout does not take although somebody wants it."""
    return PartlyDone(
        f"The result cannot be written to stdout: {error.strerror}.",
        not_done="The command itself came to its end; its result is not shown.",
        next_step="flowops status ENV, with room for its output",
    )


def write_no_more() -> None:
    """Let all that is still written to stdout lead nowhere."""
    # Python flushes stdout again when it ends, and would end with 120.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_closed_streams() -> None:
    """Let standard streams that the caller closed lead nowhere: the next file that is opened would be in their place.

    A line of progress would then land in it, and so would all that a child process prints.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def every_text_can_be_written() -> None:
    """Let stdout and stderr write each text in whatever encoding they have: nothing is lost, and nothing fails.

    A mark that we print becomes its ASCII likeness, and any other character its escape (`\\u6c34`).
    """
    codecs.register_error(_ERRORS, _likeness)
    codecs.register(_plain_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            plain = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_PLAIN if plain else None, errors=_ERRORS)


def _likeness(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_written, error.object[error.start : error.end])), error.end


def _written(character: str) -> str:
    return _ASCII.get(character) or character.encode("ascii", "backslashreplace").decode()


def _plain_ascii(name: str) -> codecs.CodecInfo | None:
    """Return ASCII by a name of ours: what is called ASCII is a mistake to click, which writes UTF-8 there."""
    if name != _PLAIN:
        return None
    it = codecs.lookup("ascii")
    return codecs.CodecInfo(
        it.encode, it.decode, it.streamreader, it.streamwriter, it.incrementalencoder, it.incrementaldecoder, _PLAIN
    )
