"""Flowable on top of the foundation: who may do what in its cluster, its switches, and where no secret may be."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Ended, Flowops
from tests.e2e.first_steps.clusters import make_cluster_of_prod, roles_admitted
from tests.e2e.first_steps.people import ROLES, Kubectl, People
from tests.e2e.first_steps.traces import Search, places_of_secrets
from tests.e2e.walk import Walk
from tests.integration.child_processes import await_true
from tests.integration.modules.tags import lacking, wanted

COMPONENTS = ("control", "design", "work")
LAYER = Path("deployments/aws/non-prod/eu-central-1/dev/app")
SETTINGS, VALUES = LAYER / "app.hcl.j2", LAYER / "flowable-app" / "values.yaml"
LICENSE_OF_PROD = "/flowable/prod/license"


@pytest.fixture(scope="module")
def applied(walk: Walk) -> Ended:
    """Return how the apply of the layer ended."""
    return walk.read(7)


@pytest.fixture(scope="module")
def people(flowops: Flowops, tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(flowops, tmp_path_factory.mktemp("people"))


@pytest.fixture
def operator(people: People, rehearsed: Rehearsed) -> Kubectl:
    """Return kubectl as the deploy role."""
    return people.kubectl(rehearsed, "dev_dev_ops_admin", "DevOpsAdminRole")


def test_values_that_the_chart_does_not_take_are_found_before_anything_is_made(
    flowops: Flowops, rehearsed: Rehearsed
) -> None:
    with _setting(flowops, "contextPath: /control", "contextPath: [control]", VALUES):
        ended = flowops("--rehearsal", "apply", "dev", "app", "--yes", "-o", "json")
    assert ended.code == 1, ended.err
    reasons = {it["unit"].rpartition("/")[2]: it["reason"] for it in ended.envelope["data"]["units"]}
    assert "what the chart flowable-3.11.3 takes: control.contextPath (line " in reasons["flowable-app"]
    assert "has to be string, not array" in reasons["flowable-app"]
    assert rehearsed.in_dev("rds").describe_db_instances()["DBInstances"] == []


def test_step_7_brings_flowable_up(applied: Ended) -> None:
    assert applied.code == 0, applied.err
    for component in COMPONENTS:
        assert f"flowable-flowable-{component}" in applied.out
    assert "SecretSynced" in applied.out


def test_every_pod_is_ready_and_flowable_has_what_it_finds_by_name(applied: Ended, operator: Kubectl) -> None:
    ready = {it["metadata"]["name"]: _is_ready(it) for it in _pods(operator)}
    assert ready
    assert all(ready.values()), ready
    names = set(_secrets(operator))
    assert {"flowable-flowable-regcred", "flowable-flowable-license"} <= names
    assert {f"flowable-flowable-{it}-datasource" for it in COMPONENTS} <= names


def test_the_load_balancer_is_asked_for_https_and_http_only_leads_there(applied: Ended, operator: Kubectl) -> None:
    (ingress,) = json.loads(operator("get", "ingresses", "--namespace", "flowable", "-o", "json").stdout)["items"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/listen-ports"] == '[{"HTTP":80},{"HTTPS":443}]'
    assert annotations["alb.ingress.kubernetes.io/ssl-redirect"] == "443"
    assert ingress["spec"]["tls"] == [{"hosts": [ingress["spec"]["rules"][0]["host"]]}]


def _pods(operator: Kubectl) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(operator("get", "pods", "--all-namespaces", "-o", "json").stdout)["items"]
    return found


def _is_ready(pod: dict[str, Any]) -> bool:
    return any(it["type"] == "Ready" and it["status"] == "True" for it in pod["status"]["conditions"])


def _secrets(operator: Kubectl) -> dict[str, dict[str, str]]:
    items = json.loads(operator("get", "secrets", "--namespace", "flowable", "-o", "json").stdout)["items"]
    return {it["metadata"]["name"]: it.get("data", {}) for it in items}


def test_no_secret_is_anywhere_but_where_secrets_stand(
    applied: Ended, walk: Walk, rehearsed: Rehearsed, search: Search, operator: Kubectl
) -> None:
    secrets = _values(rehearsed)
    assert len(secrets) == 2 + len(COMPONENTS), "the repository, a license, a password for each database"
    search.learn(secrets)
    assert search.found_in(json.dumps(_secrets(operator)).encode()) == sorted(secrets), "the cluster has them all"
    keepers = places_of_secrets(rehearsed.root)
    own_of_helm = keepers[-1]
    assert search.found_in(own_of_helm.read_bytes()) == ["/flowable/repository"]
    assert own_of_helm.stat().st_mode & 0o777 == 0o600
    assert search.found_in_all(walk, rehearsed, keepers) == []


def _values(rehearsed: Rehearsed) -> dict[str, str]:
    """Return what is secret of each secret that dev uses: a license as a whole, of the others the password."""
    found = {}
    for client in (rehearsed.in_security("secretsmanager"), rehearsed.in_dev("secretsmanager")):
        for secret in client.list_secrets()["SecretList"]:
            if secret["Name"] != LICENSE_OF_PROD:
                text = client.get_secret_value(SecretId=secret["ARN"])["SecretString"]
                is_license = secret["Name"].endswith("license")
                found[secret["Name"]] = text.strip() if is_license else json.loads(text)["password"]
    return found


def test_a_rotated_password_restarts_work_which_becomes_ready_again(
    applied: Ended, flowops: Flowops, rehearsed: Rehearsed, search: Search, operator: Kubectl
) -> None:
    before, pods = _values(rehearsed), {it["metadata"]["uid"] for it in _pods_of_work(operator)}
    assert pods
    rds = rehearsed.in_dev("rds")
    names = [it["DBInstanceIdentifier"] for it in rds.describe_db_instances()["DBInstances"]]
    (name,) = [it for it in names if it.endswith("work")]
    rds.modify_db_instance(DBInstanceIdentifier=name, RotateMasterUserPassword=True, ApplyImmediately=True)
    ((secret, password),) = _values(rehearsed).items() - before.items()
    search.learn({secret: password})

    def brought() -> bool:
        data = _secrets(operator)["flowable-flowable-work-datasource"]
        return base64.b64decode(data["password"]).decode() == password

    await_true(brought, "the new password in the cluster")
    await_true(
        lambda: all(it["metadata"]["uid"] not in pods and _is_ready(it) for it in _pods_of_work(operator)),
        "new pods of work that are Ready",
    )
    assert _pods_of_work(operator)
    planned = flowops("--rehearsal", "plan", "dev", "app", "flowable-app")
    assert planned.code == 0, planned.out + planned.err


def _pods_of_work(operator: Kubectl) -> list[dict[str, Any]]:
    return [it for it in _pods(operator) if it["metadata"]["labels"].get("app.kubernetes.io/component") == "work"]


def test_no_mock_reached_a_state_and_everything_says_whose_it_is(applied: Ended, rehearsed: Rehearsed) -> None:
    states = {key.split("/")[-2]: text for key, text in rehearsed.states().items()}
    assert not [unit for unit, text in states.items() if "mock-" in text]
    assert lacking(json.loads(states["rds-postgres"]), wanted("dev", "rds-postgres", layer="app")) == []


# -- who may do what -------------------------------------------------------------------------------------------------


def test_who_uses_flowable_looks_and_touches_nothing(applied: Ended, people: People, rehearsed: Rehearsed) -> None:
    user = people.kubectl(rehearsed, "dev_flowable_user", "FlowableUserRole")
    pods = user("get", "pods", "--namespace", "flowable", "-o", "name")
    assert pods.stdout, pods.stderr
    refused = user("delete", "--namespace", "flowable", pods.stdout.split()[0])
    assert "is forbidden" in refused.stderr
    assert "is forbidden" in user("get", "secrets", "--namespace", "flowable").stderr
    assert "is forbidden" in user("get", "pods", "--namespace", "kube-system").stderr


def test_who_administers_flowable_does_so_in_its_namespace_alone(
    applied: Ended, people: People, rehearsed: Rehearsed, operator: Kubectl
) -> None:
    admin = people.kubectl(rehearsed, "dev_flowable_admin", "FlowableAdminRole")
    pod = admin("get", "pods", "--namespace", "flowable", "-o", "name").stdout.split()[0]
    deleted = admin("delete", "--namespace", "flowable", pod)
    assert deleted.returncode == 0, deleted.stderr
    refused = admin("create", "clusterrole", "mine", "--verb=get", "--resource=pods")
    assert "is forbidden" in refused.stderr
    assert not admin.may("delete", "pods", namespace="kube-system")
    await_true(lambda: all(map(_is_ready, _pods(operator))), "pods that are Ready again")


def test_who_plans_reads_releases_and_no_secret(applied: Ended, people: People, rehearsed: Rehearsed) -> None:
    planner = people.kubectl(rehearsed, "dev_dev_ops_admin", "FlowopsPlanRole")
    for namespace in ("flowable", "kube-system", "external-secrets"):
        assert planner.may("list", "configmaps", namespace)
        assert not planner.may("get", "secrets", namespace)
        assert not planner.may("get", "pods/log", namespace)
        assert not planner.may("create", "configmaps", namespace)
    assert not planner.may("list", "configmaps", "default")


def test_who_deploys_administers_the_cluster(applied: Ended, operator: Kubectl) -> None:
    assert operator.may("*", "*", "kube-system")


def test_nobody_of_dev_gets_into_the_cluster_of_prod(applied: Ended, people: People, rehearsed: Rehearsed) -> None:
    admitted = roles_admitted(rehearsed.in_dev("eks"), "flowable-dev")
    assert {it.rpartition("/")[2] for it in admitted} == set(ROLES)
    make_cluster_of_prod(rehearsed)
    for role, group in ROLES.items():
        own = people.kubectl(rehearsed, f"prod_{group}", role)
        await_true(partial(_is_known, own), f"{role} of prod in the cluster of prod")
        stranger = replace(own, environment=people.kubectl(rehearsed, f"dev_{group}", role).environment)
        refused = stranger("get", "pods", "--namespace", "flowable")
        assert "You must be logged in to the server" in refused.stderr, role


def _is_known(person: Kubectl) -> bool:
    return person("auth", "whoami").returncode == 0


# -- switches --------------------------------------------------------------------------------------------------------


@contextmanager
def _setting(flowops: Flowops, before: str, after: str, place: Path = SETTINGS) -> Iterator[None]:
    """Change one line of the layer's settings for a while, or of another file, rendered."""
    file = flowops.project / place
    text = file.read_text()
    assert text.count(before) == 1
    try:
        file.write_text(text.replace(before, after))
        assert flowops("--rehearsal", "render").code == 0
        yield
    finally:
        file.write_text(text)
        assert flowops("--rehearsal", "render").code == 0


