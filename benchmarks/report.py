"""The result of warm.py as Markdown tables, for a terminal and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WAYS = ("terragrunt", "flowops")
_GIB, _MIB = 2**30, 2**20
_COSTS = (
    ("wall time", "wall_seconds", "s", 1),
    ("CPU time", "cpu_seconds", "s", 1),
    ("peak memory", "memory_bytes", "MiB", _MIB),
    ("CPU time of the emulated AWS", "emulator_cpu_seconds", "s", 1),
)


def table(found: Mapping[str, Any]) -> str:
    """Return everything that was measured, as text."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    machine = f"{found['cores']} cores, {found['memory_bytes'] / _GIB:.1f} GiB, load before {found['load']}"
    about = f"{found['date']}: {versions}; {machine}. Minimum / median of {found['rounds']}."
    parts = [part for size in found["sizes"] for part in (_costs(size), _programs(size))]
    return "\n\n".join([about, *parts, *([_growth(found["growth"])] if found["growth"] else [])])


def _growth(sizes: Sequence[Mapping[str, Any]]) -> str:
    """Return what one run of ours costs by the size of its tree, and by unit."""
    programs = sorted({name for it in sizes for name in it["memory_programs"]} - {"other", "shim"})
    head = ("units", "wall time", "CPU time", "CPU time a unit", "peak memory", *(f"of {name}" for name in programs))
    rows = [
        (
            str(it["units"]),
            f"{it['wall_seconds']:.1f} s",
            f"{it['cpu_seconds']:.1f} s",
            f"{it['cpu_seconds'] / it['units']:.2f} s",
            f"{it['memory_bytes'] / _MIB:.0f} MiB",
            *(f"{it['memory_programs'].get(name, 0) / _MIB:.0f} MiB" for name in programs),
        )
        for it in sizes
    ]
    return _markdown(head, rows)


def _costs(size: Mapping[str, Any]) -> str:
    head = (f"{size['units']} units, {size['resources']} resources", *WAYS, "ratio")
    rows = []
    for title, kind, unit, divisor in _COSTS:
        cells = [_pair(size[way][kind], divisor) + f" {unit}" for way in WAYS]
        ratio = f"{kind.partition('_')[0]}_ratio"
        both = f"{size[f'{ratio}_of_minima']:.1f} / {size[ratio]:.1f}" if ratio in size else ""
        rows.append((title, *cells, both))
    return _markdown(head, rows)


def _pair(spread: Mapping[str, float], divisor: int) -> str:
    digits = 0 if divisor > 1 else 1
    return f"{spread['minimum'] / divisor:.{digits}f} / {spread['median'] / divisor:.{digits}f}"


def _programs(size: Mapping[str, Any]) -> str:
    """Return where the CPU time of one run in the middle went."""
    spent = [size[way]["programs"] for way in WAYS]
    names = sorted({name for it in spent for name in it}, key=lambda name: -sum(it.get(name, 0.0) for it in spent))
    rows = [(name, *(f"{it[name]:.2f} s" if name in it else "" for it in spent)) for name in names]
    return _markdown((f"CPU time by program, {size['units']} units", *WAYS), rows)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
