"""The tables of docs/security.md, from what the nets caught."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tests.nets.haul import NETS, Catch, Haul
from tests.nets.module_haul import MODULE_NETS, ModuleHaul
from tests.nets.scanners import ROOT
from tests.nets.survivors import MODULE_SURVIVORS, TEMPLATE_SURVIVORS, UNKNOWN
from tests.unit.bootstrap.resolve import TEMPLATES

PAGE = ROOT / "docs" / "security.md"
_MARKED = r"(<!-- {0}, written by `python -m tests\.nets` -->\n).*?(<!-- end of {0} -->)"


def templates_table(haul: Haul) -> str:
    """Return every weakening of a template with what caught it, and the share."""
    return "\n".join([*_share(haul.weakened), "", *_tables(haul)]) + "\n"


def modules_table(catches: tuple[Catch, ...]) -> str:
    """Return every weakening of a module with what caught it, or the reason why nothing did."""
    rows = (
        f"| {_name(it, MODULE_SURVIVORS)} | {' | '.join(_ids(it.by[net]) for net in MODULE_NETS)} |" for it in catches
    )
    return "\n".join([_caught(catches), "", "| weakening | checkov | our rules |", "|---|---|---|", *rows]) + "\n"


def written(text: str, parts: Mapping[str, str]) -> str:
    """Return the page with these parts between their marks; a part without marks is a KeyError."""
    for name, part in parts.items():
        marked = re.compile(_MARKED.format(name), re.DOTALL)
        if not marked.search(text):
            raise KeyError(name)
        text = marked.sub(lambda found, part=part: f"{found[1]}\n{part}\n{found[2]}", text)
    return text


def parts(haul: Haul, modules: ModuleHaul) -> dict[str, str]:
    """Return all generated parts of the page by name."""
    return {"templates": templates_table(haul), "modules": modules_table(modules.weakened)}


def _share(catches: Iterable[Catch]) -> Iterator[str]:
    everything = tuple(catches)
    yield _caught(everything)
    yield ""
    yield "| net | catches | alone |"
    yield "|---|---|---|"
    for net in NETS:
        mine = [it for it in everything if it.by[net]]
        alone = sum(not any(found for other, found in it.by.items() if other != net) for it in mine)
        yield f"| {net} | {len(mine)} | {alone} |"


def _tables(haul: Haul) -> Iterator[str]:
    for template in TEMPLATES:
        yield f"### {template}"
        yield ""
        yield "| weakening | cfn-lint | checkov | Guard | evaluator |"
        yield "|---|---|---|---|---|"
        yield from (_row(it) for it in haul.weakened if it.template == template)
        yield ""


def _row(catch: Catch) -> str:
    # The number of requests that tell grows with the table of requests; that there is one matters.
    evaluator = "yes" if catch.by["evaluator"] else ""
    name = _name(catch, TEMPLATE_SURVIVORS)
    return f"| {name} | {' | '.join(_ids(catch.by[net]) for net in NETS[:-1])} | {evaluator} |"


def _name(catch: Catch, survivors: Mapping[str, str]) -> str:
    return catch.name if catch.caught else f"**{catch.name}**: {survivors.get(catch.name, UNKNOWN)}"


def _caught(catches: tuple[Catch, ...]) -> str:
    caught = sum(it.caught for it in catches)
    return f"{caught} of {len(catches)} weakenings are caught ({100 * caught / len(catches):.1f} %)."


def _ids(found: tuple[str, ...]) -> str:
    return ", ".join(found)
