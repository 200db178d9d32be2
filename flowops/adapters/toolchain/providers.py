"""Terraform's providers: taken from a filesystem mirror, or fetched from the registry once into a mirror of our own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.disk import check_room
from flowops.adapters.environment import child_environment
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.lock import alone
from flowops.adapters.toolchain.machine import Machine
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source, ToolStatus

_MIRROR_NAME = "tf-plugins"
_FETCH = 900.0
_NO_RETRIES = {"TF_REGISTRY_DISCOVERY_RETRY": "0", "TF_REGISTRY_CLIENT_TIMEOUT": "10"}


class ProviderFolder:
    """A pinned provider in a mirror, unpacked or as the registry packs it."""

    def __init__(
        self, provider: Provider, machine: Machine, processes: Processes, terraform: Callable[[], Path]
    ) -> None:
        self.name = provider.address
        self._provider = provider
        self._machine = machine
        self._processes = processes
        self._terraform = terraform

    def status(self) -> ToolStatus:
        """Return where the provider stands: the caller's mirror before our own."""
        for mirror, source in mirrors(self._machine):
            if held := held_in(mirror, self._provider, self._machine.platform):
                return ToolStatus(self.name, self._provider.version, self._provider.version, str(held), source)
        return ToolStatus(self.name, self._provider.version, note="in no mirror")

    def install(self) -> ToolStatus:
        """Return where the provider stands, fetched first where no mirror has it; ToolUnusable says why it cannot."""
        if (before := self.status()).usable:
            return before
        own = own_mirror(self._machine)
        title = f"{self.name} {self._provider.version}"
        with alone(own.with_name("providers.lock"), self._machine, title):
            if not self.status().usable:
                check_room(own.parent)
                self._machine.progress(f"{title}: fetching from the registry")
                self._fetch(own)
        return self.status()

    def _fetch(self, own: Path) -> None:
        """Let terraform fetch the provider, for it checks the publisher's signature, and keep what it unpacked."""
        with tempfile.TemporaryDirectory(prefix=".new-providers-", dir=own.parent) as folder:
            unpacked = Path(folder, "unpacked")
            unpacked.mkdir()
            Path(folder, "versions.tf.json").write_text(requirement(self._provider))
            Path(folder, "settings.tfrc.json").write_text(json.dumps({"plugin_cache_dir": str(unpacked)}))
            env = child_environment(
                self._machine.env, TF_CLI_CONFIG_FILE=str(Path(folder, "settings.tfrc.json")), **_NO_RETRIES
            )
            argv = [str(self._terraform()), "init", "-backend=false", "-input=false", "-no-color"]
            done = self._processes.run(argv, env=env, cwd=Path(folder), timeout=_FETCH)
            held = held_in(unpacked, self._provider, self._machine.platform)
            if not done.succeeded or held is None:
                raise self._unusable(done.stderr or done.stdout)
            place = own / held.relative_to(unpacked)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.rename(place)

    def _unusable(self, said: str) -> ToolUnusable:
        lines = " ".join(line.strip("│╷╵ ") for line in said.splitlines()).split()
        return ToolUnusable(
            f"The provider {self.name} {self._provider.version} is in no mirror, and terraform could not fetch it: "
            f"{' '.join(lines)[:600] or 'it did not say why'}",
            not_done="Nothing was started.",
            next_step="export FLOWOPS_PROVIDER_MIRROR=DIRECTORY (one that `terraform providers mirror` filled), then "
            f"flowops toolchain install {self.name}",
        )


def own_mirror(machine: Machine) -> Path:
    """Return the folder for providers that no mirror of the caller's had."""
    return machine.cache / "providers"


def mirrors(machine: Machine) -> Iterator[tuple[Path, Source]]:
    """Yield every mirror there is, first choice first; ToolUnusable where the caller names one that is not there."""
    if machine.provider_mirror:
        named = Path(machine.provider_mirror)
        if not named.is_dir():
            raise ToolUnusable(
                f"FLOWOPS_PROVIDER_MIRROR names {named}, which is no directory.",
                not_done="Nothing was started.",
                next_step="unset FLOWOPS_PROVIDER_MIRROR, or let it name a directory that "
                "`terraform providers mirror` filled",
            )
        yield named.resolve(), Source.MIRROR
    else:
        found = (root / _MIRROR_NAME for root in machine.provider_roots)
        yield from ((folder, Source.MIRROR) for folder in found if folder.is_dir())
    if own_mirror(machine).is_dir():
        yield own_mirror(machine), Source.REGISTRY


def held_in(mirror: Path, provider: Provider, platform: str) -> Path | None:
    """Return the provider's folder in a mirror, or its zip where it is packed; None where the mirror has neither."""
    home = mirror / provider.source
    kind = provider.address.rpartition("/")[2]
    unpacked = home / provider.version / platform
    if any(unpacked.glob(f"terraform-provider-{kind}_v{provider.version}*")):
        return unpacked
    packed = home / f"terraform-provider-{kind}_{provider.version}_{platform}.zip"
    return packed if packed.is_file() else None


def offered(mirror: Path, platform: str) -> frozenset[str]:
    """Return the full address of every provider that a mirror has in some version for this platform."""
    unpacked = (folder.parent.parent for folder in mirror.glob(f"*/*/*/*/{platform}"))
    packed = (file.parent for file in mirror.glob(f"*/*/*/terraform-provider-*_{platform}.zip"))
    return frozenset(home.relative_to(mirror).as_posix() for home in (*unpacked, *packed))


def cli_configuration(machine: Machine, pinned: Sequence[Provider]) -> str:
    """Return terraform's own configuration: each provider from the first mirror that can serve it, else the registry.

    A mirror without the pinned version of a provider cannot serve it. JSON, because terraform reads its configuration
    as HCL 1, in which a path with `${` cannot be written.
    """
    taken: set[str] = set()
    blocks = []
    for mirror, _ in mirrors(machine):
        lacking = {p.source for p in pinned if held_in(mirror, p, machine.platform) is None}
        served = sorted(offered(mirror, machine.platform) - lacking - taken)
        if served:
            blocks.append({"path": str(mirror), "include": served})
            taken.update(served)
    methods: dict[str, object] = {"direct": [{"exclude": sorted(taken)} if taken else {}]}
    if blocks:
        methods["filesystem_mirror"] = blocks
    return json.dumps({"disable_checkpoint": True, "provider_installation": [methods]}, indent=2)


def write_cli_configuration(path: Path, machine: Machine, pinned: Sequence[Provider]) -> Path:
    """Write that configuration to `path`, for TF_CLI_CONFIG_FILE, and return the path."""
    path.parent.mkdir(mode=atomic_file.PRIVATE_FOLDER, parents=True, exist_ok=True)
    atomic_file.write(path, cli_configuration(machine, pinned).encode())
    return path


def requirement(provider: Provider) -> str:
    """Return a terraform configuration that needs this provider and nothing else."""
    kind = provider.address.rpartition("/")[2]
    wanted = {kind: {"source": provider.source, "version": provider.version}}
    return json.dumps({"terraform": {"required_providers": wanted}})
