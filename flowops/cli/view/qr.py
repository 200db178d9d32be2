"""What an authenticator app scans, drawn with half blocks; where a terminal cannot show that, the text in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO
from urllib.parse import parse_qs, urlsplit

import segno

QUIET = 2
"""Light modules around the code. The standard asks for 4; every reader that was tried takes 2 (ISO/IEC 18004, 9.1)."""

_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
"""What shows two modules, the upper and the lower; a light one is drawn, a dark one is left."""

_GROUPS = 8
"""Groups of four letters in one line of a secret that is typed."""

_WHITE_ON_BLACK, _AS_BEFORE = "\x1b[97;40m", "\x1b[0m"


def device_text(uri: str, stream: TextIO, columns: int, environment: Mapping[str, str]) -> str:
    """Return lines that bring a new MFA device into an app: the code and the key to type, or the URI alone."""
    seed = parse_qs(urlsplit(uri).query)["secret"][0]
    lines = drawn(uri, coloured=not environment.get("NO_COLOR")) if _can_draw(stream, environment) else []
    if not lines or width(uri) > columns:
        return f"\nGive this to your authenticator app, or type its secret there:\n\n{uri}\n"
    groups = [seed[it : it + 4] for it in range(0, len(seed), 4)]
    typed = [" ".join(groups[it : it + _GROUPS]) for it in range(0, len(groups), _GROUPS)]
    parts = ["", "Scan this with your authenticator app:", "", *lines, "", "or type it there, time-based:", *typed, ""]
    return "\n".join(parts)


def width(text: str) -> int:
    """Return how many columns the code of a text takes."""
    return int(_code(text).symbol_size(border=QUIET)[0])


def drawn(text: str, *, coloured: bool) -> list[str]:
    """Return the code of a text, line by line; without colours it is right on a dark background only."""
    rows = [[not module for module in row] for row in _code(text).matrix_iter(border=QUIET)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [_line(upper, lower) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]
    return [f"{_WHITE_ON_BLACK}{it}{_AS_BEFORE}" for it in lines] if coloured else lines


def _line(upper: Sequence[bool], lower: Sequence[bool]) -> str:
    return "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="l", boost_error=False)


def _can_draw(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether a stream is a terminal that shows half blocks."""
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return stream.isatty() and utf8 and environment.get("TERM", "dumb") != "dumb"
