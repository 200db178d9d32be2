"""What flowops and its engines leave behind: what it is, whether it may go, and what became of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from flowops.errors import Exit
from flowops.model.drift.history import history
from flowops.model.drift.result import DriftResult
from flowops.model.drift.shards import whole
from flowops.model.duration import typed
from flowops.model.evidence import UNSAVED_FILE

USUAL_AGE = timedelta(days=30)
"""What has not been used for that long may go."""

_POINTER = ".terraform"
_STATE = ".tfstate"
_UNITS = ("KiB", "MiB", "GiB")


class Kind(Enum):
    """What something is that was left behind; each can be made again, or has ended."""

    CACHE = "terragrunt cache"
    RUN = "run files"
    DRIFT = "drift result"
    SESSION = "MFA session"
    REHEARSAL = "rehearsal"
    POOL = "provider pool"
    BY_HAND = "self-test files"
    REPORT = "error report"
    TOOL = "tool"
    SCHEMA = "provider memory"
    HALF_DELETED = "half deleted"


@dataclass(frozen=True)
class GcRequest:
    """What the command line says; `journals` and `toolchain` take more into it."""

    older_than: timedelta = USUAL_AGE
    journals: bool = False
    toolchain: bool = False
    yes: bool = False
    dry_run: bool = False

    def command(self) -> str:
        """Return the command line that means this request."""
        words = ["flowops", "gc"]
        words += ["--older-than", typed(self.older_than.total_seconds())] if self.older_than != USUAL_AGE else []
        flags = {"--journals": self.journals, "--toolchain": self.toolchain}
        flags |= {"--dry-run": self.dry_run, "--yes": self.yes}
        return " ".join([*words, *(name for name, given in flags.items() if given)])


@dataclass(frozen=True)
class Item:
    """One thing that was found at `path` below `root`, with the bytes it takes on disk and its last change.

    `parts` are what goes of it, relative to it; all of it goes where there are none. `kept` says why it stays, "" for
    what may go. `identity` is device and inode: what stands there later may be something else.
    """

    kind: Kind
    root: str
    path: str
    size: int
    changed: datetime
    kept: str = ""
    parts: tuple[str, ...] = ()
    identity: tuple[int, int] = field(default=(0, 0), repr=False)

    @property
    def name(self) -> str:
        """Return the whole path."""
        return f"{self.root.rstrip('/')}/{self.path}"


class Fate(Enum):
    """What became of something that was found."""

    KEPT = "kept"
    TO_GO = "to be deleted"
    DELETED = "deleted"
    FAILED = "not deleted"


@dataclass(frozen=True)
class Deletion:
    """What became of one item, and why it is not gone."""

    fate: Fate
    why: str = ""


DELETED = Deletion(Fate.DELETED)


def kept(why: str) -> Deletion:
    """Return that something stays."""
    return Deletion(Fate.KEPT, why)


def failed(why: str) -> Deletion:
    """Return that something could not be deleted."""
    return Deletion(Fate.FAILED, why)


@dataclass(frozen=True)
class Row:
    """An item and what became of it."""

    item: Item
    deletion: Deletion


@dataclass(frozen=True)
class GcResult:
    """Everything that was found."""

    rows: tuple[Row, ...]

    def of(self, fate: Fate) -> tuple[Row, ...]:
        """Return the rows that ended so."""
        return tuple(it for it in self.rows if it.deletion.fate is fate)

    def size(self, fate: Fate) -> int:
        """Return the bytes of the rows that ended so."""
        return sum(it.item.size for it in self.of(fate))

    @property
    def exit_code(self) -> Exit:
        """Return FINE, or what the table says where something could not be deleted: 3 beside what was, else 1."""
        if not self.of(Fate.FAILED):
            return Exit.FINE
        return Exit.PARTLY_DONE if self.of(Fate.DELETED) else Exit.FAILED


def seen(items: Sequence[Item]) -> GcResult:
    """Return what was found, as nothing has been deleted yet."""
    return GcResult(tuple(Row(it, kept(it.kept) if it.kept else Deletion(Fate.TO_GO)) for it in items))


def precious(name: str, folder: str) -> bool:
    """Say whether a file of this name, in a folder of that name, may be the only copy of a state, or of a crash.

    terraform's names: https://developer.hashicorp.com/terraform/language/state and its crash.log. The file
    `terraform.tfstate` in `.terraform` only says which backend was set up; whether it does is for `only_points`.
    """
    if folder == _POINTER:
        return False
    return name == UNSAVED_FILE or _STATE in name or (name.startswith("crash.") and name.endswith(".log"))


def may_point(name: str, folder: str) -> bool:
    """Say whether a file is where terraform remembers its backend, and where old ones kept a state."""
    return folder == _POINTER and _STATE in name


def only_points(document: object) -> bool:
    """Say whether what stands in such a file is no more than the backend: it has no resource of any form of state."""
    if not isinstance(document, Mapping):
        return True
    modules = document.get("modules")
    inner = modules if isinstance(modules, list) else []
    return not any(it.get("resources") for it in (document, *inner) if isinstance(it, Mapping))


def spare(results: Sequence[DriftResult], now: datetime, older_than: timedelta) -> frozenset[str]:
    """Return the ids of the results without which `report history` still says the same of all that stands.

    Of each environment the newest stays, and every one since the oldest finding that stands there began. The parts of a
    divided check have no say in a history.
    """
    parts = {it.id for it in results if not whole(it.shards) and now - it.started > older_than}
    left = {it.id: it for it in results if whole(it.shards)}
    since = _needed(tuple(left.values()), now)

    def stays(it: DriftResult) -> bool:
        needed = any(it.started >= since.get(name, now) for name in _environments(it))
        return needed or now - it.started <= older_than

    while staying := [it for it in left.values() if stays(it)]:
        for it in staying:
            # A check that ended a finding is as needed as the older one that stays and has it.
            since |= {name: min(since.get(name, it.started), it.started) for name in _environments(it)}
            del left[it.id]
    return frozenset(left) | parts


def _needed(entire: Sequence[DriftResult], now: datetime) -> dict[str, datetime]:
    """Return since when the results of each environment are needed."""
    since = {name: it.started for it in sorted(entire, key=lambda it: it.started) for name in _environments(it)}
    for it in history(entire, now).standing:
        name = it.finding.environment
        since[name] = min(since.get(name, it.since), it.since)
    return since


def _environments(result: DriftResult) -> tuple[str, ...]:
    return tuple(it.environment for it in result.environments)


def spell_size(size: int) -> str:
    """Return a number of bytes as somebody says it: `812 B`, `1.4 GiB`."""
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, len(_UNITS))
    return f"{size / 1024**power:.1f} {_UNITS[power - 1]}"
