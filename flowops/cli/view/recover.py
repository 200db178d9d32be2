"""What `flowops recover` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType

from flowops.cli.view.result import Pointed, Result, run_result
from flowops.cli.view.tables import rows_table
from flowops.errors import Exit
from flowops.model.creations import Lost, by_address
from flowops.model.deployment import Unit
from flowops.model.recovery import Recovered, RecoverRequest
from flowops.model.state_health import KeptVersion

_COMMAND = "recover"


def recovered_result(request: RecoverRequest, done: Recovered, folder: str, pointed: Pointed) -> Result:
    """Return what was recovered and what is left to decide."""
    findings = [{"unit": it.unit.id, "what": it.what, "command": pointed(it.command)} for it in done.findings]
    ran = run_result(done.run, folder, pointed) if done.run else None
    parts: list[RenderableType] = [ran.text] if ran else []
    parts += [line for it in findings for line in (f"{it['unit']}: {it['what']}", f"  {it['command']}")]
    if not parts:
        parts = [f"Nothing to recover in {request.target.target}."]
    data = {"run": ran.data if ran else None, "findings": findings}
    return Result(_COMMAND, data, Group(*parts), done.exit_code, ran.errors if ran else ())


def versions_result(request: RecoverRequest, versions: Sequence[KeptVersion]) -> Result:
    """Return every version of a state, newest first."""
    rows = [_version(it) for it in versions]
    columns = ("version", "written", "serial", "resources", "remarks")
    table = rows_table(
        f"Versions of the state of {request.target.target}", columns, [tuple(it.values()) for it in rows]
    )
    return Result(_COMMAND, rows, table if rows else "No version is kept: this unit was never applied.")


def _version(it: KeptVersion) -> dict[str, str | int | None]:
    document = it.document
    remarks = ["present"] if it.version.current and not it.version.gone else []
    remarks += [it.remark] if it.remark else []
    return {
        "version": it.version.id,
        "written": f"{it.version.when:%Y-%m-%d %H:%M:%S}",
        "serial": document.serial if document else None,
        "resources": document.resources if document else None,
        "remarks": "; ".join(remarks),
    }


def imports_result(found: Mapping[Unit, tuple[Lost, str, str]]) -> Result:
    """Return the import blocks of each unit, or where they were written; HCL that can be pasted as it is."""
    parts: list[str] = []
    for unit, (lost, text, path) in found.items():
        parts.append(f"# {unit.id}")
        parts += [f"# {it.address} ({it.id}) is left over: {unit.id} has another one now." for it in lost.left_over]
        parts.append(f"# written to {path}; the next apply imports them" if path else text.rstrip("\n"))
    data = [
        {"unit": unit.id, "resources": dict(by_address(lost)), "hcl": text, "written": path or None}
        for unit, (lost, text, path) in found.items()
    ]
    text = "\n".join(parts) if parts else "# Nothing to import: the states know all that earlier runs created."
    return Result(_COMMAND, data, text, Exit.CHANGES if found else Exit.FINE)
