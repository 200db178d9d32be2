"""The complete state of the emulated AWS in one file, so that it survives its process.

Every moto backend is an object whose attributes are its state. They are pickled in one stream, so that
objects which several backends share stay shared. A pickle runs code when it is read: only files of this
state directory, readable by its owner alone, are ever loaded.
"""

from __future__ import annotations

import gzip
import importlib
import io
import os
import pickle
import threading
import types
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moto
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_pem_x509_certificate
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend

from flowops import atomic_file
from flowops.errors import OperationFailed

FILE_NAME = "snapshot.pickle.gz"
FORMAT = f"flowops-1 moto-{moto.__version__}"

# (module, service, account, region) of a backend
Address = tuple[str, str, str, str]
_NATIVE = {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}


@dataclass(frozen=True)
class Saved:
    """What a snapshot holds; `lost` names what cannot be kept, such as running threads."""

    backends: int
    size: int
    lost: tuple[str, ...]


def save(path: Path, parts: Mapping[str, object]) -> Saved:
    """Write the state of all accounts, regions and services; nothing may change it meanwhile.

    `parts` is state that lives outside moto; restore gives it back. A backend that cannot be pickled is left
    out: better one service is lost than all of them.
    """
    found = dict(_backends())
    addresses = {id(backend): address for address, backend in found.items()}
    try:
        stream, lost = _pickled(_document(found, parts), addresses)
    except Exception:  # pickle raises whatever the classes raise that it meets
        kept = {address: backend for address, backend in found.items() if _is_picklable(backend, addresses)}
        stream, lost = _pickled(_document(kept, parts), addresses)
        lost |= {"all of " + "/".join(address) for address in found.keys() - kept.keys()}
    packed = gzip.compress(stream, compresslevel=1)
    atomic_file.write(path, FORMAT.encode() + b"\n" + packed)
    return Saved(len(found), len(packed), tuple(sorted(lost)))


def _document(backends: Mapping[Address, Any], parts: Mapping[str, object]) -> dict[str, Any]:
    return {
        "backends": {address: backend.__dict__ for address, backend in backends.items()},
        "registries": {(_module(registry), registry.service_name): _own(registry) for registry in _registries()},
        "parts": dict(parts),
    }


def _pickled(thing: object, addresses: Mapping[int, Address]) -> tuple[bytes, set[str]]:
    stream = io.BytesIO()
    pickler = _Pickler(stream, addresses)
    pickler.dump(thing)
    return stream.getvalue(), pickler.lost


def _is_picklable(backend: Any, addresses: Mapping[int, Address]) -> bool:
    try:
        _pickled(backend.__dict__, addresses)
    except Exception:
        return False
    return True


def restore(path: Path) -> Mapping[str, object]:
    """Put the state of a snapshot back and return its parts.

    Raises OperationFailed for a snapshot of another moto, a truncated one, and one that others could write.
    """
    form, _, packed = _read(path).partition(b"\n")
    if form != FORMAT.encode():
        raise _unusable(path, f"was written by {form[:60].decode(errors='replace')!r}, and this is {FORMAT!r}")
    try:
        # Nobody else could have written it: `_read` has looked at its owner and mode.
        document = pickle.loads(gzip.decompress(packed))  # nosec B301
    except Exception as broken:  # pickle raises whatever the classes raise that it meets
        raise _unusable(path, f"is damaged: {type(broken).__name__}: {broken}") from broken
    for address, state in document["backends"].items():
        _backend(address).__dict__.update(state)
    for (module, service), state in document["registries"].items():
        _registry(module, service).__dict__.update(state)
    parts: Mapping[str, object] = document["parts"]
    return parts


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise _unusable(path, "belongs to somebody else or can be written by others")
        return file.read()


def _unusable(path: Path, why: str) -> OperationFailed:
    return OperationFailed(
        f"The saved rehearsal {path} {why}.",
        not_done="The emulated AWS was not started.",
        next_step="flowops rehearse down --forget, then flowops rehearse up",
    )


def _registries() -> tuple[Any, ...]:
    return tuple(BackendDict._instances)


def _module(registry: Any) -> str:
    return str(registry.backend.__module__)


def _own(registry: Any) -> dict[str, Any]:
    """Return what a registry knows beyond its backends, such as which account has a bucket."""
    return {name: value for name, value in registry.__dict__.items() if name not in _NATIVE}


