"""Read a file while somebody still writes it, never more of it than a chunk at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from flowops.model.plaintext import printable, redacted, secret_forms

LINE_LIMIT = 64 * 1024
"""Bytes of one line that are kept; the rest stays in the file only."""

_CHUNK = 64 * 1024


class FollowedFile:
    """Hands out the lines that were added to a file since the last look, cleaned of control characters and secrets.

    A line longer than LINE_LIMIT is cut there and says how much is missing, so that a child which prints 300 MB without
    a newline costs no memory. The file may appear later; it only grows.
    """

    def __init__(self, path: Path, *, secrets: Collection[str] = ()) -> None:
        self.path = path
        self._secrets = tuple(secrets)
        # Longer than the limit by the longest secret, so that none is cut in two and so missed.
        self._keep = LINE_LIMIT + max((len(form.encode()) for form in secret_forms(self._secrets)), default=0)
        self._offset = 0
        self._begun = bytearray()
        self._dropped = 0

    def lines(self) -> Iterator[str]:
        """Yield each line that is complete by now and was not yielded before, without its newline."""
        for chunk in self._chunks():
            *ends, begun = chunk.split(b"\n")
            for end in ends:
                self._take(end)
                yield self._finish()
            self._take(begun)

    def rest(self) -> Iterator[str]:
        """Yield what is left when the writer has ended: the remaining lines and a last one without newline."""
        yield from self.lines()
        if self._begun or self._dropped:
            yield self._finish()

    def _chunks(self) -> Iterator[bytes]:
        try:
            file = self.path.open("rb", buffering=0)
        except FileNotFoundError:
            return
        with file:
            file.seek(self._offset)
            while chunk := file.read(_CHUNK):
                self._offset += len(chunk)
                yield chunk

    def _take(self, part: bytes) -> None:
        room = self._keep - len(self._begun)
        self._begun += part[:room]
        self._dropped += max(0, len(part) - room)

    def _finish(self) -> str:
        line, dropped = bytes(self._begun), self._dropped
        self._begun.clear()
        self._dropped = 0
        if not dropped and len(line) <= LINE_LIMIT:
            return self._clean(line)
        missing = dropped + max(0, len(line) - LINE_LIMIT)
        return f"{self._clean(line)[:LINE_LIMIT]} … [{missing} more bytes in {self.path}]"

    def _clean(self, line: bytes) -> str:
        text = line.decode("utf-8", "replace")
        # In this order: a control sequence in the middle of a secret must not hide it.
        return redacted(printable(text), self._secrets)
