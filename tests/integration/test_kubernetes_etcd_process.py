"""The real etcd: what a deleted cluster leaves in it, and whom it lets in."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowops.emulated_aws import start
from flowops.rehearsal.kubernetes.api import Api
from flowops.rehearsal.kubernetes.certificates import Authority, Pair
from flowops.rehearsal.kubernetes.etcd import Etcd
from tests.integration.child_processes import await_true
from tests.integration.emulated_kubernetes import Programs


@pytest.fixture
def etcd(kubernetes_programs: Programs, tmp_path: Path) -> Iterator[Etcd]:
    etcd = Etcd(tmp_path / "etcd", kubernetes_programs.control_plane["etcd"], start)
    await_true(etcd.tend, "an answer of etcd")
    yield etcd
    etcd.stop()


@pytest.fixture
def api(etcd: Etcd) -> Api:
    return Api(etcd.files.port, etcd.files.authority, Pair(etcd.files.certificate, etcd.files.key))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def keys(api: Api) -> list[str]:
    found = api.post("/v3/kv/range", {"key": encoded("\0"), "range_end": encoded("\0"), "keys_only": True})
    return [base64.b64decode(it["key"]).decode() for it in found.get("kvs", ())]


def test_what_a_cluster_had_is_deleted_and_nothing_of_the_others(etcd: Etcd, api: Api) -> None:
    for key in ("/a/pods/x", "/a/secrets/y", "/ab/pods/x", "/b/pods/x", "/a0/pods/x"):
        api.post("/v3/kv/put", {"key": encoded(key), "value": encoded("v")})
    etcd.forget("/a")
    assert keys(api) == ["/a0/pods/x", "/ab/pods/x", "/b/pods/x"]


def test_what_it_holds_outlives_it_and_the_way_to_it_stays(etcd: Etcd, api: Api) -> None:
    api.post("/v3/kv/put", {"key": encoded("/a/kept"), "value": encoded("v")})
    before = etcd.files
    etcd.stop()
    await_true(etcd.tend, "an answer of etcd")
    again = Api(etcd.files.port, etcd.files.authority, Pair(etcd.files.certificate, etcd.files.key))
    assert keys(again) == ["/a/kept"]
    assert etcd.files.authority == before.authority


@pytest.mark.parametrize("certificate", ["none", "of another authority"])
def test_nobody_without_a_certificate_of_its_own_authority_gets_in(
    etcd: Etcd, tmp_path: Path, certificate: str
) -> None:
    context = ssl.create_default_context(cafile=str(etcd.files.authority))
    if certificate != "none":
        stranger = Authority(tmp_path, "stranger")
        stranger.ensure()
        pair = stranger.client("client", "system:masters")
        context.load_cert_chain(pair.certificate, pair.key)
    with pytest.raises((ssl.SSLError, ConnectionError, urllib.error.URLError)):
        urllib.request.urlopen(f"https://127.0.0.1:{etcd.files.port}/version", context=context, timeout=60)
