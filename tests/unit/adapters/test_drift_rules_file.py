"""flowops.drift.yaml read: what it means, and one line with file:line for whatever is wrong in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flowops.adapters.drift_rules_file import drift_rules
from flowops.errors import InvalidConfig
from flowops.model.drift.finding import Verdict
from flowops.model.drift.rules import DriftRules

GOOD = """\
ignore:
  - address: "foundation/eks//aws_eks_node_group.*"
    attribute: scaling_config[0].desired_size
    verdict: out-of-band
    reason: the autoscaler moves it
    owner: platform
    expires: 2027-01-31
owners:
  - {address: "app/*", owner: applications}
"""


def read(folder: Path, text: str) -> DriftRules:
    (folder / "flowops.drift.yaml").write_text(text)
    return drift_rules(folder)


def test_a_project_without_the_file_ignores_nothing(tmp_path: Path) -> None:
    assert drift_rules(tmp_path) == DriftRules()


def test_a_rule_knows_where_it_stands(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, GOOD).ignore
    assert rule.where == "flowops.drift.yaml:2"
    assert (rule.verdict, rule.expires, rule.environment) == (Verdict.OUT_OF_BAND, date(2027, 1, 31), "*")
    assert rule.about("scaling_config[0].desired_size")
    assert not rule.about("scaling_config[0].max_size")


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("out-of-band", "outofband", 4, "should be 'missing', 'both'"),
        ("scaling_config[0].desired_size", '"not an attribute"', 3, "does not fit"),
        ("    reason: the autoscaler moves it\n", "", 2, "key 'reason' is missing"),
        ("    owner: platform\n", "", 2, "key 'owner' is missing"),
        ("    expires: 2027-01-31\n", "", 2, "key 'expires' is missing"),
        ("2027-01-31", "soon", 7, "expires"),
        ("2027-01-31", "2027-13-31", 7, ""),
        ("reason: the autoscaler moves it", 'reason: ""', 5, "reason"),
        ('address: "foundation', 'adress: "foundation', 2, "adress"),
        ("ignore:", "ignored:", 1, "did you mean 'ignore'?"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, before: str, after: str, line: int, told: str) -> None:
    assert before in GOOD
    with pytest.raises(InvalidConfig) as caught:
        read(tmp_path, GOOD.replace(before, after, 1))
    first = caught.value.happened.splitlines()[0]
    assert f"flowops.drift.yaml:{line}:" in caught.value.happened, first
    assert told in caught.value.happened


def test_a_link_that_leads_nowhere_is_no_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "flowops.drift.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        drift_rules(tmp_path)
