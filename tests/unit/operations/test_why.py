"""Where templates' facts come from, whom `why` asks for a value, and what an operator sees."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from flowops.cli.context import Invocation
from flowops.cli.view.result import Pointed, show
from flowops.cli.view.why import why_result
from flowops.errors import UnknownTarget
from flowops.model.deployment import Deployment, Environment, Unit
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts
from flowops.model.provenance.chain import Answer, Branch, Kind, Known, Step, masked
from flowops.operations.fact_sources import FactSources, Written
from flowops.operations.why import why
from tests.fakes.aws import DEV, MANAGEMENT, ORGANIZATION, SECURITY, config
from tests.fakes.hcl_tree import ROOT, FakeTree

DEPLOYMENTS = PurePosixPath("/project/deployments")
ACCOUNT = DEPLOYMENTS / "aws/non-prod/account.hcl.j2"
LAYER = DEPLOYMENTS / "aws/non-prod/eu-central-1/dev/foundation/foundation.hcl.j2"
FACTS = Facts(
    ORGANIZATION,
    {"security": AccountFacts(SECURITY, {"StateBucketName": "states"}), "dev": AccountFacts(DEV, {"Role": "arn:dev"})},
    {"dev": EnvironmentFacts({"LicenseSecretArn": "arn:license"})},
)
CONFIG_LINES = {("project",): 3, ("accounts", "dev"): 9, ("accounts", "dev", "profile"): 9, ("environments", "dev"): 14}
FACT_LINES = {("accounts", "security", "outputs", "StateBucketName"): 21, ("organization", "id"): 30}


def sources(facts: Facts | None = FACTS, **ids: Any) -> FactSources:
    return FactSources(Written(config(**ids), CONFIG_LINES, facts, FACT_LINES), DEPLOYMENTS)


@pytest.mark.parametrize(
    ("template", "name", "kind", "place", "value"),
    [
        (ACCOUNT, "project", Kind.CONFIG, "flowops.yaml:3", "flowable"),
        (ACCOUNT, "account.name", Kind.CONFIG, "flowops.yaml:9", "dev"),
        (ACCOUNT, "account.profile", Kind.CONFIG, "flowops.yaml:9", "flw-dev"),
        (ACCOUNT, "account.outputs.Role", Kind.STACK_OUTPUT, "flowops.lock", "arn:dev"),
        (ACCOUNT, "security.outputs.StateBucketName", Kind.STACK_OUTPUT, "flowops.lock:21", "states"),
        (ACCOUNT, "organization.id", Kind.DISCOVERED, "flowops.lock:30", ORGANIZATION.id),
        (ACCOUNT, "management.id", Kind.DISCOVERED, "flowops.lock", MANAGEMENT),
        (LAYER, "environment.name", Kind.CONFIG, "flowops.yaml:14", "dev"),
        (LAYER, "environment.protected", Kind.CONFIG, "flowops.yaml", False),
        (LAYER, "access.outputs.LicenseSecretArn", Kind.STACK_OUTPUT, "flowops.lock", "arn:license"),
        (LAYER, "layer", Kind.PATH, "foundation", "foundation"),
    ],
)
def test_each_name_of_a_template_has_its_source(
    template: PurePosixPath, name: str, kind: Kind, place: str, value: object
) -> None:
    fact = sources().fact(template, tuple(name.split(".")))
    assert fact is not None
    assert (fact.step.kind, fact.step.place, fact.value) == (kind, place, Known(value))


def test_an_id_comes_from_where_it_is_written() -> None:
    written, discovered = (it.fact(ACCOUNT, ("account", "id")) for it in (sources(), sources(dev=None)))
    assert written is not None
    assert discovered is not None
    assert (written.step.kind, discovered.step.kind) == (Kind.CONFIG, Kind.DISCOVERED)
    assert written.value == discovered.value == Known(DEV)


@pytest.mark.parametrize(
    "name", ["environment.name", "access.outputs.X", "layer", "nobody", "account.colour", "project.x"]
)
def test_a_name_that_no_template_may_use_here_has_no_source(name: str) -> None:
    assert sources().fact(ACCOUNT, tuple(name.split("."))) is None


def test_what_was_not_discovered_yet_is_said_with_the_next_command() -> None:
    fact = sources(None).fact(ACCOUNT, ("security", "outputs", "StateBucketName"))
    assert fact is not None
    assert (fact.value, fact.step.place) == (None, "flowops.lock")
    assert fact.step.note.startswith("output StateBucketName of stack flowops-security in account security")
    assert fact.step.note.endswith("next: flowops discover")


class FakeTerragrunt:
    """Knows one input, and remembers whether it was asked."""

    def __init__(self) -> None:
        self.asked: list[PurePosixPath] = []

    def inputs(self, folder: PurePosixPath) -> Mapping[str, Any] | None:
        self.asked.append(folder)
        return {"name": "computed"}


UNIT = "aws/dev/app/api"


def asked(text: str, terragrunt: FakeTerragrunt, *, sensitive: bool = False) -> Answer:
    module = f'variable "name" {{\n  sensitive = {str(sensitive).lower()}\n}}\n'
    files = {
        f"deployments/{UNIT}/terragrunt.hcl": f'{text}\nterraform {{\n  source = "/project/module"\n}}\n',
        "module/variables.tf": module,
    }
    units = (Unit("dev", "app", "api", PurePosixPath(UNIT)),)
    dev = Environment("dev", "dev", PurePosixPath("aws/dev"), False, ("app",), units)
    written = Written(config(), {}, None, {})
    surroundings: dict[str, Any] = {"environment": {}, "withheld": frozenset()}
    return why(
        "dev/app/api",
        "name",
        deployment=Deployment((dev,)),
        written=written,
        tree=FakeTree(files),
        terragrunt=terragrunt,
        **surroundings,
    )


def test_terragrunt_is_asked_for_what_flowops_does_not_compute() -> None:
    terragrunt = FakeTerragrunt()
    answer = asked('inputs = { name = sha1("x") }', terragrunt)
    assert (answer.value, answer.notes) == (Known("computed"), ("the value is terragrunt's own answer",))
    assert terragrunt.asked == [ROOT / "deployments" / UNIT]


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [
        ('inputs = { name = "plain" }', False),
        ('inputs = { name = sha1("x") }', True),
        ("inputs = { name = sha1(dependency.db.outputs.url) }", False),
        ("inputs = { name = <<-EOT\n  ${dependency.db.outputs.url}\nEOT\n}", False),
        ('inputs = { name = format("%s", dependency["db"].outputs.url) }', False),
        ('locals {\n  x = run_cmd("x")\n}\ninputs = { name = sha1("x") }', False),
        ("", False),
    ],
)
def test_terragrunt_is_not_asked_for_what_is_known_secret_or_made_of_outputs(text: str, sensitive: bool) -> None:
    terragrunt = FakeTerragrunt()
    asked(text, terragrunt, sensitive=sensitive)
    assert terragrunt.asked == []


def test_why_terragrunt_is_not_asked_is_said() -> None:
    answer = asked('locals {\n  x = run_cmd("x")\n}\ninputs = { name = sha1("x") }', FakeTerragrunt())
    said = f"terragrunt is not asked for the value: deployments/{UNIT}/terragrunt.hcl says"
    assert answer.notes == (f"{said} run_cmd, which terragrunt would carry out",)


def test_a_unit_is_written_as_its_id() -> None:
    with pytest.raises(
        UnknownTarget, match=r"There is no unit 'dev' \(a unit is written ENV/LAYER/UNIT\); none is known"
    ):
        why(
            "dev",
            "name",
            deployment=Deployment(()),
            written=Written(config(), {}, None, {}),
            tree=FakeTree({}),
            terragrunt=FakeTerragrunt(),
            environment={},
            withheld=frozenset(),
        )


def printed(answer: Answer, output: str, pointed: Pointed = str) -> str:
    with redirect_stdout(io.StringIO()) as text:
        assert show(why_result(answer, pointed), output) == 0
    return text.getvalue()


CHAIN = Answer(
    "dev/app/api",
    "name",
    Known("hush\x1b[2J"),
    (
        Step(Kind.LINE, "a.hcl", 1, 'name = "${local.a}"', branches=(Branch('"hush"', Known("hush"), ()),)),
        Step(Kind.HAND, "b.hcl", 2, 'a = "hush\x1b[2J' + "x" * 300 + '"', "by hand"),
    ),
    "module",
)


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_no_form_shows_a_sensitive_value(output: str) -> None:
    text = printed(masked(CHAIN), output)
    assert "hush" not in text
    assert "(sensitive)" in text
    assert "b.hcl" in text


def test_people_see_a_line_of_bearable_length_and_nothing_that_steers_their_terminal() -> None:
    text = printed(CHAIN, "table")
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 110
    assert "x" * 300 in printed(CHAIN, "json")


@pytest.mark.parametrize("output", ["table", "json"])
def test_commands_of_notes_lead_where_the_command_was_led_and_code_stays(output: str) -> None:
    deep = Step(Kind.DISCOVERED, "flowops.lock", 0, "run flowops plan", "next: flowops render")
    hidden = Step(Kind.NOT_FOLLOWED, "a.hcl", 2, "flowops apply", "next: flowops discover")
    top = Step(Kind.LINE, "a.hcl", 1, "x", branches=(Branch("flowops drift", None, (deep,)),), hidden=(hidden,))
    answer = replace(CHAIN, steps=(top,), notes=("then flowops render",))
    text = printed(answer, output, Invocation(rehearsal=True).pointed)
    for said in ("next: flowops --rehearsal render", "next: flowops --rehearsal discover"):
        assert said in text
    assert "then flowops --rehearsal render" in text
    for code in ("run flowops plan", "flowops apply", "flowops drift"):
        assert code in text
