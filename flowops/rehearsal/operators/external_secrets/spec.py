"""What the spec of an ExternalSecret asks for: values by name, each from one reading."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.values import extracted, picked
from flowops.rehearsal.operators.external_secrets.vault import CURRENT, Reading
from flowops.rehearsal.operators.look import Name, Thing

Read = Callable[[Reading], bytes]
Result = TypeVar("Result")
_OF_ITS_OWN = {"auth", "role", "externalID", "sessionTags", "prefix"}


def region_of(external: Thing, stores: Mapping[Name, Thing]) -> str:
    """Return the region that the store of an ExternalSecret speaks with; raises Unfulfilled for what is not played."""
    reference = external["spec"].get("secretStoreRef") or {}
    name, kind = reference.get("name", ""), reference.get("kind") or "SecretStore"
    if kind != "SecretStore":
        raise Unfulfilled(f"a rehearsal does not play a {kind}")
    store = stores.get((external["metadata"]["namespace"], name))
    if store is None:
        raise Unfulfilled(f'could not get SecretStore "{name}": not found')
    return region_in(store)


def region_in(store: Thing) -> str:
    """Return the region of a SecretStore; raises Unfulfilled where it is none that is played."""
    name, provider = store["metadata"]["name"], store["spec"]["provider"].get("aws") or {}
    if provider.get("service") != "SecretsManager":
        raise Unfulfilled(f"the SecretStore {name} is none of Secrets Manager, the only one that a rehearsal plays")
    if own := sorted(_OF_ITS_OWN & {key for key, it in provider.items() if it}):
        raise Unfulfilled(
            f"the SecretStore {name} has {', '.join(own)}: a rehearsal plays the role of the operator only"
        )
    return str(provider["region"])


def values_of(external: Thing, region: str, read: Read) -> Mapping[str, bytes]:
    """Return the values that are asked for; those of `data` win over those of `dataFrom`. Raises Unfulfilled.

    With the deletion policy Delete what is gone is left out, and only where nothing is left Gone is raised.
    """
    values: dict[str, bytes] = {}
    gone: Gone | None = None
    for part in _parts(external, region, read):
        try:
            values |= part()
        except Gone as missing:
            gone = missing
            if (external["spec"].get("target") or {}).get("deletionPolicy") != "Delete":
                raise
    if gone and not values:
        raise gone
    return values


def _parts(external: Thing, region: str, read: Read) -> Iterator[Callable[[], Mapping[str, bytes]]]:
    for index, source in enumerate(external["spec"].get("dataFrom") or ()):
        where = f"spec.dataFrom[{index}]"
        if source.keys() != {"extract"}:
            raise Unfulfilled(f"{where}: a rehearsal plays extract, without rewrite or sourceRef")
        yield partial(_asked, where, source["extract"], region, read, extracted)
    for index, source in enumerate(external["spec"].get("data") or ()):
        yield partial(_one, f"spec.data[{index}]", source, region, read)


def _one(where: str, source: Thing, region: str, read: Read) -> Mapping[str, bytes]:
    return {source["secretKey"]: _asked(where, source["remoteRef"], region, read, picked)}


def _asked(where: str, reference: Thing, region: str, read: Read, take: Callable[[bytes, str], Result]) -> Result:
    key = reference["key"]
    try:
        value = read(Reading(region, key, reference.get("version") or CURRENT))
        return take(_decoded(value, reference.get("decodingStrategy", "None")), reference.get("property") or "")
    except Gone as gone:
        raise Gone(f"error processing {where} (key: {key}), err: {gone}") from gone
    except Unfulfilled as refused:
        raise Unfulfilled(f"error processing {where} (key: {key}), err: {refused}") from refused


def _decoded(value: bytes, strategy: str) -> bytes:
    if strategy == "None":
        return value
    try:
        if strategy == "Base64":
            return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Unfulfilled("the value is not in base64") from None
    raise Unfulfilled(f"a rehearsal does not play the decodingStrategy {strategy}")
