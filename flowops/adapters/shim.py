"""Put the terraform shim in place for a run, and read what it recorded.

`terraform_shim.py` is the program itself. terragrunt gets the path of a small sh script as TG_TF_PATH; the script hands
the commands that write on to the shim and is terraform itself for all others, which so cost nothing extra.
"""

from __future__ import annotations

import json
import os
import py_compile
from pathlib import Path
from shlex import join, quote
from typing import Any

from flowops import atomic_file
from flowops.adapters import terraform_shim
from flowops.adapters.process import Processes
from flowops.errors import ToolUnusable
from flowops.model.job import again
from flowops.model.terraform_call import TerraformCall, command_of, unit_directory

_SCRIPT = """#!/bin/sh
# Written by flowops: terragrunt's way to terraform. Without FLOWOPS_CALLS it is plain terraform.
if [ -n "$FLOWOPS_LANES" ]; then
  unit="$(pwd -P)"
  lane="$FLOWOPS_LANES${{unit%%/.terragrunt-cache/*}}/{lane}"
  if [ -r "$lane" ]; then read -r TF_REATTACH_PROVIDERS < "$lane" && export TF_REATTACH_PROVIDERS; else unset GOGC; fi
fi
case "$1" in
  {watched})
    [ -z "$FLOWOPS_CALLS" ] || exec {holding}{python} -I -S {program} "$@" ;;
esac
exec "${{FLOWOPS_TERRAFORM:?is not set: start terragrunt with flowops, or unset TG_TF_PATH}}" "$@"
"""


UNHURRIED = {"GOGC": "400"}
"""For terragrunt, and for terraform where its providers are shared: collecting garbage less often saves a fifth of
their CPU time for 20 MB more each. A provider of its own would take 300 MB more."""

LANE = "providers.json"
"""The file below FLOWOPS_LANES, at the unit's own absolute path, with what terraform shall find in
TF_REATTACH_PROVIDERS: one line."""

INTERRUPTED = "interrupted"
"""The file in a call's folder that says why flowops interrupted this terraform."""

# A Python that is just starting may swallow an interrupt; held like this, it waits until the shim is ready for it.
_HOLDING = ("/usr/bin/env", "--block-signal=INT,TERM")


def install_shim(folder: Path, *, python: Path) -> Path:
    """Write the shim into `folder`, to be run by `python`, and return the path for TG_TF_PATH.

    terragrunt's environment then needs FLOWOPS_TERRAFORM (the real terraform) and FLOWOPS_CALLS (an existing folder).
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = folder / "terraform_shim.pyc"
    # Compiled, so that not every call of terraform pays for it.
    py_compile.compile(
        terraform_shim.__file__,
        cfile=str(program),
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    program.chmod(0o600)  # py_compile gives it the mode of its source
    script = folder / "terraform"
    text = shim_script(python, program, holds_signals=_can_hold_signals(folder))
    atomic_file.write(script, text.encode(), mode=0o700)
    return script


def _can_hold_signals(folder: Path) -> bool:
    """Say whether `env` here is one that can hold signals; macOS and BusyBox have another."""
    try:
        return Processes().run([*_HOLDING, "/bin/sh", "-c", ":"], env={}, cwd=folder, timeout=5).succeeded
    except ToolUnusable:
        return False


def shim_script(python: Path, program: Path, *, holds_signals: bool) -> str:
    """Return the text of the script that terragrunt starts."""
    return _SCRIPT.format(
        watched=" | ".join(terraform_shim.WATCHED),
        holding=join(_HOLDING) + " " if holds_signals else "",
        python=quote(str(python)),
        program=quote(str(program)),
        lane=LANE,
    )


def call_folders(run: Path) -> tuple[Path, ...]:
    """Return the folder of each step's calls in a run's folder, the first step first.

    A step that was done again has a second one, after its first.
    """
    steps = sorted(run.glob("[0-9]*"))
    return tuple(it / "calls" for step in steps for it in (step, again(step)) if (it / "calls").is_dir())


def read_calls(folder: Path) -> tuple[TerraformCall, ...]:
    """Return every call recorded below `folder`, oldest first.

    A folder without a readable call.json is left out: there terraform has not been started.
    """
    if not folder.is_dir():
        return ()
    calls = (_read_call(entry) for entry in sorted(folder.iterdir(), key=_start_order))
    return tuple(call for call in calls if call is not None)


def _start_order(folder: Path) -> tuple[int, str]:
    nanoseconds = folder.name.partition("-")[0]
    return (int(nanoseconds) if nanoseconds.isdigit() else 0, folder.name)


def _read_call(folder: Path) -> TerraformCall | None:
    call = _json(folder / "call.json")
    if call is None:
        return None
    alive = is_running(call["pid"], call["ticks"]) or is_running(call["keeper"], call["keeper_ticks"])
    # Read after looking for the processes: one that ended in between has left its record by now.
    end = _json(folder / "exit.json") or {}
    argv = tuple(call["argv"])
    return TerraformCall(
        command=command_of(argv),
        unit_dir=unit_directory(call["cwd"]),
        cwd=Path(call["cwd"]),
        argv=argv,
        pid=call["pid"],
        started=call["started"],
        stdout=folder / "stdout",
        stderr=folder / "stderr",
        alive=alive and not end,
        ended=end.get("ended"),
        exit_code=end.get("code"),
        signal=end.get("signal", 0),
        interrupted=_text(folder / INTERRUPTED),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _json(path: Path) -> dict[str, Any] | None:
    try:
        loaded = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) else None


def is_running(pid: int, ticks: int) -> bool:
    """Say whether `pid` is still the process that the kernel started at `ticks` (0: not known), and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # somebody else's: the number was given out again
    return ticks == terraform_shim.start_ticks(pid) and not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except (OSError, IndexError):
        return False
