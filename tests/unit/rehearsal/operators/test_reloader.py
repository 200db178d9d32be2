"""Which Deployments are restarted with a Secret, and how."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowops.rehearsal.operators.references import Reference, Use
from flowops.rehearsal.operators.reloader import Settings, digest_of, patch_of, wants

VARIABLE = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
REFERS = {"containers": [{"name": "side"}, {"name": "web", "env": [VARIABLE]}]}
PULLS = {"containers": [{"name": "web"}], "imagePullSecrets": [{"name": "db"}]}
AUTO = {"reloader.stakater.com/auto": "true"}
NEVER = {"reloader.stakater.com/auto": "false"}
NAMED = {"secret.reloader.stakater.com/reload": "other, db"}
ALL = Settings(everything=True)


def deployment(spec: dict[str, Any] = REFERS, annotations: dict[str, str] | None = None) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "a", "annotations": annotations}
    return {"metadata": metadata, "spec": {"template": {"metadata": {}, "spec": spec}}}


def secret(namespace: str = "a", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "db", "namespace": namespace, **metadata}, "data": {"password": "eA=="}}


@pytest.mark.parametrize(
    ("found", "annotations", "settings", "is_wanted"),
    [
        (REFERS, AUTO, Settings(), True),
        (REFERS, None, Settings(), False),
        (REFERS, None, ALL, True),
        (REFERS, NEVER, ALL, False),
        (PULLS, AUTO, ALL, False),
        (PULLS, NAMED, Settings(), True),
        (REFERS, AUTO, Settings(namespace="a"), True),
        (REFERS, AUTO, Settings(namespace="reloader"), False),
    ],
)
def test_who_is_restarted(
    found: dict[str, Any], annotations: dict[str, str] | None, settings: Settings, is_wanted: bool
) -> None:
    assert bool(wants(deployment(found, annotations), secret(), settings)) is is_wanted


def test_a_secret_of_another_namespace_and_one_that_says_so_restart_nobody() -> None:
    assert wants(deployment(annotations=AUTO), secret("b"), ALL) is None
    ignored = secret(annotations={"reloader.stakater.com/ignore": "true"})
    assert wants(deployment(annotations=AUTO), ignored, ALL) is None


def test_the_container_that_refers_to_it_gets_the_hash() -> None:
    patch = patch_of(deployment(), Reference(Use.ENVIRONMENT, "work-db.1", "web"), "abc", Settings())
    variable = {"name": "STAKATER_WORK_DB_1_SECRET", "value": "abc"}
    assert patch["spec"]["template"]["spec"]["containers"] == [{"name": "web", "env": [variable]}]

    volume = patch_of(deployment(), Reference(Use.VOLUME, "db", "license"), "abc", Settings())
    assert volume["spec"]["template"]["spec"]["containers"][0]["name"] == "side"


def test_or_the_pods_get_an_annotation() -> None:
    patch = patch_of(deployment(), Reference(Use.VOLUME, "db"), "abc", Settings(annotates=True))
    (text,) = patch["spec"]["template"]["metadata"]["annotations"].values()
    assert json.loads(text) == {"type": "SECRET", "name": "db", "namespace": "a", "hash": "abc"}


def test_how_it_is_installed_is_read_from_its_deployment() -> None:
    own = {"name": "reloader", "args": ["--auto-reload-all=true", "--reload-strategy=annotations"]}
    space = {"name": "KUBERNETES_NAMESPACE", "value": "flowable"}
    found = Settings.of(deployment({"containers": [{**own, "env": [space]}]}))
    assert found == Settings(everything=True, on_create=False, annotates=True, namespace="flowable")


def test_a_hash_changes_with_what_the_secret_holds_only() -> None:
    assert digest_of(secret()) == digest_of(secret(labels={"x": "y"}))
    assert digest_of(secret()) != digest_of({"data": {"password": "eQ=="}})
