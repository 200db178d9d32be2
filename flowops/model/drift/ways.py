"""The ways out of a finding: what accepts it, what adopts it, and the rule that ignores it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flowops.model.attributes import AttributeChange, enclosing
from flowops.model.drift.finding import Finding, Source, Verdict, Way
from flowops.model.drift.rules_config import FILE
from flowops.model.plan_code import Adoptable

_GRACE = timedelta(days=90)
_OWN = re.compile(r"[\w-]+\.[\w-]+")
"""A resource of the unit's own module that is the only one of its block."""


@dataclass(frozen=True)
class Place:
    """Where a unit is written: its terragrunt.hcl, and whether that has inputs of its own."""

    file: str
    has_inputs: bool


def ways_of(finding: Finding, today: date, place: Place | None = None) -> tuple[Way, ...]:
    """Return the ways out of a finding, in the order in which most want them.

    `place` is where its unit is written. The rule to paste lacks a reason, and an owner where nobody is known: it is
    not taken before somebody has written them.
    """
    if finding.verdict is Verdict.NOISE:
        return ()
    own = finding.ways or tuple(_of_terraform(finding, place) if finding.source is Source.TERRAFORM else _of(finding))
    return (*own, Way("ignore", _rule(finding, today), f"{FILE}, below `ignore:`")) if finding.counts else own


def _of(finding: Finding) -> Iterator[Way]:
    if finding.source is Source.CLOUDFORMATION:  # a template that was not deployed, or a stack that is not there
        yield Way("accept", f"flowops bootstrap {finding.address.partition('/')[0]}")
    if finding.source is Source.RENDERED:
        yield Way("accept", "flowops render")


def _of_terraform(finding: Finding, place: Place | None) -> Iterator[Way]:
    yield Way("accept", f"flowops apply {finding.unit.replace('/', ' ')}")
    resource = finding.address.partition("//")[2]
    if finding.verdict is Verdict.MISSING:
        yield from _forgetting(resource)
    elif place is not None:
        yield from _adopting(resource, finding, place)


def _forgetting(resource: str) -> Iterator[Way]:
    """Yield what the code has to say to do without a resource, where one block can do it."""
    type_, _, name = resource.partition(".")
    if _OWN.fullmatch(resource):
        text = f"removed {{\n  from = {resource}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}"
        block = f'resource "{type_}" "{name}"'
        yield Way(
            "adopt", text, f"the unit's module, in place of `{block}`: all units of the module will forget theirs"
        )


def _adopting(resource: str, finding: Finding, place: Place) -> Iterator[Way]:
    """Yield what the code of the unit has to say so that AWS may stay as it is, as far as it can say it."""
    chosen = dict.fromkeys(it for row in finding.cloud.shown if (it := _chosen(row, finding.adoptable)) is not None)
    inputs = [f"{it.variable} = {it.literal}" for it in chosen if it.variable]
    if inputs and place.has_inputs:
        yield Way("adopt", "\n".join(inputs), f"{place.file}, within `inputs`, in place of what it says of that")
    elif inputs:
        yield Way("adopt", _block("inputs =", inputs), place.file)
    attributes = [f"{it.path} = {it.literal}" for it in chosen if not it.variable]
    if attributes:
        yield Way("adopt", _overriding(resource, attributes), place.file)


def _chosen(row: AttributeChange, known: Iterable[Adoptable]) -> Adoptable | None:
    """Return what adopts a row: an input that leads to it, else its whole attribute."""
    around = frozenset(enclosing(row.path))
    found = sorted((it for it in known if it.path in around), key=lambda it: not it.variable)
    return found[0] if found else None


def _overriding(resource: str, attributes: Iterable[str]) -> str:
    """Return what has terragrunt write an override file, which changes arguments of a block in this unit alone.

    terraform documentation, "Override files".
    """
    type_, _, name = resource.partition(".")
    label = f"adopt_{type_}_{name}"
    contents = _indented(_block(f'resource "{type_}" "{name}"', attributes), "    ")
    return (
        f'generate "{label}" {{\n  path      = "{label}_override.tf"\n  if_exists = "overwrite_terragrunt"\n'
        f"  contents  = <<-EOT\n{contents}\n  EOT\n}}"
    )


def _block(head: str, lines: Iterable[str]) -> str:
    return f"{head} {{\n{_indented(chr(10).join(lines), '  ')}\n}}"


def _indented(text: str, by: str) -> str:
    return "\n".join(f"{by}{line}" for line in text.split("\n"))


def _rule(finding: Finding, today: date) -> str:
    paths = {it.path for it in (*finding.cloud.shown, *finding.code.shown) if it.path != "tags_all"}
    (attribute,) = paths if len(paths) == 1 else ("",)
    entries = {
        "address": _quoted(finding.address),
        "environment": _quoted(finding.environment),
        **({"attribute": _quoted(attribute)} if attribute else {}),
        "verdict": finding.verdict.value,
        "reason": '""',
        "owner": _quoted(finding.owner),
        "expires": str(today + _GRACE),
    }
    return f"- {{{', '.join(f'{key}: {value}' for key, value in entries.items())}}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
