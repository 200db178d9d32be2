"""A restart, everything taken down, and what all that was done says of policies, records and files."""

from __future__ import annotations

import re

from tests.e2e.aws import Rehearsed
from tests.e2e.command import Flowops, open_to_others
from tests.e2e.first_steps.traces import Search, contents, places_of_secrets
from tests.e2e.policies import Deployed
from tests.e2e.walk import Walk


def test_state_survives_a_restart_and_the_password_for_plain_tools_does_not(
    flowops: Flowops, rehearsed: Rehearsed
) -> None:
    own_of_helm = places_of_secrets(rehearsed.root)[-1]
    assert own_of_helm.exists(), "rehearse env wrote it in step 7"
    assert flowops("rehearse", "down").code == 0
    assert not own_of_helm.exists()
    assert flowops("rehearse", "up").code == 0
    status = flowops("--rehearsal", "status", "dev", "-o", "json").envelope["data"]
    assert {it["unit"].rpartition("/")[2] for it in status if it["stands"] != "yes"} == {"opensearch", "rds-oracle"}


def test_a_layer_is_not_destroyed_while_the_one_on_top_of_it_stands(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "destroy", "dev", "foundation", "--yes", "--confirm", "dev")
    assert ended.code == 4
    assert "dev/app/flowable-app" in ended.err
    assert "--with-dependents" in ended.err


def test_nothing_is_destroyed_without_the_environments_name(flowops: Flowops) -> None:
    ended = flowops("--rehearsal", "destroy", "dev", "--yes")
    assert ended.code == 7
    assert "--confirm dev" in ended.err


def test_step_8_takes_everything_down_in_reverse(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(8)
    assert ended.code == 0, ended.err
    order = re.findall(r"dev/(?:foundation|app)/([\w-]+): apply done", ended.err)
    assert order.index("flowable-app") < order.index("rds-postgres") < order.index("vpc")
    assert order.index("flowable-app") < order.index("eks-components") < order.index("eks") < order.index("vpc")
    assert order.index("efs") < order.index("vpc")
    again = flowops("--rehearsal", "destroy", "dev", "--yes", "--confirm", "dev", "-o", "json")
    assert again.code == 0, again.err
    assert {it["reason"] for it in again.envelope["data"]["units"]} == {"nothing to destroy"}


def test_no_secret_was_anywhere_from_the_bootstrap_to_the_end(walk: Walk, rehearsed: Rehearsed, search: Search) -> None:
    assert sorted(map(len, search.values.values())) == [1, 1, 1, 1, 2], "the rotated password in both its forms"
    seen = search.witness.seen().splitlines()
    assert {b"bootstrap", b"apply", b"destroy"} <= set(seen)
    assert any("/runs/" in key for key, _ in contents(rehearsed))
    assert search.found_in_all(walk, rehearsed, places_of_secrets(rehearsed.root)[:-1]) == []


def test_every_call_was_allowed_by_the_roles_that_made_it(flowops: Flowops, rehearsed: Rehearsed) -> None:
    deployed = Deployed.of(rehearsed)
    assert len(deployed.requests) > 500
    assert deployed.denied() == []


def test_each_statement_of_the_deploy_role_its_boundary_and_the_bucket_is_needed(rehearsed: Rehearsed) -> None:
    deployed = Deployed.of(rehearsed)
    unnoticed = [name for name in deployed.statements() if not deployed.notices_without(name)]
    assert unnoticed == []


def test_the_plan_role_changed_nothing(rehearsed: Rehearsed) -> None:
    changing = ("Create", "Put", "Delete", "Update", "Attach", "Detach", "Tag", "Untag", "Run", "Associate", "Allocate")
    by_plan_role = [it for it in rehearsed.calls() if it["role"].endswith("/FlowopsPlanRole")]
    assert by_plan_role
    assert not [it["action"] for it in by_plan_role if it["action"].partition(":")[2].startswith(changing)]


def test_no_credentials_and_no_plans_stay_in_the_records_of_runs(rehearsed: Rehearsed) -> None:
    runs = rehearsed.root / "project" / ".flowops" / "runs"
    assert len(list(runs.glob("*/run.json"))) == len(list(runs.iterdir()))
    kept = {path.name for path in runs.rglob("*") if path.is_file()}
    assert not kept & {"aws-keys.json", "tfplan.tfplan", "tfplan.json"}


def test_nobody_else_may_read_anything_that_was_written_since(flowops: Flowops, rehearsed: Rehearsed) -> None:
    assert len(list((rehearsed.root / "project" / ".flowops" / "runs").iterdir())) > 5
    assert open_to_others(flowops.state / "flowops", flowops.project / ".flowops") == []


def test_step_9_leaves_nothing_behind(walk: Walk, flowops: Flowops) -> None:
    ended = walk.read(9)
    assert ended.code == 0, ended.err
    assert list((flowops.state / "flowops" / "rehearsals").iterdir()) == []
