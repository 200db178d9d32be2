"""Every file of compat is put to use, and none has a name that moto would take for its own."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from moto import backends

from flowops.rehearsal import compat
from flowops.rehearsal.compat import lookups

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


@pytest.mark.parametrize("service", ["ec2", "iam", "s3", "eks"])
def test_urls_are_read_without_making_anybodys_backend(service: str) -> None:
    registry = backends.get_backend(service)
    before = {account: list(regions) for account, regions in registry.items()}
    urls = lookups._for_urls(service)["global"].flask_paths
    assert {account: list(regions) for account, regions in registry.items()} == before
    region = "eu-central-1" if service in ("ec2", "eks") else "aws"
    assert urls.keys() == registry["222222222222"][region].flask_paths.keys()


def test_what_is_no_service_of_an_account_keeps_its_own_urls() -> None:
    assert lookups._for_urls("moto_api") is backends.get_backend("moto_api")
