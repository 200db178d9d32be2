"""The working copy that a project lies in, told by git itself; nothing in it is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flowops.adapters.process import Completed, Processes
from flowops.errors import FlowopsError
from flowops.model.plaintext import printable
from flowops.model.safeguards import GitState

_SECONDS = 60


class GitWorkingCopy:
    """One project's working copy; `ambient` is the user's own environment, which leads git to their keys."""

    def __init__(self, processes: Processes, project: Path, ambient: Mapping[str, str]) -> None:
        self._processes, self._project = processes, project
        kept = {name: value for name, value in ambient.items() if not name.startswith("GIT_")}
        # A question for a password would wait for somebody who does not see it.
        self._env = {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}

    def state(self, *, fetch: bool) -> GitState | None:
        """Return how it stands, None outside of git; with `fetch` its upstream is asked first.

        A branch without an upstream, as CI has it, cannot be behind.
        """
        if not any((folder / ".git").exists() for folder in (self._project, *self._project.parents)):
            return None
        try:
            found = self._state(fetch)
        except FlowopsError as error:
            found = GitState(trouble=error.happened)
        return replace(found, place=str(self._project))

    def revision(self) -> dict[str, object] | None:
        """Return the commit it stands at and whether anything in it differs from that; None outside of git."""
        try:
            head = self._git("rev-parse", "HEAD")
            changed = self._git("status", "--porcelain", "--untracked-files=normal", "--", ".")
        except FlowopsError:
            return None
        if not head.succeeded:
            return None
        return {"commit": head.stdout.strip(), "dirty": not changed.succeeded or bool(changed.stdout.strip())}

    def _state(self, fetch: bool) -> GitState:
        listed = self._git("status", "--porcelain", "--untracked-files=all", "--", ".")
        if not listed.succeeded:
            return GitState(trouble=_last(listed))
        changed = tuple(printable(line[3:]) for line in listed.stdout.splitlines())
        named = self._git("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
        if not named.succeeded:
            return GitState(changed)
        fetched = self._git("fetch", "--quiet") if fetch else named
        if not fetched.succeeded:
            return GitState(changed, trouble=_last(fetched))
        counted = self._git("rev-list", "--count", "HEAD..@{upstream}")
        behind = int(counted.stdout) if counted.succeeded else 0
        return GitState(changed, printable(named.stdout.strip()), behind, "" if counted.succeeded else _last(counted))

    def _git(self, *words: str) -> Completed:
        return self._processes.run(["git", *words], env=self._env, cwd=self._project, timeout=_SECONDS)


def _last(done: Completed) -> str:
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return printable(lines[-1]) if lines else f"git ended with {done.returncode}"
