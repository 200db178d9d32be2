"""flowops struck by signals while it works on the small tree, and the operator who then does what it prints."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import reality
from tests.e2e.aws import Rehearsed
from tests.e2e.command import ROOT, USUAL_UMASK, Ended, Flowops
from tests.e2e.small_tree import SmallTree
from tests.integration.child_processes import PATIENCE, await_true

AGREED: Mapping[str, tuple[str, ...]] = {
    "create": ("--yes",),
    "change": ("--yes",),
    "destroy": ("--yes", "--confirm", "dev"),
}
SCENARIOS = {name: ("destroy" if name == "destroy" else "apply", "dev", *agreed) for name, agreed in AGREED.items()}
"""Each begins where the one before it ends."""

_MOST_STEPS = 6


class Requests:
    """Counts what reached the emulated AWS since this was made."""

    def __init__(self, file: Path) -> None:
        self.last = ""
        self.count = 0
        self._file, self._read = file, file.stat().st_size

    def look(self) -> int:
        """Return how many there were so far."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            whole, end, _ = file.read().rpartition(b"\n")
        if end:
            self._read += len(whole + end)
            lines = whole.splitlines()
            self.count += len(lines)
            call = json.loads(lines[-1])
            self.last = f"{call['service']}:{call['action'].rpartition(':')[2]}"
        return self.count


@dataclass(frozen=True)
class Struck:
    """How a run ended that was struck: its id, how many requests were made by then, and what had been seen last."""

    run: str
    code: int
    number: int
    phase: str
    event: str
    request: str


class Story:
    """One rehearsal of the small tree; each scenario brings it to where the next one begins.

    `env` is what the operator's shell has besides.
    """

    def __init__(self, folder: Path) -> None:
        self.tree = SmallTree(folder / "project")
        self.flowops = Flowops(self.tree.project, folder / "state")
        for words in (("rehearse", "up"), ("--rehearsal", "bootstrap", "--yes")):
            ended = self.flowops(*words)
            assert ended.code == 0, ended.err
        self.rehearsed = Rehearsed.of(self.flowops)
        self.env: Mapping[str, str] = {}
        self.runs = self.rehearsed.root / "project" / ".flowops" / "runs"

    def say(self, *words: str) -> Ended:
        """Type a command."""
        return self.flowops("--rehearsal", *words, env=self.env)

    def prepare(self, scenario: str) -> None:
        """Let the tree say what the scenario is about."""
        if scenario == "create":
            self.tree.as_before()
        elif scenario == "change":
            self.tree.changed()

    def requests(self) -> Requests:
        """Return a count of requests that begins now."""
        return Requests(self.rehearsed.root / "emulator" / "calls.jsonl")

    def undisturbed(self, scenario: str) -> int:
        """Let a scenario run to its end; return how many requests it made."""
        self.prepare(scenario)
        requests = self.requests()
        ended = self.say(*SCENARIOS[scenario])
        assert ended.code == 0, ended.err
        return requests.look()

    def strike(self, scenario: str, after: int, *signals: signal.Signals) -> Struck:
        """Begin a scenario, send flowops signals once so many requests have been seen, each when the last is answered.

        A run that ends before it is struck fails the test.
        """
        self.prepare(scenario)
        before, requests = self._names(), self.requests()
        words = ("--project-dir", str(self.flowops.project), "--rehearsal", *SCENARIOS[scenario])
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [sys.executable, "-m", "flowops", *words],
            cwd=ROOT,
            env=self.flowops.env(**self.env),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            umask=USUAL_UMASK,
        )
        what = f"request {after} of {scenario}"
        await_true(lambda: requests.look() >= after or process.poll() is not None, what)
        assert process.poll() is None, f"it ended before {what}"
        (run,) = self._names() - before
        for number, it in enumerate(signals):
            await_true(lambda due=number: self._answers(run) >= due, f"an answer to {it.name}")  # type: ignore[misc]
            process.send_signal(it)
        seen = self.events(run)
        code = process.wait(PATIENCE)
        phase = SCENARIOS[scenario][0] if any(it["event"] == "agreed" for it in seen) else "preview"
        return Struck(run, code, requests.count, phase, seen[-1]["event"], requests.last)

    def _answers(self, run: str) -> int:
        return sum(it["event"] == "signal" for it in self.events(run))

    def _names(self) -> set[str]:
        return {it.name for it in self.runs.iterdir()} if self.runs.exists() else set()

    def events(self, run: str) -> list[dict[str, Any]]:
        """Return a run's journal."""
        whole, _, _ = (self.runs / run / "events.jsonl").read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def take_up(self, run: str, *agreed: str) -> list[str]:
        """Do as an operator what flowops prints until the run is done, and return what was typed."""
        resume = ("runs", "resume", run, *agreed)
        typed: list[str] = []
        for _ in range(_MOST_STEPS):
            ended = self.say(*resume)
            typed.append("resume")
            if ended.code == 0:
                return typed
            words = _next_of(ended)
            assert words[:2] in (["runs", "tail"], ["locks", "release"], ["recover", "dev"]), ended.err
            typed.append(" ".join(words[:2]))
            self.say(*words)
        raise AssertionError(f"still not done after {typed}: {ended.err}")

    def check(self, expected: Mapping[str, Any]) -> None:
        """Compare AWS with the states, and these with an undisturbed run; nobody holds or does anything any more."""
        states = self.check_reality()
        assert reality.environment(states) == expected
        audit = self.say("audit", "verify", "--remote")
        assert audit.code == 0, audit.err + audit.out
        await_true(lambda: _working_for(self.runs) == [], "the end of everybody who works for a run")

    def check_reality(self) -> reality.Documents:
        """Compare AWS with the states and return these; no lock and no lease is held."""
        states = reality.documents(self.rehearsed)
        assert reality.standing(self.rehearsed) == reality.known(states)
        held = self.say("locks", "list", "dev", "-o", "json")
        assert (held.code, held.envelope["data"]) == (0, []), held.err
        assert [key for key in self.rehearsed.objects() if key.endswith(".tflock")] == []
        return states


def _next_of(ended: Ended) -> list[str]:
    """Return the words of the command that an error ends with, but for where it is about."""
    (line,) = (it for it in ended.err.splitlines() if it.startswith("Next: flowops "))
    return shlex.split(line.partition(" --rehearsal ")[2].partition(";")[0].partition(",")[0])


def _working_for(runs: Path) -> list[int]:
    """Return the processes that a run started: they have its folder in their environment."""
    mark = f"FLOWOPS_CALLS={runs}".encode()
    return [int(it.name) for it in Path("/proc").iterdir() if it.name.isdigit() and mark in _environment_of(it)]


def _environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""
