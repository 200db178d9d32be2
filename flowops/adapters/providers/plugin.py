"""Provider binaries, started as terraform starts them and told where to listen.

The handshake is that of HashiCorp's go-plugin, in which every provider is served: a magic cookie in the environment,
and one line `1|PROTOCOL|unix|SOCKET|grpc|` on stdout once the provider listens. Unlike a provider started with
`-debug`, which only some can, one started like this leaves Ctrl-C to terraform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowops.adapters.process import Processes, Running
from flowops.errors import ToolUnusable

_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
_PROTOCOLS = ("5", "6")
_LOGS = ("TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_MUX", "TF_LOG_SDK_FRAMEWORK")
# A second Configure of the AWS provider fails where it is set: "has no WithTransportOptions".
_LEFT_OUT = frozenset({"AWS_CA_BUNDLE", "TF_CLI_CONFIG_FILE", "TF_REATTACH_PROVIDERS"})


def plugin_environment(env: Mapping[str, str], binary: Path, sockets: Path) -> dict[str, str]:
    """Return the environment of a provider: what terraform would have, without the log of every single call."""
    kind = binary.name.removeprefix("terraform-provider-").partition("_")[0]
    return {
        **{name: value for name, value in env.items() if name not in _LEFT_OUT},
        **dict.fromkeys((*_LOGS, f"TF_LOG_PROVIDER_{kind.upper().replace('-', '_')}"), "OFF"),
        "TF_PLUGIN_MAGIC_COOKIE": _COOKIE,
        "PLUGIN_PROTOCOL_VERSIONS": ",".join(_PROTOCOLS),
        "PLUGIN_UNIX_SOCKET_DIR": str(sockets),
    }


@dataclass(frozen=True)
class Greeting:
    """What a provider says when it is ready."""

    protocol: int
    socket: str


def greeting(line: str) -> Greeting:
    """Return what a handshake line says; ToolUnusable for any other line."""
    # The next field is a provider's certificate; the proxy speaks no TLS.
    match line.strip().split("|"):
        case ["1", protocol, "unix", where, "grpc", *more] if protocol in _PROTOCOLS and not any(more[:1]):
            return Greeting(int(protocol), where)
    raise ToolUnusable(
        f"The provider answered its start with {line.strip()[:200]!r}, which is no handshake of go-plugin.",
        not_done="It is not shared between units.",
        next_step="the same command with --warm-providers never",
    )


class Plugin:
    """One provider process; it dies with the process that started it."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Say that it still runs."""
        return self._running.poll() is None

    def greeting(self) -> Greeting | None:
        """Return what it said once it was ready, None before; ToolUnusable when it died or said something else."""
        text = self._running.stdout.read_text("utf-8", "replace")
        line, whole, _ = text.partition("\n")
        if whole:
            return greeting(line)
        if not self.alive:
            said = self._running.stderr.read_text("utf-8", "replace").strip().rpartition("\n")[2]
            raise ToolUnusable(f"The provider ended before it was ready: {said[:300] or 'it did not say why'}")
        return None

    def stop(self) -> None:
        """End it, whatever it does."""
        self._running.stop()


def start_plugin(processes: Processes, binary: Path, env: Mapping[str, str], folder: Path, name: str) -> Plugin:
    """Start a provider whose socket and output lie in `folder`; ToolUnusable if it cannot be started.

    Call it from the main thread: Linux ends the provider with the thread that started it.
    """
    running = processes.start(
        [str(binary)],
        env=plugin_environment(env, binary, folder),
        cwd=folder,
        stdout=folder / f"{name}.out",
        stderr=folder / f"{name}.err",
        dies_with_us=True,
    )
    return Plugin(running)
