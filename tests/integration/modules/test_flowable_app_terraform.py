from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flowops.adapters.process import Completed, Processes
from tests.integration.emulated_aws import DEV, REGION
from tests.integration.emulated_kubernetes import Programs
from tests.integration.modules.charts import PASSWORD, USER
from tests.integration.modules.databases import override
from tests.integration.modules.example import CHANGES, NO_CHANGES, Example, example
from tests.integration.modules.kubernetes import Workplace, workplace
from tests.integration.tools import Tools

CLUSTER = "flowable-app"
LICENSE = "a license of flowable\n"
DATABASE = {"username": "flowable", "password": "pass of the database"}
SENTINELS = (PASSWORD, LICENSE.strip(), DATABASE["password"])
WITHOUT = "database_secret_arns = {}"


@dataclass(frozen=True)
class Secrets:
    """ARNs of what Flowable is given; one account plays both parts here."""

    repository: str
    license: str
    database: str

    @property
    def variables(self) -> dict[str, str]:
        names = {"repository": self.repository, "license": self.license, "database": self.database}
        return {f"{name}_secret_arn": arn for name, arn in names.items()}


@pytest.fixture(scope="module")
def bare(
    tools: Tools, helm_provider: Path, kubernetes_programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workplace]:
    with workplace(tmp_path_factory.mktemp("place"), tools, kubernetes_programs, CLUSTER) as bare:
        yield bare


@pytest.fixture(scope="module")
def secrets(bare: Workplace) -> Secrets:
    create = bare.aws("secretsmanager").create_secret
    login = json.dumps({"username": USER, "password": PASSWORD})
    tag = {"Key": "aws:rds:primaryDBInstanceArn", "Value": f"arn:aws:rds:{REGION}:{DEV}:db:flowable-example-work"}
    return Secrets(
        create(Name="/flowable/repository", SecretString=login)["ARN"],
        create(Name="/flowable/example/license", SecretString=LICENSE)["ARN"],
        create(Name="rds!db-1", SecretString=json.dumps(DATABASE), Tags=[tag])["ARN"],
    )


