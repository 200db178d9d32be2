"""Tools, the shell, and this machine: what each fact means."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator

from flowops.model.doctor import Line, doubtful, fine, wrong
from flowops.model.doctor_facts import CacheSize, Permissions, Room
from flowops.model.toolchain import ToolStatus

GIB = 1024**3
NEEDED_PYTHON = (3, 11)

_CHECK_OF_TOOL = {
    "terraform": "terraform",
    "terragrunt": "terragrunt",
    "hashicorp/aws": "aws-provider",
    "hashicorp/helm": "helm-provider",
    "aws": "aws-command-line",
}
_HARMLESS = frozenset({"AWS_CLI_AUTO_PROMPT", "AWS_DEFAULT_OUTPUT", "AWS_PAGER", "TF_PLUGIN_CACHE_DIR"})


def python(version: tuple[int, int, int]) -> Line:
    """Judge the version of Python that flowops runs on."""
    said = ".".join(map(str, version))
    if version[:2] < NEEDED_PYTHON:
        needed = ".".join(map(str, NEEDED_PYTHON))
        return wrong("python", f"Python {said} is too old: flowops needs {needed}", "python3.11 -m pip install flowops")
    return fine("python", f"Python {said}")


def tools(statuses: Iterable[ToolStatus]) -> Iterator[Line]:
    """Judge each tool that every project needs."""
    for it in statuses:
        if check := _CHECK_OF_TOOL.get(it.name):
            yield _tool(check, it)


def _tool(check: str, it: ToolStatus) -> Line:
    if it.usable:
        passed = f"; passed over: {it.note}" if it.note else ""
        return fine(check, f"{it.name} {it.found} ({it.source.value}: {it.path}){passed}")
    said = f"{it.name} {it.wanted} is missing{f': {it.note}' if it.note else ''}"
    return wrong(check, said, f"flowops toolchain install {it.name}")


def mirror(named: str, *, is_folder: bool) -> Line:
    """Judge the mirror of providers; `named` is what FLOWOPS_PROVIDER_MIRROR says, empty where it is not set."""
    if not named:
        return fine(
            "provider-mirror", "FLOWOPS_PROVIDER_MIRROR is not set: conventional folders and the registry serve"
        )
    if not is_folder:
        text = f"FLOWOPS_PROVIDER_MIRROR names {named}, which is no directory"
        return wrong("provider-mirror", text, "unset FLOWOPS_PROVIDER_MIRROR")
    return fine("provider-mirror", f"providers come from {named} first")


def git(version: str) -> Line:
    """Judge git by what it says its version is, empty where it is not there."""
    if not version:
        text = "git is not on PATH: nothing says from which commit an environment was changed"
        return wrong("git", text, "install git (https://git-scm.com/downloads), then: flowops doctor")
    return fine("git", version)


def shell_variables(names: Collection[str]) -> Line:
    """Judge variables that flowops itself ignores: they mislead who works by hand beside it."""
    found = sorted(set(names) - _HARMLESS)
    if not found:
        return fine("shell-variables", "no variable of the shell changes what terraform, terragrunt, aws or helm do")
    text = f"flowops passes these on to nothing that it starts, but tools by hand obey them: {', '.join(found)}"
    return doubtful("shell-variables", text, f"unset {' '.join(found)}")


def standing_consent(names: Collection[str]) -> Line:
    """Judge the variables that are set and agree to something before it is asked."""
    found = sorted(names)
    if not found:
        return fine("standing-consent", "no variable agrees to anything beforehand")
    text = f"every command of this shell takes {', '.join(found)} for an answer"
    return doubtful("standing-consent", text, f"unset {' '.join(found)}")


def room(rooms: Iterable[Room], needed: int, files: int) -> Iterator[Line]:
    """Judge the free room of each file system that a run writes to: bytes, and files."""
    for it in rooms:
        said = f"{it.free / GIB:.1f} GiB are free at {it.path}"
        if it.free < needed:
            yield wrong("disk-room", f"only {said}; a run needs {needed / GIB:.0f} GiB", "flowops gc")
        elif it.files is not None and it.files < files:
            few = f"only {it.files} more files fit at {it.path}, whatever their size; a run needs {files}"
            yield wrong("disk-room", few, "flowops gc")
        else:
            yield fine("disk-room", said)


def folder_permissions(found: Iterable[Permissions]) -> Iterator[Line]:
    """Judge folders that hold states, credentials or tools: nobody else may enter them or put something there."""
    seen = tuple(found)
    for it in seen:
        if not it.ours:
            text = f"{it.path} belongs to somebody else"
            yield wrong("folder-permissions", text, f"sudo chown -R $(id -u) {shlex.quote(it.path)}")
        elif it.mode & 0o077:
            text = f"{it.path} is open to others ({it.mode:o})"
            yield wrong("folder-permissions", text, f"chmod 700 {shlex.quote(it.path)}")
    if not any(it.mode & 0o077 or not it.ours for it in seen):
        yield fine("folder-permissions", f"{len(seen)} folders can be entered by their owner only")


def cache_size(found: CacheSize, limit: float) -> Line:
    """Judge the size of terragrunt's caches against a limit in GiB."""
    said = f"{'more than ' if found.at_least else ''}{found.size / GIB:.1f} GiB in .terragrunt-cache"
    if found.size > limit * GIB:
        return doubtful("cache-size", f"{said}, above {limit:g} GiB", "flowops gc --older-than 1d")
    return fine("cache-size", said)


def file_permissions(found: Iterable[Permissions], credentials: str) -> Iterator[Line]:
    """Judge who may read and write AWS's own files; only the one at `credentials` holds secrets."""
    for it in found:
        path = shlex.quote(it.path)
        if it.folder or it.special:
            aside = shlex.quote(f"{it.path}.aside")
            yield wrong("file-permissions", f"{it.path} is not a regular file", f"mv {path} {aside}")
        elif it.path == credentials and it.mode & 0o077:
            text = f"{it.path} can be read or written by others ({it.mode:o}), and holds access keys"
            yield wrong("file-permissions", text, f"chmod 600 {path}")
        elif it.mode & 0o022:
            text = f"{it.path} can be written by others ({it.mode:o}): they could make it start a program"
            yield wrong("file-permissions", text, f"chmod go-w {path}")
        else:
            yield fine("file-permissions", f"{it.path} ({it.mode:o})")
