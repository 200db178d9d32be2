"""A unit that takes too long is said to, and interrupted where it has a limit; real terragrunt and terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowops.errors import Exit
from flowops.model.patience import Patience
from tests.integration.tools import Tools
from tests.integration.trusted import Trusted
from tests.sandbox import Sandbox

SLOW = Patience(shortest=1, unknown=1)
LIMIT = 30.0


@pytest.fixture
def trusted(tmp_path: Path, tools: Tools) -> Trusted:
    sandbox = Sandbox(tmp_path)
    sandbox.held_unit("foundation/vpc")
    sandbox.unit("foundation/eks", depends="foundation/vpc")
    sandbox.unit("foundation/efs")
    return Trusted(sandbox, tools, patience=SLOW)


@pytest.mark.fault(12)
def test_a_unit_that_takes_too_long_is_said_to_and_interrupted_alone_and_the_others_go_on(trusted: Trusted) -> None:
    run = trusted.apply(unit_timeout=LIMIT)
    assert run.exit_code is Exit.PARTLY_DONE
    found = {it.unit.name: it for it in run.units}
    assert {name: it.outcome.value for name, it in found.items()} == {
        "vpc": "failed",
        "eks": "blocked",
        "efs": "applied",
    }
    assert "(unit timeout); what AWS was creating then may be left behind: plan before" in found["vpc"].reason
    assert "this" in trusted.sandbox.resources(found["vpc"].unit), "what was there is saved"
    assert trusted.sandbox.locks() == []
    assert any("dev/foundation/vpc: apply interrupted after" in line for line in trusted.said)
    slow = [line for line in trusted.said if "dev/foundation/vpc: apply works for" in line]
    assert any("its usual time is not known; at work: terraform_data.held; terraform (pid " in line for line in slow)
    events = [json.loads(line) for line in (trusted.runs[-1] / "events.jsonl").read_text().splitlines()]
    assert ["terraform_data.held"] in [it["in_flight"] for it in events if it["event"] == "unit-slow"]
    assert [it["unit"] for it in events if it["event"] == "unit-interrupted"] == ["dev/foundation/vpc"]
