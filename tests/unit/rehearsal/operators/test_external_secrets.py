"""What an ExternalSecret asks for, and the Secret that comes of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from flowops.rehearsal.operators.external_secrets import manifest
from flowops.rehearsal.operators.external_secrets.errors import Gone, Unfulfilled
from flowops.rehearsal.operators.external_secrets.spec import region_of, values_of
from flowops.rehearsal.operators.external_secrets.values import extracted, picked
from flowops.rehearsal.operators.external_secrets.vault import Reading

JSON = b'{"username": "robot", "port": 5432, "a.b": "dotted", "deep": {"er": true}}'
SECRETS = {"db": JSON, "license": b"\x00binary\xff", "coded": base64.b64encode(b"clear")}


def external(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "work", "namespace": "a", "uid": "1", "generation": 1}
    return {"metadata": metadata, "spec": {"secretStoreRef": {"name": "manager"}, **spec}}


def store(**aws: Any) -> Mapping[tuple[str, str], Any]:
    return stored({"aws": {"service": "SecretsManager", **aws}})


def stored(provider: dict[str, Any]) -> Mapping[tuple[str, str], Any]:
    return {("a", "manager"): {"metadata": {"name": "manager"}, "spec": {"provider": provider}}}


def read(reading: Reading) -> bytes:
    if reading.key not in SECRETS:
        raise Gone(f"nothing is at {reading.key}")
    return SECRETS[reading.key]


def values(**spec: Any) -> Mapping[str, bytes]:
    return values_of(external(**spec), "eu-central-1", read)


def data(key: str, remote: str, **more: Any) -> dict[str, Any]:
    return {"secretKey": key, "remoteRef": {"key": remote, **more}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", JSON),
        ("username", b"robot"),
        ("port", b"5432"),
        ("a.b", b"dotted"),
        ("deep", b'{"er":true}'),
        ("deep.er", b"true"),
    ],
)
def test_a_property_of_a_value_is_picked(name: str, value: bytes) -> None:
    assert picked(JSON, name) == value


def test_a_property_that_is_not_there_and_a_value_without_properties_are_refused_without_showing_it() -> None:
    with pytest.raises(Unfulfilled, match="key password does not exist"):
        picked(JSON, "password")
    for value in (b"clear text", b'["robot"]'):
        with pytest.raises(Unfulfilled) as refused:
            picked(value, "username")
        assert "robot" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_all_properties_are_extracted_under_names_that_a_secret_may_have() -> None:
    assert extracted(b'{"a b": "c", "d": 1}') == {"a_b": b"c", "d": b"1"}


def test_single_values_win_over_extracted_ones_and_bytes_stay_bytes() -> None:
    found = values(
        dataFrom=[{"extract": {"key": "db"}}],
        data=[
            data("username", "db", property="port"),
            data("file", "license"),
            data("c", "coded", decodingStrategy="Base64"),
        ],
    )
    assert (found["username"], found["file"], found["c"], found["port"]) == (
        b"5432",
        SECRETS["license"],
        b"clear",
        b"5432",
    )


def test_what_goes_wrong_names_the_place_and_the_key() -> None:
    with pytest.raises(Gone, match=r"error processing spec.data\[1\] \(key: nowhere\), err: nothing is at nowhere"):
        values(data=[data("a", "db"), data("b", "nowhere")])


def test_what_is_gone_is_left_out_where_the_secret_is_to_go_with_it() -> None:
    both = [data("a", "license"), data("b", "nowhere")]
    assert values(data=both, target={"deletionPolicy": "Delete"}).keys() == {"a"}
    with pytest.raises(Gone, match="nothing is at nowhere"):
        values(data=both[1:], target={"deletionPolicy": "Delete"})


@pytest.mark.parametrize("source", [{"find": {"name": {}}}, {"extract": {"key": "db"}, "rewrite": [{}]}])
def test_sources_that_are_not_played_are_refused(source: dict[str, Any]) -> None:
    with pytest.raises(Unfulfilled, match="a rehearsal plays extract"):
        values(dataFrom=[source])


def test_the_store_says_the_region() -> None:
    assert region_of(external(), store(region="eu-west-1")) == "eu-west-1"


@pytest.mark.parametrize(
    ("stores", "words"),
    [
        ({}, 'could not get SecretStore "manager": not found'),
        (store(region="r", role="arn:aws:iam::1:role/x"), "has role"),
        (store(region="r", auth={"jwt": {}}), "has auth"),
        (store(region="r", service="ParameterStore"), "none of Secrets Manager"),
        (stored({"vault": {}}), "none of Secrets Manager"),
    ],
)
def test_stores_that_are_not_played_are_refused(stores: Mapping[tuple[str, str], Any], words: str) -> None:
    with pytest.raises(Unfulfilled, match=words):
        region_of(external(), stores)


def test_the_secret_belongs_to_its_external_secret_and_has_the_name_it_asks_for() -> None:
    made = manifest.wanted(external(target={"name": "db"}), {"b": b"2", "a": b"1"})
    assert (made["metadata"]["name"], made["metadata"]["namespace"], made["type"]) == ("db", "a", "Opaque")
    assert made["data"] == {"a": "MQ==", "b": "Mg=="}
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("ExternalSecret", "1", True)
    orphan = manifest.wanted(external(target={"creationPolicy": "Orphan"}), {})
    assert "ownerReferences" not in orphan["metadata"]


def test_a_template_says_type_labels_and_all_data() -> None:
    form = {"type": "kubernetes.io/basic-auth", "metadata": {"labels": {"x": "y"}}, "data": {"login": "{{ .a }}!"}}
    made = manifest.wanted(external(target={"template": form}), {"a": b"1"})
    assert (made["type"], made["metadata"]["labels"]["x"]) == ("kubernetes.io/basic-auth", "y")
    assert made["data"] == {"login": base64.b64encode(b"1!").decode()}

    both = manifest.wanted(external(target={"template": {**form, "mergePolicy": "Merge"}}), {"a": b"1"})
    assert both["data"].keys() == {"a", "login"}


def test_a_secret_is_written_only_where_it_is_another_and_keeps_what_others_gave_it() -> None:
    made = manifest.wanted(external(), {"a": b"1"})
    assert manifest.merged(None, made) == made
    there = {
        **made,
        "metadata": {**made["metadata"], "resourceVersion": "7", "labels": {**manifest.MANAGED, "own": "x"}},
    }
    assert manifest.merged(there, made) is None

    changed = manifest.merged({**there, "data": {"a": "OTk="}}, made)
    assert changed
    assert (changed["data"], changed["metadata"]["resourceVersion"]) == ({"a": "MQ=="}, "7")
    assert changed["metadata"]["labels"]["own"] == "x"


def test_a_secret_of_another_external_secret_is_left_alone() -> None:
    owner = {"kind": "ExternalSecret", "name": "other", "uid": "2"}
    with pytest.raises(Unfulfilled, match="belongs to the ExternalSecret other"):
        manifest.check_owner({"metadata": {"ownerReferences": [owner]}}, external())
    manifest.check_owner({"metadata": {"ownerReferences": [{**owner, "uid": "1"}]}}, external())
    manifest.check_owner({"metadata": {}}, external())
