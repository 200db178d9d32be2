"""The chain of an input as text and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from flowops.cli.view.result import Pointed, Result
from flowops.model.plaintext import printable
from flowops.model.provenance.chain import MASK, Answer, Branch, Kind, Known, Step

WIDTH = 110
"""Characters of one line of code; the rest is in the file that the line above it names."""


def why_result(answer: Answer, pointed: Pointed) -> Result:
    """Return the chain from an input to its sources; `pointed` leads the commands in notes, code stays as it is."""
    answer = replace(
        answer, steps=tuple(_led(it, pointed) for it in answer.steps), notes=tuple(map(pointed, answer.notes))
    )
    value = MASK if answer.sensitive else _value(answer.value)
    lines = [f"{answer.unit}  {answer.input} = {value}", "", *_steps(answer.steps, "  ")]
    lines += ["", f"Module: {answer.module}"] * bool(answer.module)
    lines += [f"Note: {it}." for it in answer.notes]
    return Result("why", _data(answer), "\n".join(map(_cut, lines)))


def _led(step: Step, pointed: Pointed) -> Step:
    branches = (replace(it, steps=tuple(_led(each, pointed) for each in it.steps)) for it in step.branches)
    hidden = (_led(it, pointed) for it in step.hidden)
    return replace(step, note=pointed(step.note), branches=tuple(branches), hidden=tuple(hidden))


def _steps(steps: Sequence[Step], indent: str) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        head = f"{indent}{number}. "
        inner = " " * len(head)
        yield f"{head}{step.place}{f': {step.note}' if step.note else ''}"
        yield f"{inner}    {step.code}"
        for it in step.hidden:
            yield f"{inner}hides {it.place}{f': {it.note}' if it.kind is Kind.NOT_FOLLOWED else ''}"
            yield f"{inner}    {it.code}"
        for branch in step.branches:
            yield ""
            yield f"{inner}{branch.text} = {_value(branch.value)}"
            yield from _steps(branch.steps, inner)


def _value(value: Known | None) -> str:
    return "not known here" if value is None else json.dumps(value.value, ensure_ascii=False)


def _cut(line: str) -> str:
    text = printable(line)
    is_code = text.startswith("      ")
    return f"{text[: WIDTH - 1]}…" if is_code and len(text) > WIDTH else text


def _data(answer: Answer) -> dict[str, Any]:
    return {
        "unit": answer.unit,
        "input": answer.input,
        **_value_data(answer.value),
        "sensitive": answer.sensitive,
        "module": answer.module,
        "steps": [_step_data(it) for it in answer.steps],
        "notes": list(answer.notes),
    }


def _value_data(value: Known | None) -> dict[str, Any]:
    return {"known": value is not None, "value": value.value if value else None}


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind.value,
        "file": step.file,
        "line": step.line or None,
        "code": step.code,
        "note": step.note,
        "branches": [_branch_data(it) for it in step.branches],
        "hides": [_step_data(it) for it in step.hidden],
    }


def _branch_data(branch: Branch) -> dict[str, Any]:
    steps = [_step_data(it) for it in branch.steps]
    return {"expression": branch.text, **_value_data(branch.value), "steps": steps}
