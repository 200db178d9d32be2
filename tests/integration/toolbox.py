"""A computer with an empty cache, a PATH of its own, and a release host on loopback."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flowops.adapters.process import Processes
from flowops.adapters.toolchain.binary import Binary
from flowops.adapters.toolchain.machine import Machine
from flowops.model.toolchain import Tool

PLATFORM = "linux_amd64"


def script(says: str, body: str = "") -> bytes:
    """Return a program that answers `says`."""
    return f"#!/bin/sh\n{body}\necho '{says}'\n".encode()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(**members: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


class ReleaseHost:
    """Serves what it is told, and remembers what it was asked for."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []

    def publish(self, folder: str, file: str, body: bytes, *, sums: str = "SHA256SUMS") -> None:
        """Serve a file and the sums that fit it."""
        self.answers[f"/{folder}/{file}"] = Answer(body)
        self.answers[f"/{folder}/{sums}"] = Answer(f"{hashlib.sha256(body).hexdigest()}  {file}\n".encode())


@contextmanager
def release_host() -> Iterator[ReleaseHost]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            answer = host.answers.get(self.path, Answer(status=404))
            answer.before()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = ReleaseHost(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


class Toolbox:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.scripts = folder / "scripts"
        self.data = folder / "data"
        self.cache = folder / "cache"
        for made in (self.bin, self.scripts, self.data):
            made.mkdir()
        self.go_module("0.0.0")  # which is never wanted: only tests of the build say otherwise
        # Nobody listens on port 9: a host that cannot be reached.
        self.env = {"PATH": f"{self.bin}:/usr/bin:/bin", "FLOWOPS_TOOL_MIRROR": "http://127.0.0.1:9"}
        self.python = Path(sys.executable)
        self.said: list[str] = []
        self.hears: Callable[[str], object] = lambda line: None

    def go_module(self, version: str) -> None:
        """Let our folder of Go modules build this version of terragrunt."""
        folder = self.data / "terragrunt"
        folder.mkdir(exist_ok=True)
        (folder / "go.mod").write_text(f"module x\n\nrequire github.com/gruntwork-io/terragrunt v{version}\n")
        (folder / "go.sum").write_text("")

    @property
    def machine(self) -> Machine:
        return Machine(
            env=self.env,
            platform=PLATFORM,
            cache=self.cache,
            scripts=self.scripts,
            python=self.python,
            data=self.data,
            provider_roots=(self.folder / "root",),
            progress=self._progress,
        )

    def _progress(self, line: str) -> None:
        self.said.append(line)
        self.hears(line)

    def binary(self, tool: Tool) -> Binary:
        return Binary(tool, self.machine, Processes())

    def place(self, name: str, content: bytes, folder: Path | None = None) -> Path:
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        return path

    def installed(self) -> list[str]:
        """Return every file below the cache's tools, locks aside."""
        tools = self.cache / "tools"
        return sorted(str(p.relative_to(tools)) for p in tools.rglob("*") if p.is_file() and p.suffix != ".lock")


def is_executable(path: Path) -> bool:
    return os.access(path, os.X_OK)
