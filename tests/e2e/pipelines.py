"""A machine that runs the jobs of a workflow: every shell step by bash, artifacts as folders, expressions by a table.

What others' actions do is done in a few lines here; anything that is not known to it ends the test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from tests.integration.ci.forge import TOKENS, Forge

_EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
_CONDITION = re.compile(r"inputs\.(\w+) (==|!=) '(\w*)'")
_SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
_SECONDS = 1200


class Unknown(Exception):
    """Something in a workflow that this machine cannot do."""


@dataclass
class Job:
    """How a job ended: the exit code of the first step that failed or 0, its log, summary and outputs."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Runner:
    """One machine for all jobs; `workspace` is the checkout, `root` holds everything else, `env` what jobs inherit.

    `values` are those of expressions in workflows, `github` variables that GitHub sets otherwise than here.
    """

    workspace: Path
    root: Path
    forge: Forge
    env: Mapping[str, str]
    values: dict[str, str] = field(default_factory=dict)
    github: dict[str, str] = field(default_factory=dict)
    _stands: set[str] = field(default_factory=set)
    """What one job has installed serves the next ones on this machine, as a cache would."""

    _mark: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        for name in ("home", "temp", "artifacts", "files"):
            (self.root / name).mkdir(parents=True)
        self._offer_what_is_installed()

    def _offer_what_is_installed(self) -> None:
        """Let a new environment see the packages of this one, so that pip finds each pin met and asks nobody."""
        site = self.root / "temp" / "flowops" / _SITE
        site.mkdir(parents=True)
        (site / "here.pth").write_text(f"{Path(sys.prefix) / _SITE}\n")

    def job(self, file: str, name: str, **values: str) -> Job:
        """Run a job of a workflow; `values` are expressions of it, with their dots as double underscores."""
        workflow = yaml.safe_load((self.workspace / ".github/workflows" / file).read_text())
        known = {**self.values, **{key.replace("__", "."): it for key, it in values.items()}}
        made = Job()
        shared = self._filled(workflow.get("env", {}), known)
        try:
            for step in workflow["jobs"][name]["steps"]:
                self._step(step, shared, known, made)
        finally:
            self.end()
        return made

    def _step(self, step: Mapping[str, Any], shared: Mapping[str, str], known: Mapping[str, str], made: Job) -> None:
        if made.code and "always()" not in step.get("if", ""):
            return
        if step.get("run") in self._stands:
            return
        if "run" in step:
            own = self._filled(step.get("env", {}), known)
            self._script(step["run"], {**self._github(), **shared, **own, **self.github}, made)
            if "-m venv" in step["run"] and not made.code:
                self._stands.add(step["run"])
        elif step["uses"].startswith("./"):
            self._composite(step, shared, known, made)
        else:
            self._action(step["uses"], self._filled(step.get("with", {}), known), made)

    def _composite(
        self, step: Mapping[str, Any], shared: Mapping[str, str], known: Mapping[str, str], made: Job
    ) -> None:
        action = yaml.safe_load((self.workspace / step["uses"] / "action.yml").read_text())
        inputs = {name: it.get("default", "") for name, it in action["inputs"].items()}
        inputs |= self._filled(step.get("with", {}), known)
        for inner in action["runs"]["steps"]:
            if self._holds(inner.get("if", ""), inputs):
                given = {f"inputs.{name}": it for name, it in inputs.items()}
                self._step({**inner, "if": ""}, shared, {**known, **given}, made)

    def _holds(self, condition: str, inputs: Mapping[str, str]) -> bool:
        if not condition:
            return True
        found = _CONDITION.fullmatch(condition)
        if found is None:
            raise Unknown(condition)
        return (inputs[found[1]] == found[3]) is (found[2] == "==")

    def _filled(self, entries: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
        return {name: _EXPRESSION.sub(lambda found: _value(found[1], known), str(it)) for name, it in entries.items()}

    def _script(self, text: str, env: Mapping[str, str], made: Job) -> None:
        output, summary = self.root / "files" / "output", self.root / "files" / "summary"
        output.write_text("")
        summary.write_text("")
        script = self.root / "files" / "script.sh"
        script.write_text(text)
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**self.env, **self._machine(), **files, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        made.code = made.code or done.returncode
        made.log += done.stdout + done.stderr
        made.summary += summary.read_text()
        made.outputs |= dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _machine(self) -> dict[str, str]:
        temporary = str(self.root / "temp")
        return {
            "HOME": str(self.root / "home"),
            "PIP_NO_INDEX": "1",
            "RUNNER_TEMP": temporary,
            "RUNNER_TRACKING_ID": self._mark,
            "TMPDIR": temporary,
        }

    def _github(self) -> dict[str, str]:
        return {
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "ask",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.forge.url}{TOKENS}?api-version=2.0",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.forge.url,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SHA": "0" * 40,
        }

    def _action(self, uses: str, given: Mapping[str, str], made: Job) -> None:
        match uses.partition("@")[0]:
            case "actions/checkout":
                for name in ("drift", "parts", "plan", "report"):
                    shutil.rmtree(self.workspace / name, ignore_errors=True)
            case "actions/upload-artifact":
                self._upload(given)
            case "actions/download-artifact":
                self._download(given)
            case "actions/cache" | "actions/cache/restore" | "actions/cache/save":
                pass
            case other:
                raise Unknown(other)

    def _upload(self, given: Mapping[str, str]) -> None:
        target = self.root / "artifacts" / given["name"]
        shutil.rmtree(target, ignore_errors=True)
        for name in given["path"].split():
            source = self.workspace / name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                target.mkdir(exist_ok=True)
                shutil.copy(source, target)

    def _download(self, given: Mapping[str, str]) -> None:
        into = self.workspace / given["path"]
        if "name" in given:
            shutil.copytree(self.root / "artifacts" / given["name"], into, dirs_exist_ok=True)
            return
        for found in (self.root / "artifacts").glob(given["pattern"]):
            shutil.copytree(found, into / found.name)

    def gitlab(self, name: str, **variables: str) -> Job:
        """Run a job of GitLab's pipeline, before_script and script in one shell as its runner does."""
        pipeline = yaml.safe_load((self.workspace / ".gitlab/flowops.gitlab-ci.yml").read_text())
        job = _extended(pipeline, name)
        # The tools of this machine's user stand in for the job's cache.
        told = {key: str(it) for key, it in job.get("variables", {}).items() if key != "XDG_CACHE_HOME"}
        own = {
            "AWS_ID_TOKEN": self.forge.job_token,
            "CI_API_V4_URL": f"{self.forge.url}/api/v4",
            "CI_JOB_ID": "4711",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_PROJECT_DIR": str(self.workspace),
            "CI_PROJECT_ID": "42",
            "GITLAB_CI": "true",
        }
        made = Job()
        try:
            self._script("\n".join((*job.get("before_script", ()), *job["script"])), {**told, **own, **variables}, made)
        finally:
            self.end()
        return made

    def end(self) -> None:
        """End what a job has left running, as the runner does: processes that carry its mark."""
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if f"RUNNER_TRACKING_ID={self._mark}".encode() in (folder / "environ").read_bytes():
                    os.kill(int(folder.name), signal.SIGKILL)


def _value(expression: str, known: Mapping[str, str]) -> str:
    if expression not in known:
        raise Unknown(expression)
    return known[expression]


def _extended(pipeline: Mapping[str, Any], name: str) -> dict[str, Any]:
    job = pipeline[name]
    base = _extended(pipeline, job["extends"]) if "extends" in job else {}
    return {**base, **job, "variables": {**base.get("variables", {}), **job.get("variables", {})}}
