"""What moto's server looks up anew for every request although it never changes: kept from the first time on."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.moto_server import werkzeug_app


def install() -> None:
    """Spare each request the listing of moto's folder and of all that a response class has: a third of its time.

    A class is listed at its first request, when it has the actions that were added to it.
    """
    known = frozenset(backends.list_of_moto_modules())
    werkzeug_app.backends = SimpleNamespace(list_of_moto_modules=lambda: known, get_backend=_for_urls)
    responses.method_names_from_class = cache(responses.method_names_from_class)


def _for_urls(service: Any) -> Any:
    """Return what moto reads the URLs of a service from, without making the backend of an account nobody has.

    For EC2 that backend would read all its machine images, and every snapshot would hold them.
    """
    registry = backends.get_backend(service)
    return {"global": object.__new__(registry.backend)} if isinstance(registry, BackendDict) else registry
