"""What the four nets catch: each weakened template goes through all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

from flowops.rehearsal.cloudformation.documents import read_document
from tests.nets.changes import Document, Weakening
from tests.nets.evaluator import broken_promises
from tests.nets.guard import broken_rules
from tests.nets.scanners import cfn_lint, checkov, findings_of_cfn_lint, findings_of_checkov
from tests.unit.bootstrap.resolve import BOOTSTRAP, TEMPLATES

NETS = ("cfn-lint", "checkov", "Guard", "evaluator")


@dataclass(frozen=True)
class Catch:
    """What each net found in a sample; a net that found nothing has an empty tuple."""

    name: str
    template: str
    by: Mapping[str, tuple[str, ...]]

    @property
    def caught(self) -> bool:
        return any(self.by.values())


@dataclass(frozen=True)
class Haul:
    """`untouched` are our own templates, written and scanned in the same way: no net may find anything there.

    `originals` is what the scanners say about the files themselves, with what checkov complained about on the way.
    """

    weakened: tuple[Catch, ...]
    untouched: tuple[Catch, ...]
    originals: tuple[str, ...]

    @property
    def share(self) -> float:
        return sum(catch.caught for catch in self.weakened) / len(self.weakened)


@dataclass(frozen=True)
class _Sample:
    name: str
    template: str
    file: str
    document: Document

    @property
    def text(self) -> str:
        # JSON, which all four read several times faster than YAML.
        return json.dumps(self.document, indent=1)


def cast(weakenings: tuple[Weakening, ...], folder: Path) -> Haul:
    """Weaken the templates in each way and run all four nets over them; `folder` is empty."""
    ours = {name: read_document((BOOTSTRAP / name).read_text()) for name in TEMPLATES}
    samples = [_Sample(name, name, f"untouched-{Path(name).stem}.json", document) for name, document in ours.items()]
    samples += [
        _Sample(it.name, it.template, f"{number:03}.json", _weakened(it, ours[it.template]))
        for number, it in enumerate(weakenings)
    ]
    catches, originals = _scan(samples, folder)
    return Haul(tuple(catches[len(ours) :]), tuple(catches[: len(ours)]), originals)


def _weakened(weakening: Weakening, document: Document) -> Document:
    weaker = weakening.applied(document)
    assert weaker != document, f"{weakening.name}: changes nothing"
    return weaker


def _scan(samples: list[_Sample], folder: Path) -> tuple[list[Catch], tuple[str, ...]]:
    templates, reports = folder / "templates", folder / "reports"
    templates.mkdir()
    reports.mkdir()
    for sample in samples:
        (templates / sample.file).write_text(sample.text)
    for name in TEMPLATES:
        copy(BOOTSTRAP / name, templates)
    with cfn_lint(templates, reports) as linting, checkov(templates, reports, "cloudformation") as checking:
        rules = {sample.file: broken_rules(sample.template, sample.document) for sample in samples}
        promises = {sample.file: broken_promises(sample.template, sample.text) for sample in samples}
        found = (findings_of_cfn_lint(linting), findings_of_checkov(checking), rules, promises)
    catches = [
        Catch(sample.name, sample.template, {net: by.get(sample.file, ()) for net, by in zip(NETS, found, strict=True)})
        for sample in samples
    ]
    about = [f"{name}: {finding}" for name in TEMPLATES for by in found for finding in by.get(name, ())]
    return catches, (*about, *checking.broken_off())
