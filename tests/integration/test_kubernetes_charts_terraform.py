"""Flowable's charts in a cluster of a rehearsal: installed by Helm, fed from Secrets Manager, restarted with it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.helm_releases import flaw_in
from flowops.rehearsal.charts.names import CREDENTIALS_SECRET
from tests.integration.bootstrapped import CANARY
from tests.integration.child_processes import await_true
from tests.integration.emulated_kubernetes import Kube, Programs
from tests.integration.operated_cluster import OPERATOR, READS, ROLE, Operated, operated
from tests.integration.organization import DEV, PROD, REGION, SECURITY
from tests.integration.releases import Releases
from tests.integration.tools import Tools

SPACE = "flowable"
LICENSE, PROD_LICENSE = "/flowable/dev/license", "/flowable/prod/license"
PROD_CANARY = "prod-canary-0b9d2e"
LOGIN = ("user", CANARY)
AUTH = '{"auths":{"repo.flowable.com":{"auth":"{{ printf "%s:%s" .username .password | b64enc }}"}}}'
LOST = 'MountVolume.SetUp failed for volume "license" : secret "flowable-flowable-license" not found'


@pytest.fixture(scope="module")
def operated_cluster(kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    with operated(tmp_path_factory.mktemp("charts"), kubernetes_programs) as it:
        it.secrets().put_secret_value(SecretId=PROD_LICENSE, SecretString=PROD_CANARY)
        yield it


@dataclass
class Installed:
    """A cluster with all charts in it; `seen` are the values that were secrets at some time."""

    operated: Operated
    releases: Releases
    token: str
    database: str
    seen: set[str] = field(default_factory=lambda: {CANARY, PROD_CANARY})

    @property
    def kube(self) -> Kube:
        return self.operated.kube

    def read(self, kind: str, *name: str) -> Any:
        return self.kube.read(self.token, kind, *name, f"--namespace={SPACE}")

    def do(self, *argv: str) -> None:
        done = self.kube.kubectl(self.token, *argv, f"--namespace={SPACE}")
        assert done.succeeded, done.stderr

    def apply(self, document: dict[str, Any]) -> None:
        file = self.kube.folder / "document.json"
        file.write_text(json.dumps(document))
        self.do("apply", "-f", str(file))

    def ready(self, external: str) -> dict[str, str]:
        """Return the condition Ready of an ExternalSecret, empty while it has none."""
        conditions = self.read("externalsecret", external).get("status", {}).get("conditions", [])
        return next((it for it in conditions if it["type"] == "Ready"), {})

    def refusal(self, external: dict[str, Any]) -> str:
        """Make an ExternalSecret and return why it is not fulfilled."""
        self.apply(external)
        name = external["metadata"]["name"]
        await_true(lambda: self.ready(name).get("status") == "False", f"the refusal of {name}")
        condition = self.ready(name)
        assert condition["reason"] == "SecretSyncedError"
        return condition["message"]

    def content(self, secret: str) -> dict[str, str]:
        data = self.read("secret", secret)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def pods(self, component: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        return [it for it in found if not it["metadata"].get("deletionTimestamp")]

    def told(self) -> str:
        """Return what Kubernetes says of everything that is to run, and of what it waits for."""
        kinds = "pods,deployments,externalsecrets,secretstores,events,nodes"
        return self.kube.kubectl(self.token, "get", kinds, "--all-namespaces", "--output=wide").stdout

    def are_ready(self, component: str) -> bool:
        states = [
            it for pod in self.pods(component) for it in pod["status"].get("conditions", ()) if it["type"] == "Ready"
        ]
        return bool(states) and all(it["status"] == "True" for it in states)

    def waits(self, component: str) -> set[str]:
        """Return what the containers of a component that do not run say."""
        states = [it["state"] for pod in self.pods(component) for it in pod["status"].get("containerStatuses", ())]
        return {it["waiting"].get("message", "") for it in states if "waiting" in it}


def store() -> dict[str, Any]:
    provider = {"aws": {"service": "SecretsManager", "region": REGION}}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "manager", "namespace": SPACE},
        "spec": {"provider": provider},
    }


def external(name: str, *data: tuple[str, str, str], **target: Any) -> dict[str, Any]:
    """Return an ExternalSecret of keys, each with the secret and the property that it comes from."""
    remote = [{"secretKey": key, "remoteRef": {"key": arn, "property": it}} for key, arn, it in data]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name, "namespace": SPACE},
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "SecretStore", "name": "manager"},
            "target": {"name": name, "creationPolicy": "Owner", **target},
            "data": remote,
        },
    }


def values(arn: str) -> dict[str, Any]:
    variables = [
        {"name": f"WORK_DATASOURCE_{it.upper()}", "secretName": "flowable-work-db", "secretKey": it}
        for it in ("username", "password")
    ]
    driver = {"groupId": "com.oracle.database.jdbc", "artifactId": "ojdbc8", "version": "19.3.0.0"}
    url = {"spring.datasource.url": "jdbc:oracle:thin:@db/work", "spring.datasource.hikari.minimumIdle": 10}
    work = {
        "enabled": True,
        "replicas": 2,
        "strategy": {"type": "RollingUpdate"},
        "contextPath": "/flowable-work",
        "envVariables": url,
        "jdbc": {"fetchDriver": True, "mvnDependency": driver},
    }
    return {
        "flowable": {"envSecrets": variables, "indexing": {"enabled": False, "index-name-prefix": "flowable-"}},
        "work": work,
        "control": {"enabled": True},
        "engage": {"enabled": False},
        "designNew": {"enabled": False},
        "ingress": {"enabled": True, "mappingType": "path", "ingressClass": "alb", "hostOverride": "dev.example.com"},
        "elasticsearch": {"enabled": False},
        "postgres": {"enabled": False},
    }


def add_components(releases: Releases) -> None:
    account = {"create": True, "name": OPERATOR}
    releases.add(
        "external-secrets", "external-secrets/external-secrets", OPERATOR, {"serviceAccount": account}, version="0.19.2"
    )
    reloader = {"autoReloadAll": True, "watchGlobally": False, "reloadStrategy": "annotations"}
    releases.add("reloader", "stakater/reloader", SPACE, {"reloader": reloader}, version="2.2.5")
    balancer = {"clusterName": "dev", "region": REGION, "vpcId": "vpc-1"}
    releases.add("balancer", "eks/aws-load-balancer-controller", "kube-system", balancer, version="1.13.4")
    scaler = {"autoDiscovery": {"clusterName": "dev"}, "awsRegion": REGION}
    releases.add("scaler", "autoscaler/cluster-autoscaler", "kube-system", scaler, version="9.50.1")
    releases.add("metrics", "metrics-server/metrics-server", "kube-system", {"replicas": 2}, version="3.13.0")


@pytest.fixture(scope="module")
def installed(
    operated_cluster: Operated, tools: Tools, helm_provider: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """Return the cluster with everything installed by one terraform apply, as by our modules."""
    it = operated_cluster
    database = it.database("flowable-work")
    it.make_operator_role()
    role = it.kube.admit("Admin", "AmazonEKSClusterAdminPolicy")
    releases = Releases(it.kube, tools, tmp_path_factory.mktemp("releases"), role)
    releases.know_repositories(LOGIN)
    add_components(releases)
    repository, license_arn = it.arn(CREDENTIALS_SECRET), it.arn(LICENSE)
    registry = {"type": "kubernetes.io/dockerconfigjson", "engineVersion": "v2", "data": {".dockerconfigjson": AUTH}}
    parts = [
        store(),
        external("flowable-flowable-license", ("flowable.license", license_arn, "")),
        external("flowable-work-db", *((key, database, key) for key in ("username", "password"))),
        external(
            "flowable-flowable-regcred",
            *((key, repository, key) for key in ("username", "password")),
            template=registry,
        ),
    ]
    releases.add("secrets", releases.write_chart("flowable-secrets", parts), SPACE, {})
    releases.add("flowable", "flowable/flowable", SPACE, values(database), version="3.11.3")
    applied = releases.apply()
    seen = {CANARY, PROD_CANARY, it.value(database)["password"]}
    made = Installed(it, releases, it.kube.token(role), database, seen)
    assert applied.succeeded, made.told()
    assert "7 added" in applied.stdout
    return made


def test_all_charts_are_installed_and_run_and_then_nothing_is_left_to_do(installed: Installed) -> None:
    deployments = installed.kube.read(installed.token, "deployments", "--all-namespaces")["items"]
    replicas = {it["metadata"]["name"]: it["status"].get("readyReplicas") for it in deployments}
    assert replicas == {
        "balancer-aws-load-balancer-controller": 2,
        "external-secrets": 1,
        "flowable-flowable-control": 1,
        "flowable-flowable-work": 2,
        "metrics-metrics-server": 2,
        "reloader-reloader": 1,
        "scaler-aws-cluster-autoscaler": 1,
    }
    planned = installed.releases.plan()
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_the_secrets_that_flowable_finds_by_name_hold_what_secrets_manager_has(installed: Installed) -> None:
    assert installed.content("flowable-flowable-license") == {"flowable.license": f"license {CANARY}"}
    login = base64.b64encode(":".join(LOGIN).encode()).decode()
    registry = installed.read("secret", "flowable-flowable-regcred")
    assert registry["type"] == "kubernetes.io/dockerconfigjson"
    told = json.loads(installed.content("flowable-flowable-regcred")[".dockerconfigjson"])
    assert told == {"auths": {"repo.flowable.com": {"auth": login}}}
    assert installed.content("flowable-work-db") == installed.operated.value(installed.database)
    (owner,) = registry["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("ExternalSecret", "flowable-flowable-regcred")
    assert installed.ready("flowable-work-db")["reason"] == "SecretSynced"
    (valid,) = installed.read("secretstore", "manager")["status"]["conditions"]
    assert (valid["status"], valid["reason"]) == ("True", "Valid")


def test_each_read_is_a_call_of_the_operators_role_and_shows_no_value(installed: Installed) -> None:
    calls = [it for it in installed.operated.cloud.emulator.calls() if it.role.endswith(f"/workload/{ROLE}")]
    assert {it.action for it in calls} == {"secretsmanager:GetSecretValue"}
    assert {it.account for it in calls} == {DEV}
    assert {it.parameters["SecretId"].split(":")[4] for it in calls} == {DEV, SECURITY}
    assert all(f":assumed-role/{ROLE}/eks-dev-" in it.principal for it in calls)


def test_the_license_of_prod_is_refused_by_its_own_policy(installed: Installed) -> None:
    arn = installed.operated.arn(PROD_LICENSE)
    message = installed.refusal(external("stolen", ("flowable.license", arn, "")))
    assert "is not authorized to perform: secretsmanager:GetSecretValue" in message
    assert f"no statement of resource policy of {arn} allows" in message
    assert PROD not in message.partition("is not authorized")[0]
    assert "secret" not in installed.kube.kubectl(
        installed.token, "get", "secret", "stolen", f"--namespace={SPACE}", "--output=name"
    ).stdout  # fmt: skip
    calls = [it for it in installed.operated.cloud.emulator.calls() if it.parameters.get("SecretId") == arn]
    assert 400 in {it.status for it in calls if it.role.endswith(f"/workload/{ROLE}")}


def test_where_its_policy_is_opened_the_license_of_prod_is_refused_by_its_key(installed: Installed) -> None:
    arn = installed.operated.arn(PROD_LICENSE)
    secrets, iam = installed.operated.secrets(), installed.operated.cloud.client("iam")
    closed = secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"]
    reads = {"Effect": "Allow", "Action": READS, "Resource": "*"}
    opened = {**reads, "Principal": {"AWS": f"arn:aws:iam::{DEV}:root"}}
    iam.put_role_policy(RoleName=ROLE, PolicyName="opened", PolicyDocument=_policy(reads))
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=_policy(opened))
    try:
        message = installed.refusal(external("opened", ("flowable.license", arn, "")))
    finally:
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=closed)
        iam.delete_role_policy(RoleName=ROLE, PolicyName="opened")
        installed.do("delete", "externalsecret", "opened")
    assert "is not authorized to perform: kms:Decrypt" in message
    assert f"no statement of key policy of {_key(installed, arn)} allows" in message


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _key(installed: Installed, secret: str) -> str:
    return str(installed.operated.secrets().describe_secret(SecretId=secret)["KmsKeyId"])


def test_a_secret_that_the_role_may_not_read_names_the_role_and_one_that_is_nowhere_itself(
    installed: Installed,
) -> None:
    installed.operated.secrets(DEV).create_secret(Name="other", SecretString="{}")
    message = installed.refusal(external("other", ("a", "other", "")))
    assert f"User: arn:aws:sts::{DEV}:assumed-role/{ROLE}/eks-dev-" in message
    assert "allows secretsmanager:GetSecretValue" in message
    assert "has no secret nowhere" in installed.refusal(external("nowhere", ("a", "nowhere", "")))


def test_a_policy_that_changes_counts_at_once_as_far_as_the_boundary_goes(installed: Installed) -> None:
    secrets, iam = installed.operated.secrets(DEV), installed.operated.cloud.client("iam")
    for name, secret in (("later", "/flowable/dev/later"), ("capped", "capped")):
        secrets.create_secret(Name=secret, SecretString='{"a": "b"}')
        refusal = installed.refusal(external(name, ("a", secret, "a")))
        assert f"no statement of policy {OPERATOR}" in refusal

    policy = _policy({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
    iam.put_role_policy(RoleName=ROLE, PolicyName="later", PolicyDocument=policy)
    await_true(lambda: installed.ready("later").get("status") == "True", "the permission")
    assert installed.content("later") == {"a": "b"}
    boundary = f"the boundary arn:aws:iam::{DEV}:policy/flowable/FlowableWorkloadBoundary does not allow"
    await_true(lambda: boundary in installed.ready("capped")["message"], "the boundary")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="later")

    installed.do("delete", "externalsecret", "later")
    gone = ("get", "secret", "later", f"--namespace={SPACE}")
    await_true(lambda: "not found" in installed.kube.kubectl(installed.token, *gone).stderr, "the end of the Secret")


def test_templates_that_are_not_understood_are_refused(installed: Installed) -> None:
    wanted = external(
        "odd", ("username", installed.database, "username"), template={"data": {"a": "{{ range .username }}{{ end }}"}}
    )
    assert "does not know the template function range" in installed.refusal(wanted)


def test_a_rotated_password_reaches_the_cluster_and_restarts_what_refers_to_it(installed: Installed) -> None:
    before = {it["metadata"]["uid"] for it in installed.pods("work")}
    installed.operated.rotate("flowable-work")
    now = installed.operated.value(installed.database)
    assert now["password"] not in installed.seen
    installed.seen.add(now["password"])

    await_true(lambda: installed.content("flowable-work-db") == now, "the new password")
    await_true(
        lambda: not before & {it["metadata"]["uid"] for it in installed.pods("work")} and installed.are_ready("work"),
        "new pods",
    )
    template = installed.read("deployment", "flowable-flowable-work")["spec"]["template"]
    source = json.loads(template["metadata"]["annotations"]["reloader.stakater.com/last-reloaded-from"])
    assert (source["type"], source["name"]) == ("SECRET", "flowable-work-db")
    planned = installed.releases.plan()
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_without_a_license_a_restarted_component_does_not_start_until_it_is_back(installed: Installed) -> None:
    secrets = installed.operated.secrets()
    secrets.delete_secret(SecretId=LICENSE)
    await_true(lambda: installed.ready("flowable-flowable-license")["status"] == "False", "the loss of the license")
    assert LICENSE in installed.ready("flowable-flowable-license")["message"]
    # As the real operator, it leaves what it wrote before, unless the ExternalSecret wants it otherwise.
    assert installed.content("flowable-flowable-license") == {"flowable.license": f"license {CANARY}"}

    installed.do("delete", "secret", "flowable-flowable-license")
    installed.do("delete", "pod", "--selector=app.kubernetes.io/component=control")
    await_true(lambda: installed.waits("control") == {LOST}, "the reason")
    assert not installed.are_ready("control")

    secrets.restore_secret(SecretId=LICENSE)
    await_true(lambda: installed.are_ready("control"), "a ready pod")
    assert installed.ready("flowable-flowable-license")["status"] == "True"


def test_a_secret_without_a_value_says_so(installed: Installed) -> None:
    secrets = installed.operated.secrets(DEV)
    arn = secrets.create_secret(Name="rds!empty")["ARN"]
    secrets.tag_resource(
        SecretId=arn,
        Tags=[{"Key": "aws:rds:primaryDBInstanceArn", "Value": f"arn:aws:rds:{REGION}:{DEV}:db:flowable-empty"}],
    )
    assert "the secret rds!empty has no value" in installed.refusal(external("empty", ("a", arn, "")))


def test_a_wrong_password_opens_no_repository_of_flowable(installed: Installed, tmp_path: Path) -> None:
    releases = Releases(installed.kube, installed.releases.tools, tmp_path / "wrong", installed.releases.role)
    releases.know_repositories(("user", "wrong"), index_login=LOGIN)
    releases.add("second", "flowable/flowable", "second", {}, version="3.11.3")
    applied = releases.apply()
    assert 'failed to download "flowable/flowable"' in applied.stderr


def test_values_of_a_wrong_type_are_found_in_the_plan_and_refused_by_the_chart(
    installed: Installed, tmp_path: Path
) -> None:
    releases = Releases(installed.kube, installed.releases.tools, tmp_path / "types", installed.releases.role)
    releases.know_repositories(LOGIN)
    releases.add("third", "flowable/flowable", "third", {"work": {"replicas": "two"}}, version="3.11.3")
    assert flaw_in(releases.planned(), releases.folder / "cache").endswith(
        "what the chart flowable-3.11.3 takes: work.replicas (line 1) has to be integer, not string"
    )
    applied = releases.apply()
    assert "work.replicas: Invalid type" in applied.stdout + applied.stderr


def test_no_value_is_in_a_file_but_those_that_keep_secrets(installed: Installed) -> None:
    state = installed.operated.cloud.state_dir
    kept = (state / "snapshot.pickle.gz", state / "kubernetes" / "etcd")
    needles = {it.encode() for it in installed.seen}
    needles |= {base64.b64encode(it) for it in needles}
    files = [it for it in state.rglob("*") if it.is_file() and not any(it.is_relative_to(place) for place in kept)]
    assert {"calls.jsonl", "server.log", "kube-apiserver.log"} <= {it.name for it in files}
    assert [it for it in files if any(needle in it.read_bytes() for needle in needles)] == []
    terraform = (installed.releases.folder / "terraform.tfstate").read_bytes()
    assert not any(needle in terraform for needle in needles)