def _backends() -> Iterator[tuple[Address, Any]]:
    for registry in _registries():
        for account, regions in list(dict.items(registry)):
            for region, backend in list(dict.items(regions)):
                yield (_module(registry), registry.service_name, account, region), backend


def _registry(module: str, service: str) -> Any:
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, BackendDict) and value.service_name == service:
            return value
    raise pickle.UnpicklingError(f"moto has no service {service}")


def _backend(address: Address) -> Any:
    """Return the backend at an address; a missing one is made without its constructor, its state replaces that."""
    module, service, account, region = address
    registry = _registry(module, service)
    regions = registry[account]
    if region not in dict.keys(regions):
        dict.__setitem__(regions, region, object.__new__(registry.backend))
    return dict.__getitem__(regions, region)


class _Pickler(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, addresses: Mapping[int, Address]) -> None:
        super().__init__(stream, protocol=5)
        self._addresses = addresses
        self._plain: set[type] = set()  # classes that pickle needs no help with
        self.lost: set[str] = set()

    # Not persistent_id, which pickle asks about every string and number as well: that took half of the time.
    def reducer_override(self, thing: Any) -> Any:
        if type(thing) in self._plain:
            return NotImplemented
        if isinstance(thing, _PARTICULAR) or _is_cryptographic(thing):
            return self._particular(thing)
        self._plain.add(type(thing))
        return NotImplemented

    def _particular(self, thing: Any) -> Any:
        if isinstance(thing, BaseBackend) and id(thing) in self._addresses:
            return _backend, (self._addresses[id(thing)],)
        if isinstance(thing, (AccountSpecificBackend, BackendDict)):
            self.lost.add(type(thing).__name__)
            return _nothing, ()
        if isinstance(thing, _LOCKS):
            return _lock, (isinstance(thing, _LOCKS[1]),)
        if _is_transient(thing):
            self.lost.add(f"{type(thing).__name__} {getattr(thing, '__qualname__', '')}".strip())
            return _nothing, ()
        if isinstance(thing, defaultdict) and type(thing) is not defaultdict:
            # Its own constructor takes other arguments than the ones that pickle would call it with.
            return _renewed, (type(thing), thing.default_factory), thing.__dict__, None, iter(dict.items(thing))
        return _cryptographic(thing) if _is_cryptographic(thing) else NotImplemented


_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_TRANSIENT = (types.GeneratorType, types.ModuleType, threading.Thread)
_BACKENDS = (BaseBackend, AccountSpecificBackend, BackendDict)
_PARTICULAR = (*_LOCKS, *_TRANSIENT, *_BACKENDS, types.FunctionType, defaultdict)


def _is_cryptographic(thing: Any) -> bool:
    return type(thing).__module__.startswith("cryptography")


def _is_transient(thing: Any) -> bool:
    if isinstance(thing, types.FunctionType):
        return thing.__name__ == "<lambda>" or "<locals>" in thing.__qualname__
    return isinstance(thing, _TRANSIENT)


def _lock(reentrant: bool) -> Any:
    return threading.RLock() if reentrant else threading.Lock()


def _renewed(kind: Any, default_factory: Any) -> Any:
    empty = kind.__new__(kind)
    empty.default_factory = default_factory
    return empty


def _nothing() -> None:
    return None


def _cryptographic(thing: Any) -> tuple[Callable[[bytes], Any], tuple[bytes]] | Any:
    """Return how to write a key or certificate of the cryptography library, which does not pickle them."""
    pem = serialization.Encoding.PEM
    if hasattr(thing, "private_bytes"):
        plain = serialization.NoEncryption()
        return _private_key, (thing.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),)
    if hasattr(thing, "fingerprint"):
        return _certificate, (thing.public_bytes(pem),)
    if hasattr(thing, "public_bytes"):
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        return _public_key, (thing.public_bytes(pem, public),)
    return NotImplemented


def _private_key(pem: bytes) -> Any:
    # We wrote the key ourselves; to prove its primes again takes a tenth of a second for each.
    return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def _public_key(pem: bytes) -> Any:
    return serialization.load_pem_public_key(pem)


def _certificate(pem: bytes) -> Any:
    return load_pem_x509_certificate(pem)
