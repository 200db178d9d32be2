"""What checkov and our own rules catch of the weakened terraform modules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns

from tests.nets.haul import Catch
from tests.nets.module_rules import broken_module_rules
from tests.nets.scanners import Findings, checkov, findings_of_checkov
from tests.nets.weakenings.module import MODULES, ModuleWeakening

MODULE_NETS = ("checkov", "rules")
_ORIGINALS, _BARE = "originals", "bare"


@dataclass(frozen=True)
class ModuleHaul:
    """`originals` is what is said about the modules as they are, by checkov about their examples, too."""

    weakened: tuple[Catch, ...]
    originals: tuple[str, ...]


def cast_over_modules(weakenings: tuple[ModuleWeakening, ...], folder: Path) -> ModuleHaul:
    """Weaken the modules in each way and cast both nets over all of them, checkov once; `folder` is empty."""
    samples, reports = folder / "modules", folder / "reports"
    copytree(MODULES, samples / _ORIGINALS, ignore=ignore_patterns(".terraform*"))
    for module in every_module():
        _copy(module.name, samples / _BARE)
    reports.mkdir()
    for number, weakening in enumerate(weakenings):
        _weaken(weakening, samples / f"{number:03}")
    with checkov(samples, reports, "terraform") as checking:
        found = findings_of_checkov(checking)
    about = [f"{file}: {check}" for file, checks in found.items() if file.startswith(_ORIGINALS) for check in checks]
    about += [
        f"{it.name}: {rule}" for it in every_module() for rule in broken_module_rules(samples / _ORIGINALS / it.name)
    ]
    broken_off = [line for line in checking.broken_off() if f"/{_ORIGINALS}/" in line]
    weakened = tuple(_catch(it, samples / f"{number:03}", found) for number, it in enumerate(weakenings))
    return ModuleHaul(weakened, (*about, *broken_off))


def every_module() -> tuple[Path, ...]:
    """Return the folder of every module."""
    return tuple(it for it in sorted(MODULES.iterdir()) if it.is_dir())


def _weaken(weakening: ModuleWeakening, sample: Path) -> None:
    _copy(weakening.module, sample)
    file = sample / weakening.file
    file.write_text(weakening.applied(file.read_text()))


def _copy(module: str, sample: Path) -> None:
    # The examples stay behind: a finding there would not be one of the module.
    copytree(MODULES / module, sample / module, ignore=ignore_patterns("examples", ".terraform*"))


def _catch(weakening: ModuleWeakening, sample: Path, found: Findings) -> Catch:
    # Without the examples, which set what an input leaves open, checkov takes a default for a finding.
    known = _below(found, f"{_BARE}/{weakening.module}/")
    failed = _below(found, f"{sample.name}/") - known
    by = {"checkov": tuple(sorted(failed)), "rules": broken_module_rules(sample / weakening.module)}
    return Catch(weakening.name, weakening.module, by)


def _below(found: Findings, folder: str) -> set[str]:
    return {check for file, checks in found.items() if file.startswith(folder) for check in checks}
