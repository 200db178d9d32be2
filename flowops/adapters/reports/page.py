"""The frame of every report's page: one file that loads nothing, and runs no script but its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

_PARTS = Path(__file__).parents[2] / "data" / "report"


@dataclass(frozen=True)
class Filter:
    """One choice of what is shown: sections and resources have the value in the attribute data-NAME."""

    name: str
    values: tuple[str, ...]


def page(title: str, filters: Iterable[Filter], body: Iterable[str], *, counted: str, aside: str = "") -> str:
    """Return the page around the lines of its body; what is shown is said by its fragment, too.

    A `.unit` is a section, and each `.resource` in it is one of the `counted` things. One with data-aside is shown only
    where something is chosen in the filter that this names, and so is a section with nothing else in it; `aside` says
    what these are.
    """
    style, script = (_PARTS / "page.css").read_text(), (_PARTS / "page.js").read_text()
    # Only what hashes to this runs: what slipped through the escaping would still do nothing.
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *_form(filters, counted, aside),
            *body,
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        )
    )


def attribute(path: str, before: str, after: str) -> str:
    """Return one attribute in a list of them."""
    sides = (("before", before), ("after", after))
    values = "".join(f'<dd data-side="{side}">{escape(value)}</dd>' for side, value in sides)
    return f"<dt>{escape(path)}</dt>{values}"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _form(filters: Iterable[Filter], counted: str, aside: str) -> Iterator[str]:
    yield "<form hidden>"
    yield from map(_select, filters)
    yield f'<output id="count" data-counted="{escape(counted)}" data-aside="{escape(aside)}"></output>'
    yield "</form>"


def _select(it: Filter) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in it.values)
    return f'<label>{it.name} <select name="{it.name}"><option value="">all</option>{options}</select></label>'
