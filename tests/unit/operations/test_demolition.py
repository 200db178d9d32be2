"""A destroy from its obstacles to its leftovers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowops.errors import Declined, Exit, Refused
from flowops.model.changes import Action, ResourceChange
from flowops.model.job import Step
from flowops.model.leftovers import Standing
from flowops.model.obstacles import Found, Made
from tests.fakes import tree
from tests.fakes.run import World, world
from tests.unit.operations.runs import apply, destroy, outcomes, steps

LAYER = ("dev", "app")
ADDRESS = 'app/rds-oracle//aws_db_instance.this["work"]'
KEY = "arn:aws:kms:eu-central-1:222222222222:key/1"
GROUP = "arn:aws:ec2:eu-central-1:222222222222:security-group/sg-1"
FILES = "arn:aws:elasticfilesystem:eu-central-1:222222222222:file-system/fs-1"


def database(*, protected: bool = True, **before: Any) -> ResourceChange:
    values = {"deletion_protection": protected, "identifier": "flowable-dev-work", **before}
    return ResourceChange('aws_db_instance.this["work"]', "aws_db_instance", Action.DELETE, before=values)


def standing(change: ResourceChange | None = None) -> World:
    made = world().standing("app/rds-oracle", "app/flowable-app")
    return made.changing("app/rds-oracle", change or database())


def events(made: World, *kinds: str) -> list[str]:
    return [kind for kind, _ in made.journal.records[-1].events if kind in kinds]


def test_deletion_protection_is_shown_before_the_question_and_lifted_before_its_wave() -> None:
    made = standing()
    made.console.interactive, made.console.answers = True, ["dev"]
    shown: list[str] = []
    made.console.meanwhile = lambda: shown.extend(made.console.notes)
    done_at_lift: list[int] = []
    made.demolition.on_lift = lambda: done_at_lift.append(len(made.engine.jobs))
    run = destroy(made, *LAYER, yes=False, confirm="")
    assert run.exit_code is Exit.FINE
    assert shown[1:] == [f"lift deletion protection of {ADDRESS} (flowable-dev-work), before it is deleted"]
    assert made.demolition.done == ["lift flowable-dev-work"]
    assert done_at_lift == [2], "after the plan and the wave of what depends on it"
    assert events(made, "lift", "lifted") == ["lift", "lifted"]


def test_nothing_is_lifted_where_nothing_is_on_or_the_operator_says_no() -> None:
    made = standing(database(protected=False))
    destroy(made, *LAYER)
    assert made.demolition.done == []
    made = standing()
    made.console.interactive, made.console.answers = True, ["no"]
    with pytest.raises(Declined):
        destroy(made, *LAYER, yes=False, confirm="")
    assert made.demolition.done == []


def test_a_plan_that_does_not_hold_any_more_lifts_nothing() -> None:
    made = standing()
    made.console.interactive, made.console.answers = True, ["dev"]
    made.console.meanwhile = lambda: made.cloud.serials.update({tree.unit("app/rds-oracle"): 9})
    run = destroy(made, *LAYER, yes=False, confirm="")
    assert run.exit_code is Exit.REFUSED
    assert made.demolition.done == []


def test_a_database_that_an_apply_gives_up_by_name_is_unprotected_the_same_way() -> None:
    made = standing()
    assert apply(made, "dev", "app", "rds-oracle", allow_destroy=(ADDRESS,)).exit_code is Exit.FINE
    assert made.demolition.done == ["lift flowable-dev-work"]


def test_what_was_unprotected_and_still_stands_is_said() -> None:
    made = standing()
    made.engine.failing[Step.APPLY_SAVED, tree.unit("app/rds-oracle")] = "in use"
    run = destroy(made, *LAYER)
    assert run.exit_code is Exit.PARTLY_DONE
    assert f"deletion protection of {ADDRESS} was lifted, and it may still stand" in run.notes[0]


def test_an_error_of_our_own_while_protection_is_lifted_is_recorded_as_a_change() -> None:
    made = world().standing("app/rds-oracle").changing("app/rds-oracle", database())

    def broken() -> None:
        raise OSError("no space left")

    made.demolition.on_lift = broken
    with pytest.raises(OSError, match="no space left"):
        destroy(made, "dev", "app", "rds-oracle", allow_destroy=(ADDRESS,))
    assert made.journal.records[0].failed == (int(Exit.PARTLY_DONE), "OSError: no space left")


def test_protection_that_cannot_be_lifted_stops_the_run_and_what_was_destroyed_is_on_record() -> None:
    made = standing()
    made.demolition.refusing.add("flowable-dev-work")
    run = destroy(made, *LAYER)
    assert outcomes(run)["flowable-app"] == "destroyed"
    assert outcomes(run)["rds-oracle"] == "not-run"
    assert run.exit_code is Exit.PARTLY_DONE
    assert events(made, "lift", "lifted") == ["lift"]


def test_what_would_block_it_is_refused_before_anything_is_asked_or_destroyed() -> None:
    made = standing(database(final_snapshot_identifier="work-final", skip_final_snapshot=False))
    made.demolition.found = Found(snapshots=frozenset({"work-final"}))
    made.console.interactive = True
    with pytest.raises(Refused, match="is to be called work-final, and there is one") as refused:
        destroy(made, *LAYER, yes=False, confirm="")
    assert "aws rds copy-db-snapshot" in refused.value.next_step
    assert refused.value.next_step.endswith("flowops destroy dev app")
    assert made.console.asked == []
    assert steps(made) == [Step.PLAN_DESTROY]


def test_load_balancers_of_kubernetes_block_the_network_only_where_their_release_does_not_go_too() -> None:
    network = ResourceChange("aws_vpc.this", "aws_vpc", Action.DELETE, before={"id": "vpc-1"})
    release = ResourceChange("helm_release.this", "helm_release", Action.DELETE)
    made = world().standing("foundation/vpc").changing("foundation/vpc", network)
    made.demolition.found = Found(made=(Made("load balancer", "arn:lb", "vpc-1"),))
    with pytest.raises(Refused, match="load balancer arn:lb, which Kubernetes made"):
        destroy(made, "dev", "foundation")
    made.standing("app/flowable-app").changing("app/flowable-app", release)
    assert destroy(made, "dev").exit_code is Exit.FINE


def test_aws_is_not_asked_where_nothing_could_be_in_the_way() -> None:
    made = standing()
    destroy(made, *LAYER)
    assert made.demolition.looked_for == []


LEFT = (Standing(KEY, leaving=True), Standing(GROUP), Standing(FILES))


def left_behind() -> World:
    made = standing(replace(database(protected=False)))
    made.demolition.standing = LEFT
    return made


def test_what_is_left_is_listed_with_its_reason_and_offered_one_by_one() -> None:
    made = left_behind()
    made.console.interactive, made.console.answers = True, ["y"]
    run = destroy(made, *LAYER)
    assert made.console.asked == [f"Left behind: {GROUP}. Delete it? [y/N] "]
    assert made.demolition.done == [f"delete {GROUP}"]
    assert [note.split()[2].rstrip(",;") for note in run.notes] == [FILES, KEY]
    assert "it is left to you" in run.notes[0]
    assert "pending deletion" in run.notes[1]
    assert run.exit_code is Exit.FINE


def test_without_a_terminal_or_with_a_no_nothing_is_deleted() -> None:
    for interactive, answers in ((False, []), (True, ["n"]), (True, [])):
        made = left_behind()
        made.console.interactive, made.console.answers = interactive, list(answers)
        run = destroy(made, *LAYER)
        assert made.demolition.done == []
        assert any(GROUP in note for note in run.notes)


def test_a_destroy_repeated_over_nothing_offers_what_is_left_again() -> None:
    made = world()
    made.demolition.standing = (Standing(GROUP),)
    made.console.interactive, made.console.answers = True, ["y"]
    run = destroy(made, *LAYER)
    assert run.exit_code is Exit.FINE
    assert made.demolition.done == [f"delete {GROUP}"]


def test_a_sweep_that_fails_is_a_note_and_the_destroy_stays_done() -> None:
    made = left_behind()
    made.demolition.refusing = {"tags", GROUP}
    run = destroy(made, *LAYER)
    assert run.exit_code is Exit.FINE
    assert run.notes == ("what is left behind is not known: The tagging API does not answer.",)
    made = left_behind()
    made.demolition.refusing = {GROUP}
    made.console.interactive, made.console.answers = True, ["y"]
    run = destroy(made, *LAYER)
    assert any("it could not be deleted: AWS refused" in note for note in run.notes)


def test_one_unit_alone_is_not_swept_and_neither_is_what_is_not_done() -> None:
    made = left_behind()
    assert destroy(made, *LAYER, "flowable-app").notes == ()
    made = left_behind()
    made.engine.failing[Step.APPLY_SAVED, tree.unit("app/rds-oracle")] = "in use"
    assert not any("left behind" in note for note in destroy(made, *LAYER).notes)
