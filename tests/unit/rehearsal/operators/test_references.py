"""Which Secrets a pod needs, and what is said of those that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from flowops.rehearsal.operators.references import Problem, may_wait, problems

WEB: dict[str, Any] = {"name": "web", "image": "web:1"}


def spec(**parts: Any) -> dict[str, Any]:
    return {"containers": [WEB], **parts}


def variable(secret: str, key: str, **more: Any) -> dict[str, Any]:
    return {"name": "A", "valueFrom": {"secretKeyRef": {"name": secret, "key": key, **more}}}


def volume(**source: Any) -> dict[str, Any]:
    return {"name": "license", "secret": source}


ENVIRONMENT = spec(containers=[{**WEB, "env": [variable("db", "password")]}])
FROM = spec(containers=[{**WEB, "envFrom": [{"prefix": "X_", "secretRef": {"name": "db"}}]}])
FIRST = spec(initContainers=[{"name": "first", "env": [variable("db", "password")]}])
VOLUME = spec(volumes=[volume(secretName="db", items=[{"key": "password", "path": "p"}])])
PROJECTED = spec(volumes=[{"name": "all", "projected": {"sources": [{"secret": {"name": "db"}}]}}])
PULL = spec(imagePullSecrets=[{"name": "db"}])
ALL = (ENVIRONMENT, FROM, FIRST, VOLUME, PROJECTED, PULL)


@pytest.mark.parametrize("pod", ALL)
def test_every_way_to_refer_to_a_secret_holds_a_pod_back_until_it_is_there(pod: dict[str, Any]) -> None:
    assert may_wait(pod)
    (problem,) = problems(pod, {"other": ["password"]})
    assert 'secret "db" not found' in problem.message
    assert problems(pod, {"db": ["password"]}) == ()


@pytest.mark.parametrize("pod", [ENVIRONMENT, FIRST, VOLUME])
def test_a_key_that_is_not_in_it_is_missing_too(pod: dict[str, Any]) -> None:
    (problem,) = problems(pod, {"db": ["username"]})
    assert 'secret "db" has no key password' in problem.message


@pytest.mark.parametrize(
    "pod",
    [
        spec(containers=[{**WEB, "env": [variable("db", "password", optional=True)]}]),
        spec(containers=[{**WEB, "envFrom": [{"secretRef": {"name": "db", "optional": True}}]}]),
        spec(volumes=[volume(secretName="db", optional=True)]),
    ],
)
def test_what_is_optional_holds_nothing_back(pod: dict[str, Any]) -> None:
    assert may_wait(pod)
    assert problems(pod, {}) == ()


def test_a_pod_without_secrets_is_none_of_ours() -> None:
    token = {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    plain = spec(
        volumes=[token, {"name": "a", "emptyDir": {}}], containers=[{**WEB, "env": [{"name": "A", "value": "b"}]}]
    )
    assert not may_wait(plain)


def test_a_credential_of_the_registry_without_a_name_is_none() -> None:
    assert problems(spec(imagePullSecrets=[{}]), {}) == ()


def test_a_kubelet_says_first_what_it_needs_first() -> None:
    pod = spec(
        containers=[{**WEB, "env": [variable("db", "password")]}, {"name": "side", "env": [variable("other", "key")]}],
        volumes=[volume(secretName="license")],
        imagePullSecrets=[{"name": "registry"}],
    )
    mount = 'MountVolume.SetUp failed for volume "license" : secret "license" not found'
    assert problems(pod, {}) == (Problem("ContainerCreating", mount),)

    pull = 'Unable to retrieve some image pull secrets: secret "registry" not found'
    assert problems(pod, {"license": []}) == (Problem("ImagePullBackOff", pull),)

    config = "CreateContainerConfigError"
    assert problems(pod, {"license": [], "registry": []}) == (
        Problem(config, 'secret "db" not found', "web"),
        Problem(config, 'secret "other" not found', "side"),
    )
