"""The ways out that a finding ends with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flowops.adapters.drift_rules_file import drift_rules
from flowops.errors import InvalidConfig
from flowops.model.attributes import AttributeChange, AttributeChanges
from flowops.model.drift.finding import UNMOVED, Finding, Source, Verdict, Way
from flowops.model.drift.ways import Place, ways_of
from flowops.model.plan_code import Adoptable
from tests.unit.model.drift.test_rules import FOUND, TODAY

FILE = "deployments/aws/dev/foundation/vpc/terragrunt.hcl"
BARE, WITH_INPUTS = Place(FILE, has_inputs=False), Place(FILE, has_inputs=True)


def ways(finding: Finding, place: Place = BARE) -> dict[str, Way]:
    return {it.kind: it for it in ways_of(finding, TODAY, place)}


def changed(*rows: AttributeChange, adoptable: tuple[Adoptable, ...] = ()) -> Finding:
    return replace(FOUND, cloud=AttributeChanges(rows), adoptable=adoptable)


def test_an_apply_puts_back_what_the_code_says() -> None:
    assert ways(FOUND)["accept"] == Way("accept", "flowops apply dev foundation vpc")


SIZE = AttributeChange("size", "1", "2")
SIZE_INPUT, SIZE_ITSELF = Adoptable("size", "2", "vpc_size"), Adoptable("size", "2")


def test_what_an_input_leads_to_is_set_there() -> None:
    found = changed(SIZE, adoptable=(SIZE_ITSELF, SIZE_INPUT))
    assert ways(found)["adopt"] == Way("adopt", "inputs = {\n  vpc_size = 2\n}", FILE)
    among = ways(found, WITH_INPUTS)["adopt"]
    assert (among.text, among.into) == ("vpc_size = 2", f"{FILE}, within `inputs`, in place of what it says of that")


def test_what_no_input_leads_to_is_overridden_in_this_unit_alone() -> None:
    tags = Adoptable("tags", '{"Name": "a", "Who": "ann"}')
    found = changed(AttributeChange("tags.Who", None, "ann"), AttributeChange("tags_all.Who", None, "ann"), SIZE)
    adopt = ways(replace(found, adoptable=(tags, SIZE_ITSELF)))["adopt"]
    assert adopt == Way(
        "adopt",
        """\
generate "adopt_aws_thing_this" {
  path      = "adopt_aws_thing_this_override.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOT
    resource "aws_thing" "this" {
      tags = {"Name": "a", "Who": "ann"}
      size = 2
    }
  EOT
}""",
        FILE,
    )


def test_each_is_adopted_where_it_is_said_and_what_cannot_be_said_is_left_out() -> None:
    known = (SIZE_INPUT, SIZE_ITSELF, Adoptable("on", "true"), Adoptable("ignored", "1"))
    rows = (SIZE, AttributeChange("on", "false", "true"), AttributeChange("block[0].x", "1", "2"))
    texts = [it.text for it in ways_of(changed(*rows, adoptable=known), TODAY, BARE) if it.kind == "adopt"]
    assert len(texts) == 2
    assert "vpc_size = 2" in texts[0]
    assert "      on = true\n    }" in texts[1]
    assert not [it for it in ("ignored", "block", "size = 2") if it in texts[1]]
    assert "adopt" not in ways(changed(AttributeChange("block[0].x", "1", "2"), adoptable=known))


def test_what_is_gone_may_be_taken_out_of_the_code_where_one_block_can_do_it() -> None:
    gone = replace(FOUND, verdict=Verdict.MISSING, cloud=UNMOVED)
    adopt = ways(gone)["adopt"]
    assert adopt.text == "removed {\n  from = aws_thing.this\n\n  lifecycle {\n    destroy = false\n  }\n}"
    assert 'in place of `resource "aws_thing" "this"`' in adopt.into
    for address in ('aws_thing.this["a"]', "module.x.aws_thing.this", "aws_thing.this[0]"):
        assert "adopt" not in ways(replace(gone, address=f"foundation/vpc//{address}"))


def test_what_was_merged_is_only_applied() -> None:
    merged = replace(FOUND, verdict=Verdict.UNAPPLIED, cloud=UNMOVED, adoptable=(SIZE_INPUT,))
    assert set(ways(merged)) == {"accept", "ignore"}


@pytest.mark.parametrize(
    ("source", "address", "command"),
    [
        (Source.CLOUDFORMATION, "dev/flowops-environment//Resources/DeployRole", "flowops bootstrap dev"),
        (Source.RENDERED, "deployments/root.hcl", "flowops render"),
    ],
)
def test_other_sources_have_commands_of_their_own(source: Source, address: str, command: str) -> None:
    assert ways(replace(FOUND, source=source, address=address, unit=""))["accept"].text == command


def test_the_rule_to_paste_is_taken_once_somebody_has_said_why(tmp_path: Path) -> None:
    pasted = ways(changed(AttributeChange("tags.Who", None, "ann")))["ignore"]
    file, text = tmp_path / pasted.into.partition(",")[0], f"ignore:\n  {pasted.text}"
    file.write_text(text)
    with pytest.raises(InvalidConfig, match="reason"):
        drift_rules(tmp_path)
    file.write_text(text.replace('reason: ""', "reason: she may").replace('owner: ""', "owner: ann"))
    (rule,) = drift_rules(tmp_path).ignore
    assert (rule.attribute, rule.expires) == ("tags.Who", date(2027, 2, 26))
    assert not drift_rules(tmp_path).applied(changed(AttributeChange("tags.Who", None, "ann")), TODAY)[0].counts


def test_noise_needs_no_way_out() -> None:
    assert ways(replace(FOUND, verdict=Verdict.NOISE)) == {}
