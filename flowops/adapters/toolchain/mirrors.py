"""Filesystem mirrors of terraform's providers: which there are, what each has, and how terraform is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from flowops import atomic_file
from flowops.adapters.toolchain.machine import Machine
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source

_MIRROR_NAME = "tf-plugins"


def own_mirror(machine: Machine) -> Path:
    """Return the folder for providers that no mirror of the caller's had."""
    return machine.cache / "providers"


def unpacking_mirror(machine: Machine) -> Path:
    """Return the folder for providers that a mirror of the caller's had packed."""
    return machine.cache / "unpacked-providers"


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
    own = ((unpacking_mirror(machine), Source.MIRROR), (own_mirror(machine), Source.REGISTRY))
    yield from ((folder, source) for folder, source in own if folder.is_dir())


def unpacked_in(mirror: Path, provider: Provider, platform: str) -> Path:
    """Return where a mirror has the provider's folder, if it has it unpacked."""
    return mirror / provider.source / provider.version / platform


def held_in(mirror: Path, provider: Provider, platform: str) -> Path | None:
    """Return the provider's folder in a mirror, None where it is not there, or packed."""
    unpacked = unpacked_in(mirror, provider, platform)
    return unpacked if any(unpacked.glob(f"{provider.program}*")) else None


def packed_in(mirror: Path, provider: Provider, platform: str) -> Path | None:
    """Return the provider's zip in a mirror, None where there is none."""
    packed = mirror / provider.source / f"terraform-provider-{provider.kind}_{provider.version}_{platform}.zip"
    return packed if packed.is_file() else None


def program_in(machine: Machine, provider: Provider) -> Path | None:
    """Return a provider's program in the first mirror that has it unpacked, None where none has."""
    for mirror, _ in mirrors(machine):
        found = sorted(unpacked_in(mirror, provider, machine.platform).glob(f"{provider.program}*"))
        if found:
            return found[0]
    return None


def offered(mirror: Path, platform: str) -> frozenset[str]:
    """Return the full address of every provider that a mirror has in some version for this platform."""
    unpacked = (program.parents[2] for program in mirror.glob(f"*/*/*/*/{platform}/terraform-provider-*"))
    packed = (file.parent for file in mirror.glob(f"*/*/*/terraform-provider-*_{platform}.zip"))
    return frozenset(home.relative_to(mirror).as_posix() for home in (*unpacked, *packed))


def cli_configuration(machine: Machine, pinned: Sequence[Provider]) -> str:
    """Return terraform's own configuration: each provider from the first mirror that can serve it, else the registry.

    A mirror without the pinned version of a provider cannot serve it. JSON, because terraform reads its configuration
    as HCL 1, in which a path with `${` cannot be written.
    """
    there = [mirror for mirror, _ in mirrors(machine)]
    having = {p: _having(there, p, machine.platform) for p in pinned}
    taken: set[str] = set()
    blocks = []
    for mirror in there:
        lacking = {p.source for p, held in having.items() if mirror not in held}
        served = sorted(offered(mirror, machine.platform) - lacking - taken)
        if served:
            blocks.append({"path": str(mirror), "include": served})
            taken.update(served)
    methods: dict[str, object] = {"direct": [{"exclude": sorted(taken)} if taken else {}]}
    if blocks:
        methods["filesystem_mirror"] = blocks
    return json.dumps({"disable_checkpoint": True, "provider_installation": [methods]}, indent=2)


def _having(there: Sequence[Path], provider: Provider, platform: str) -> frozenset[Path]:
    """Return the mirrors that can serve a provider; the packed ones only where none has it unpacked.

    Terraform links to a folder, but unpacks a zip of 150 MB for every unit.
    """
    unpacked = frozenset(mirror for mirror in there if held_in(mirror, provider, platform))
    return unpacked or frozenset(mirror for mirror in there if packed_in(mirror, provider, platform))


def write_cli_configuration(path: Path, machine: Machine, pinned: Sequence[Provider]) -> Path:
    """Write that configuration to `path`, for TF_CLI_CONFIG_FILE, and return the path."""
    path.parent.mkdir(mode=atomic_file.PRIVATE_FOLDER, parents=True, exist_ok=True)
    atomic_file.write(path, cli_configuration(machine, pinned).encode())
    return path