@pytest.fixture(scope="module")
def place(bare: Workplace, secrets: Secrets, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A cluster with the components that Flowable needs, whose operator may read the secrets."""
    folder = tmp_path_factory.mktemp("components")
    with example("eks-components", folder, bare.tools.terraform, bare.environment()) as components:
        arns = {"repository_secret_arn": secrets.repository, "license_secret_arn": secrets.license}
        override(components, "eks_components", *(f'{name} = "{arn}"' for name, arn in arns.items()))
        components.apply(cluster_name=CLUSTER)
        yield bare


@pytest.fixture(scope="module")
def flowable(place: Workplace, secrets: Secrets, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("flowable")
    with example("flowable-app", folder, place.tools.terraform, place.environment()) as flowable:
        flowable.apply(cluster_name=CLUSTER, **secrets.variables)
        yield flowable


def test_flowable_runs_and_finds_what_it_looks_for_by_name(flowable: Example, place: Workplace) -> None:
    assert flowable.outputs() == {"release_name": "flowable-example"}
    work = place.read("deployment", "flowable-example-flowable-work", "--namespace=flowable")
    assert work["status"]["readyReplicas"] == 1
    external = {it["metadata"]["name"]: it for it in place.read("externalsecrets", "--namespace=flowable")["items"]}
    assert set(external) == {
        "flowable-example-flowable-regcred",
        "flowable-example-flowable-license",
        "flowable-example-flowable-work-datasource",
    }
    regcred = external["flowable-example-flowable-regcred"]["spec"]["target"]["template"]
    assert regcred["type"] == "kubernetes.io/dockerconfigjson"
    shown = json.loads(regcred["data"][".dockerconfigjson"].replace('"%s:%s"', "'%s:%s'"))
    assert list(shown["auths"]) == ["repo.flowable.com"]


def test_the_load_balancer_is_asked_for_https_and_http_only_leads_there(flowable: Example, place: Workplace) -> None:
    annotations = place.read("ingress", "flowable-example-flowable", "--namespace=flowable")["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/listen-ports"] == '[{"HTTP":80},{"HTTPS":443}]'
    assert annotations["alb.ingress.kubernetes.io/ssl-redirect"] == "443"


def test_the_secrets_reach_the_namespace(flowable: Example, place: Workplace) -> None:
    shown = {
        name: {key: base64.b64decode(value).decode() for key, value in secret(place, name).items()}
        for name in ("regcred", "license", "work-datasource")
    }
    assert json.loads(shown["regcred"][".dockerconfigjson"]) == {
        "auths": {"repo.flowable.com": {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}}
    }
    assert shown["license"] == {"flowable.license": LICENSE}
    assert shown["work-datasource"] == DATABASE


def test_no_secret_is_in_state_or_plan_and_nothing_is_left_to_do(flowable: Example, place: Workplace) -> None:
    role = place.kube.admit("FlowopsPlanRole", "", kubernetesGroups=["flowops-plan"])
    assert replace(flowable, env=place.environment(role)).plan_exit_code() == NO_CHANGES
    run(flowable, "plan", "-out=plan.bin", "-input=false")
    texts = (flowable.folder / "terraform.tfstate").read_text(), run(flowable, "show", "-json", "plan.bin").stdout
    assert not [it for it in SENTINELS for text in texts if it in text or json.dumps(it)[1:-1] in text]


def test_a_second_flowable_in_the_namespace_is_refused(
    flowable: Example, place: Workplace, secrets: Secrets, tmp_path: Path
) -> None:
    with example("flowable-app", tmp_path, place.tools.terraform, place.environment()) as second:
        override(second, "flowable_app", 'release_name = "second"')
        given = second.folder / "given.auto.tfvars.json"
        given.write_text(json.dumps({"cluster_name": CLUSTER, **secrets.variables}))
        refused = Processes().run(
            [str(second.terraform), "apply", "-auto-approve", "-input=false", "-no-color"],
            env=second.env,
            cwd=second.folder,
            timeout=300,
        )
    assert not refused.succeeded
    assert 'ConfigMap "flowable-release" in namespace "flowable" exists' in " ".join(refused.stderr.split())
    assert "second-flowable-work" not in place.names("deployments", "flowable")


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        (("flowable_work_enabled = false", WITHOUT), "All four components of Flowable are off"),
        (("flowable_control_enabled = true",), "another `enabled` than the module, or none: control"),
        ((WITHOUT,), "lacks components that are on: work"),
        (('chart_version = "~3.11"',), "another Flowable from one day to the next"),
        (('release_name = "Flowable"',), "lower-case letters"),
        (('database_secret_arns = { wrok = "arn:aws:secretsmanager:a:b:secret:c" }',), "control, design, work, engage"),
    ],
)
def test_what_would_not_run_is_refused_before_anything_changes(
    flowable: Example, lines: tuple[str, ...], refusal: str
) -> None:
    override(flowable, "flowable_app", *lines)
    try:
        assert refusal in flowable.refused()
    finally:
        (flowable.folder / "case_override.tf").unlink()


@pytest.mark.parametrize(
    ("pattern", "instead", "refusal"),
    [
        ("jdbc:postgresql:", "jdbc:oracle:thin:@", "leads to no Oracle and no PostgreSQL"),
        ("jdbc:postgresql://", "jdbc:oracle:thin:@", "are of two engines: work"),
        ("artifactId: postgresql", "artifactId: ojdbc8", "are of two engines: work"),
        ("engage:\n  enabled: false", "engage: {}", "or none: engage"),
        ("engage:", "work:\n  enabled: false\nengage:", "twice at its top level"),
        ("(?s).*", "just a sentence", "YAML with keys"),
    ],
)
def test_values_that_contradict_themselves_are_refused(
    flowable: Example, pattern: str, instead: str, refusal: str
) -> None:
    values = flowable.folder / "values.yaml"
    before = values.read_text()
    values.write_text(re.sub(pattern, instead, before, count=1))
    try:
        assert refusal in flowable.refused()
    finally:
        values.write_text(before)


@pytest.mark.parametrize(
    ("engine", "driver"), [("oracle", "ojdbc8"), ("oracle", "aws-java-sdk"), ("postgres", "aws-java-sdk")]
)
def test_a_driver_of_the_engine_and_a_library_that_is_none_are_taken(
    flowable: Example, engine: str, driver: str
) -> None:
    values = flowable.folder / "values.yaml"
    before = values.read_text()
    url = {"oracle": "jdbc:oracle:thin:@db:1521/work", "postgres": "jdbc:postgresql://db/work"}[engine]
    changed = re.sub(
        r"jdbc:postgresql://[^\"\s]+", url, before.replace("artifactId: postgresql", f"artifactId: {driver}")
    )
    values.write_text(changed)
    try:
        assert flowable.plan_exit_code() == CHANGES
    finally:
        values.write_text(before)


def secret(place: Workplace, name: str) -> dict[str, str]:
    data: dict[str, str] = place.read("secret", f"flowable-example-flowable-{name}", "--namespace=flowable")["data"]
    return data


def run(flowable: Example, *arguments: str) -> Completed:
    done = Processes().run([str(flowable.terraform), *arguments], env=flowable.env, cwd=flowable.folder, timeout=120)
    assert done.succeeded, done.stderr
    return done