def test_switching_engage_on_adds_its_database_and_its_part_of_the_chart(applied: Ended, flowops: Flowops) -> None:
    with _setting(flowops, "flowable_engage_enabled  = false", "flowable_engage_enabled  = true"):
        ended = flowops("--rehearsal", "plan", "dev", "-o", "json")
    assert ended.code == 2, ended.err
    changes = {
        it["unit"].rpartition("/")[2]: [(change["address"], change["action"]) for change in it["plan"]["changes"]]
        for it in ended.envelope["data"]["units"]
        if it["plan"]["changes"]
    }
    assert set(changes) == {"rds-postgres", "flowable-app"}
    assert {action for _, action in changes["rds-postgres"]} == {"add"}
    assert [address for address, _ in changes["rds-postgres"] if "engage" not in address] == []
    assert {action for _, action in changes["flowable-app"]} == {"change"}


def test_switching_work_off_is_refused_with_the_commands_in_order(applied: Ended, flowops: Flowops) -> None:
    with _setting(flowops, "flowable_work_enabled    = true", "flowable_work_enabled    = false"):
        ended = flowops("--rehearsal", "apply", "dev", "app", "--yes")
    assert ended.code == 4, ended.err
    chart, database = (ended.err.find(f" apply dev app {unit}") for unit in ("flowable-app", "rds-postgres"))
    assert 0 < chart < database
    assert "--allow-destroy" in ended.err


def test_another_engine_is_refused_with_the_commands_in_order(applied: Ended, flowops: Flowops) -> None:
    with _setting(flowops, 'database = "postgres"', 'database = "oracle"'):
        ended = flowops("--rehearsal", "apply", "dev", "app", "--yes")
    assert ended.code == 4, ended.err
    units = ("rds-oracle", "flowable-app", "rds-postgres")
    places = [ended.err.find(f" apply dev app {unit}") for unit in units]
    assert min(places) > 0, ended.err
    assert places == sorted(places)
