"""The nets are cast once for all tests here, and what they caught is shown at the end of the run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest

from tests.nets.haul import NETS, Catch, Haul, cast
from tests.nets.module_haul import MODULE_NETS, ModuleHaul, cast_over_modules
from tests.nets.scanners import CHECKOV, HOW_TO_GET_CHECKOV
from tests.nets.survivors import MODULE_SURVIVORS, TEMPLATE_SURVIVORS, UNKNOWN
from tests.nets.weakenings import WEAKENINGS
from tests.nets.weakenings.modules import MODULE_WEAKENINGS

_HAUL = pytest.StashKey[Haul]()
_MODULES = pytest.StashKey[ModuleHaul]()


def complain_without_checkov(there: bool, environment: Mapping[str, str]) -> None:
    """Fail in CI where checkov is missing; elsewhere say how to get it."""
    if there:
        return
    if environment.get("CI"):
        pytest.fail(HOW_TO_GET_CHECKOV)
    pytest.skip(HOW_TO_GET_CHECKOV)


@pytest.fixture(scope="session")
def with_checkov() -> None:
    complain_without_checkov(CHECKOV.exists(), os.environ)


@pytest.fixture(scope="session")
def haul(with_checkov: None, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Haul:
    pytestconfig.stash[_HAUL] = cast(WEAKENINGS, tmp_path_factory.mktemp("nets"))
    return pytestconfig.stash[_HAUL]


@pytest.fixture(scope="session")
def modules(with_checkov: None, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> ModuleHaul:
    pytestconfig.stash[_MODULES] = cast_over_modules(MODULE_WEAKENINGS, tmp_path_factory.mktemp("modules"))
    return pytestconfig.stash[_MODULES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    haul, modules = config.stash.get(_HAUL, None), config.stash.get(_MODULES, None)
    if haul:
        terminalreporter.section("weakened templates, and the nets that caught them")
        for line in _lines(haul.weakened, NETS, TEMPLATE_SURVIVORS):
            terminalreporter.write_line(line)
    if modules:
        terminalreporter.section("weakened modules")
        for line in _lines(modules.weakened, MODULE_NETS, MODULE_SURVIVORS):
            terminalreporter.write_line(line)


def _lines(catches: tuple[Catch, ...], nets: tuple[str, ...], reasons: Mapping[str, str]) -> Iterator[str]:
    for it in catches:
        by = "  ".join((net if it.by[net] else "").ljust(len(net)) for net in nets)
        why = "" if it.caught else f" -- not caught: {reasons.get(it.name, UNKNOWN)}"
        yield f"{by}  {it.name}{why}"
    caught = sum(it.caught for it in catches)
    yield f"{caught} of {len(catches)} caught ({100 * caught / len(catches):.1f} %)"
