"""Every file of compat is put to use, and none has a name that moto would take for its own."""

from __future__ import annotations

import importlib
import pkgutil

from flowops.rehearsal import compat

NAMES = sorted(module.name for module in pkgutil.iter_modules(compat.__path__))
SHARED = {"errors", "patching", "versions"}


def test_every_service_is_installed() -> None:
    installed = {module.__name__.rpartition(".")[2] for module in compat.INSTALLED}
    assert installed == set(NAMES) - SHARED


def test_every_service_says_which_gap_it_closes() -> None:
    for name in set(NAMES) - SHARED:
        module = importlib.import_module(f"{compat.__name__}.{name}")
        assert module.install.__doc__, name


def test_no_name_confuses_motos_errors() -> None:
    assert not [name for name in NAMES if name.startswith("moto")]
