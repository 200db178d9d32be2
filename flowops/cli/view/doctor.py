"""What doctor found, as lines by group and as data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Group
from rich.text import Text

from flowops.cli.view.result import Pointed, Result
from flowops.model.doctor import Diagnosis, Line, Status
from flowops.model.plaintext import printable

_STYLE = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIP: "dim"}
_WORD = {Status.PASS: "pass", Status.WARN: "warn", Status.FAIL: "FAIL", Status.SKIP: "-"}
_WIDTH = max(map(len, _WORD.values()))


def doctor_result(found: Diagnosis, pointed: Pointed) -> Result:
    """Return every line, those of one group together; `pointed` leads the commands."""
    data = [
        {
            "id": it.check,
            "group": it.group.value,
            "status": it.status.value,
            "text": printable(it.text),
            "next": printable(pointed(it.next)),
        }
        for it in found.lines
    ]
    failed = tuple(f"{it.check}: {printable(it.text)}" for it in found.lines if it.status is Status.FAIL)
    return Result("doctor", data, Group(*_parts(found, pointed)), found.exit_code, failed)


def _parts(found: Diagnosis, pointed: Pointed) -> Iterator[Text]:
    for group, lines in groupby(found.lines, key=lambda it: it.group):
        yield Text(group.value, style="bold")
        for line in lines:
            yield from _shown(line, pointed)
        yield Text()
    yield Text(_summary(found))


def _shown(line: Line, pointed: Pointed) -> Iterator[Text]:
    text = Text("  ")
    text.append(_WORD[line.status].ljust(_WIDTH), style=_STYLE[line.status])
    text.append(f"  {line.check}: {printable(line.text)}", style="dim" if line.status is Status.SKIP else "")
    yield text
    if line.next:
        yield Text(f"{' ' * (_WIDTH + 4)}next: {printable(pointed(line.next))}", style="cyan")


def _summary(found: Diagnosis) -> str:
    counts = [f"{found.count(status)} {word}" for status, word in _SUMMARY.items()]
    return f"{', '.join(counts)}."


_SUMMARY = {
    Status.PASS: "fine",
    Status.WARN: "worth a look",
    Status.FAIL: "failed",
    Status.SKIP: "not looked at",
}
