"""Drift of what is not terraform's: bootstrap stacks and rendered files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

import pytest

from flowops.errors import OperationFailed
from flowops.model.config import Config
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding, Verdict
from flowops.model.drift.templates import differing
from flowops.model.drift.ways import ways_of
from flowops.model.rendering import RenderedFile, RenderResult, RenderState
from flowops.model.stack_drift import DriftedResource, PropertyDrift, StackDrift
from flowops.operations.drift_rendered import RenderedDrift
from flowops.operations.drift_stacks import StacksDrift
from tests.fakes import tree

DEPLOYED = """\
Resources:
  Role:
    Type: AWS::IAM::Role
  Key:
    Type: AWS::KMS::Key
Outputs:
  RoleArn:
    Value: !GetAtt Role.Arn
"""
PARAMETERS = """\
Parameters:
  Project:
    Type: String
  Other:
    Type: String
"""
TODAY = date(2026, 11, 28)


@dataclass
class FakeStacks:
    """The stacks of one account; those that are not named were made of the template as it is."""

    templates: Mapping[str, str | None] = field(default_factory=dict)
    drifts: Mapping[str, StackDrift] = field(default_factory=dict)

    def template(self, name: str) -> str | None:
        return self.templates.get(name, DEPLOYED)

    def drift(self, name: str) -> StackDrift:
        return self.drifts.get(name, StackDrift())


class Templates:
    """A folder in which every template is the same."""

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self, name: str) -> str:
        return self._text


def config() -> Config:
    accounts = (("security", "111111111111"), ("dev", "222222222222"))
    return Config.model_validate(
        {
            "project": "flowable",
            "region": "eu-central-1",
            "management": {"profile": "flw-iac"},
            "operator": {"profile": "operator"},
            "accounts": {name: {"id": number, "profile": name} for name, number in accounts},
            "environments": {"dev": {"account": "dev", "path": "aws/non-prod/eu-central-1/dev"}},
            "layers": ["foundation"],
        }
    )


def found(stacks: FakeStacks, text: str = DEPLOYED, environment: Environment | None = None) -> dict[str, Finding]:
    drift = StacksDrift(config(), Templates(text), lambda _: stacks)
    return {it.address: it for it in drift.look(environment)}


def test_stacks_as_their_templates_say_are_nothing() -> None:
    assert found(FakeStacks()) == {}
    assert found(FakeStacks(), environment=tree.environment()) == {}


def test_what_was_changed_deleted_or_never_deployed_is_told_apart() -> None:
    edited = PropertyDrift("/Description", "as it was", "by hand")
    moved = (
        DriftedResource("Role", "AWS::IAM::Role", (edited,), physical_id="FlowopsPlanRole"),
        DriftedResource("Key", "AWS::KMS::Key", (), True),
    )
    stacks = FakeStacks(drifts={"flowops-environment": StackDrift(moved)})
    text = DEPLOYED.replace("Role.Arn", "Role.RoleId")
    by_address = found(stacks, text, tree.environment())
    assert {address.rpartition("//")[2]: it.verdict for address, it in by_address.items()} == {
        "Resources/Role": Verdict.OUT_OF_BAND,
        "Resources/Key": Verdict.MISSING,
        "Outputs/RoleArn": Verdict.UNAPPLIED,
    }
    role = by_address["dev/flowops-environment//Resources/Role"]
    assert [(it.path, it.before, it.after) for it in role.cloud.shown] == [("Description", "as it was", "by hand")]
    assert (role.environment, role.ids) == ("dev", ("FlowopsPlanRole",)), "by that name CloudTrail knows it"


def accept(finding: Finding) -> str:
    return next(it.text for it in ways_of(finding, TODAY) if it.kind == "accept")


def test_what_an_update_does_not_see_is_put_back_by_a_change_set_that_looks_at_aws() -> None:
    edited = PropertyDrift("/Description", "as it was", "by hand")
    moved = (DriftedResource("Role", "AWS::IAM::Role", (edited,)), DriftedResource("Key", "AWS::KMS::Key", (), True))
    stacks = FakeStacks({"flowops-environment": PARAMETERS + DEPLOYED}, {"flowops-environment": StackDrift(moved)})
    role, key = found(stacks, PARAMETERS + DEPLOYED, tree.environment()).values()
    assert accept(role) == accept(key)
    where = "--stack-name flowops-environment --change-set-name flowops-put-back --region eu-central-1 --profile dev"
    assert accept(role).splitlines() == [
        f"aws cloudformation create-change-set {where} --deployment-mode REVERT_DRIFT --use-previous-template "
        "--capabilities CAPABILITY_NAMED_IAM --parameters ParameterKey=Project,UsePreviousValue=true "
        "ParameterKey=Other,UsePreviousValue=true",
        f"aws cloudformation wait change-set-create-complete {where}",
        f"aws cloudformation describe-change-set {where}  # all that is put back: read it before the last line",
        f"aws cloudformation execute-change-set {where}",
    ]
    without = found(FakeStacks(drifts={"flowops-environment": StackDrift(moved)}), environment=tree.environment())
    assert all("--parameters" not in accept(it) for it in without.values())


def test_what_an_update_does_see_is_accepted_by_bootstrap() -> None:
    text = DEPLOYED.replace("Type: AWS::IAM::Role", "Type: AWS::IAM::Role\n    Properties: {Path: /c/}")
    moved = StackDrift((DriftedResource("Role", "AWS::IAM::Role", (PropertyDrift("/Path", "/a/", "/b/"),)),))
    both = found(FakeStacks(drifts={"flowops-environment": moved}), text, tree.environment())
    never = found(FakeStacks(), text, tree.environment())
    gone = found(FakeStacks(templates={"flowops-environment": None}), environment=tree.environment())
    for each in (both, never, gone):
        assert {accept(it) for it in each.values()} == {"flowops bootstrap dev"}


def test_a_resource_changed_here_and_there_is_both() -> None:
    moved = StackDrift((DriftedResource("Role", "AWS::IAM::Role", (PropertyDrift("/Path", "/a/", "/b/"),)),))
    text = DEPLOYED.replace("Type: AWS::IAM::Role", "Type: AWS::IAM::Role\n    Properties: {Path: /c/}")
    (only,) = found(FakeStacks(drifts={"flowops-environment": moved}), text, tree.environment()).values()
    assert (only.verdict, only.summary) == (Verdict.BOTH, "bootstrap/environment-account.yaml says otherwise, too")


def test_a_secret_among_the_properties_is_not_shown() -> None:
    moved = StackDrift((DriftedResource("Role", "AWS::IAM::User", (PropertyDrift("/Login/Password", "a", "b"),)),))
    (only,) = found(FakeStacks(drifts={"flowops-environment": moved}), environment=tree.environment()).values()
    assert [(it.path, it.sensitive, it.after) for it in only.cloud.shown] == [("Login.Password", True, None)]


def test_a_stack_that_is_gone_is_missing_and_one_that_cannot_be_told_is_an_error() -> None:
    gone = found(FakeStacks(templates={"flowops-security": None}))
    assert [(it.address, it.verdict, it.environment) for it in gone.values()] == [
        ("security/flowops-security//", Verdict.MISSING, "security")
    ]
    with pytest.raises(OperationFailed, match=r"the drift of security/flowops-access-dev: it takes too long") as untold:
        found(FakeStacks(drifts={"flowops-access-dev": StackDrift(trouble="it takes too long")}))
    assert untold.value.next_step.endswith(", then flowops drift")
    assert "describe-stack-resource-drifts --stack-name flowops-access-dev " in untold.value.next_step


def test_comments_and_spaces_of_a_template_do_not_count() -> None:
    assert differing(DEPLOYED, "# why\n" + DEPLOYED.replace("\n  Key", "\n\n  # key\n  Key")) == ()
    assert differing(DEPLOYED, DEPLOYED + "Description: x\n") == ("Description",)


def files() -> Iterator[RenderedFile]:
    for path in ("root.hcl", "aws/non-prod/account.hcl", "aws/non-prod/eu-central-1/dev/foundation/foundation.hcl"):
        yield RenderedFile(PurePosixPath(path), RenderState.STALE)
    yield RenderedFile(PurePosixPath("aws/prod/account.hcl"), RenderState.STALE)
    yield RenderedFile(PurePosixPath("aws/non-prod/eu-central-1/dev/env.hcl"), RenderState.UNCHANGED)


def test_stale_files_at_and_above_an_environment_are_told() -> None:
    drift = RenderedDrift(lambda: RenderResult(tuple(files())))
    addresses = [it.address for it in drift.look(tree.environment())]
    assert addresses == [
        "deployments/root.hcl",
        "deployments/aws/non-prod/account.hcl",
        "deployments/aws/non-prod/eu-central-1/dev/foundation/foundation.hcl",
    ]
    assert list(drift.look(None)) == []


def test_a_file_that_cannot_be_rendered_is_an_error_and_what_was_found_beside_it_is_told() -> None:
    why = "environment dev has no groups yet", "flowops bootstrap security"
    env, other = PurePosixPath("aws/non-prod/eu-central-1/dev/env.hcl"), PurePosixPath("aws/prod/account.hcl")
    skipped = tuple(RenderedFile(it, RenderState.SKIPPED, *why) for it in (env, other))
    told: list[str] = []
    with pytest.raises(OperationFailed) as caught:
        told.extend(
            it.address for it in RenderedDrift(lambda: RenderResult((*files(), *skipped))).look(tree.environment())
        )
    assert len(told) == 3
    assert caught.value.happened == f"deployments/{env} cannot be rendered yet: environment dev has no groups yet."
    assert caught.value.next_step == "flowops bootstrap security"
    elsewhere = RenderedDrift(lambda: RenderResult((RenderedFile(other, RenderState.SKIPPED, *why),)))
    assert list(elsewhere.look(tree.environment())) == []
