"""recover: what is saved, what is refused, who has to agree, and what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flowops.errors import Declined, Exit, LockHeld, PartlyDone, Refused, UnknownTarget
from flowops.model.creations import Creation
from flowops.model.recovery import Recovered
from flowops.model.run import Outcome
from flowops.model.state import Lock
from flowops.model.upkeep import Trouble
from flowops.operations import recover as operations
from flowops.operations.recover_version import kept_versions
from tests.fakes import tree
from tests.fakes.recovering import EKS, VPC, Accident, request
from tests.fakes.recovery import START, state

OLD, NEW = state(5, "aws_vpc.this"), state(6, "aws_vpc.this", "aws_subnet.this")
TAINTED = state(5, "aws_db_instance.this!")


def accident(**more: Any) -> Accident:
    """An unsaved state that follows on what stands."""
    made = Accident(**more).standing(VPC, OLD)
    made.unsaved.add(VPC, NEW)
    return made


def only(done: Recovered) -> tuple[Outcome, str]:
    assert done.run is not None
    (one,) = done.run.units
    return one.outcome, one.reason


# -- unsaved states --------------------------------------------------------------------------------------------------


def test_an_unsaved_state_is_pushed_read_back_released_and_written_down() -> None:
    made = accident()
    done = made.recover(yes=True)
    assert only(done) == (Outcome.RECOVERED, "saved and read back: serial 6, 2 resources")
    assert done.exit_code is Exit.FINE
    assert made.world.histories.kept[VPC][-1] == NEW
    assert made.unsaved.kept == {}
    (saved,) = made.said("saved")
    assert (saved["serial"], saved["lineage"], saved["resources"], saved["forced"]) == (6, "one", 2, False)
    assert made.terraform.calls == [("push", VPC.id, "", "01-state-push", "FLOWOPS_ASSUME_ROLE_ARN")]


def test_nothing_to_recover_takes_no_lease_and_writes_no_record() -> None:
    made = Accident().standing(VPC, OLD)
    assert made.recover("dev") == Recovered()
    assert made.recover("dev").exit_code is Exit.FINE
    assert made.world.journal.records == []


@pytest.mark.parametrize("stands", [state(6), state(7), state(1, lineage="two"), b"", b"{"])
def test_what_does_not_follow_is_refused_with_what_differs_and_nothing_is_pushed(stands: bytes) -> None:
    made = accident().standing(VPC, stands)
    with pytest.raises(Refused, match="does not follow on what stands") as refused:
        made.recover(yes=True)
    assert "flowops recover dev foundation vpc --list" in refused.value.next_step
    assert made.terraform.calls == []
    assert made.unsaved.kept
    assert made.world.journal.records[-1].failed is not None


def test_force_needs_the_environments_name_and_marks_the_state_as_chosen() -> None:
    made = accident().standing(VPC, state(9, lineage="two"))
    with pytest.raises(Declined) as declined:
        made.recover(yes=True, force=True)
    assert declined.value.next_step == "flowops recover dev foundation vpc --force --yes --confirm dev"
    done = made.recover(yes=True, force=True, confirm="dev")
    assert only(done)[0] is Outcome.RECOVERED
    assert made.terraform.calls[-1][2] == "force"
    assert made.world.histories.accepted[VPC] == ["v2"]


def test_what_cannot_be_read_is_not_saved_by_force_either() -> None:
    made = Accident().standing(VPC, OLD)
    made.unsaved.add(VPC, b"{")
    with pytest.raises(Refused, match="the file cannot be read"):
        made.recover(yes=True, force=True, confirm="dev")


def test_one_that_does_not_fit_keeps_all_from_being_pushed() -> None:
    made = accident().standing(EKS, state(9))
    made.unsaved.add(EKS, NEW)
    with pytest.raises(Refused, match="dev/foundation/eks"):
        made.recover("dev", yes=True)
    assert made.terraform.calls == []


def test_a_state_that_somebody_pushed_by_hand_only_releases_the_unit() -> None:
    made = accident().standing(VPC, OLD, state(8, "aws_vpc.this", "aws_subnet.this"))
    assert only(made.recover())[0] is Outcome.UNCHANGED
    assert made.unsaved.kept == {}
    assert made.terraform.calls == []


@pytest.mark.parametrize(("trouble", "lies"), [("Error acquiring the state lock", False), ("", True)])
def test_a_push_that_did_not_get_there_leaves_the_unit_blocked(trouble: str, lies: bool) -> None:
    made = accident()
    made.terraform.trouble, made.terraform.lies = trouble, lies
    done = made.recover(yes=True)
    outcome, reason = only(done)
    assert outcome is Outcome.FAILED
    assert (trouble or "what stands has serial 5 instead of 6") in reason
    assert done.exit_code is Exit.FAILED
    assert made.unsaved.kept
    assert [it.command for it in done.findings] == ["flowops recover dev foundation vpc"]


def test_copies_that_differ_are_explained_and_the_chosen_one_sets_the_others_aside() -> None:
    made = accident()
    made.unsaved.add(VPC, NEW, OLD)
    newest, older = made.unsaved.kept[VPC]
    with pytest.raises(Refused, match="2 unsaved states that differ") as refused:
        made.recover(yes=True)
    assert f"--copy {newest.sha256[:12]}" in refused.value.next_step
    assert f"--copy {older.sha256[:12]}" in refused.value.next_step
    assert "serial 6, 2 resources" in refused.value.happened
    with pytest.raises(UnknownTarget):
        made.recover(yes=True, copy="nothing")
    assert "set aside" in only(made.recover(yes=True, copy=newest.sha256[:12]))[1]
    assert made.said("saved")[0]["set_aside"] == [older.path]


def test_somebody_has_to_agree_and_in_a_protected_environment_by_its_name() -> None:
    made = accident()
    with pytest.raises(Declined) as declined:
        made.recover()
    assert declined.value.next_step == "flowops recover dev foundation vpc --yes"
    made.world.console.interactive = True
    made.world.console.answers = ["no"]
    with pytest.raises(Declined, match="was declined"):
        made.recover()
    made.world.console.answers = ["y"]
    assert only(made.recover())[0] is Outcome.RECOVERED
    assert any("serial 5 with 1 resources stands; the unsaved state is" in it for it in made.world.console.notes)
    prod = tree.unit("foundation/vpc", "prod")
    made.world.histories.kept[prod] = [OLD]
    made.unsaved.add(prod, NEW)
    made.world.console.interactive = False
    with pytest.raises(Declined) as declined:
        made.recover("prod", yes=True)
    assert declined.value.next_step == "flowops recover prod --yes --confirm prod"
    with pytest.raises(Declined, match="--confirm says 'dev'"):
        made.recover("prod", confirm="dev")


def test_a_locked_unit_is_not_touched() -> None:
    made = accident()
    made.world.cloud.held[VPC] = Lock("key", "77aa", "ann@host", "OperationTypeApply", "now")
    with pytest.raises(LockHeld, match="ann@host"):
        made.recover(yes=True)
    assert made.terraform.calls == []


@pytest.mark.parametrize(("yes", "code"), [(True, Exit.PARTLY_DONE), (False, Exit.FAILED)])
def test_an_error_of_our_own_is_recorded_as_a_change_once_somebody_agreed_to_one(yes: bool, code: Exit) -> None:
    made = accident()
    made.world.console.interactive = True
    made.world.console.meanwhile = made.terraform.afterwards = _broken
    with pytest.raises(OSError, match="no space left"):
        made.recover(yes=yes)
    assert made.world.journal.records[-1].failed == (int(code), "OSError: no space left")


def _broken() -> None:
    raise OSError("no space left")


def test_a_recovery_holds_the_lease_and_gives_it_back() -> None:
    made = accident()
    made.recover(yes=True)
    assert [name for name, _ in made.events][:3] == ["caller", "recovery", "lease"]
    assert made.said("recovery") == [{"command": "flowops recover dev foundation vpc --yes"}]


def test_a_lease_that_ran_out_while_the_machine_slept_at_the_question_recovers_nothing() -> None:
    made = accident()
    made.world.console.interactive, made.world.console.answers = True, ["y"]
    lost = Trouble(Exit.LOCKED, "the lease was lost")
    made.world.console.meanwhile = lambda: setattr(made.world.leases.lease, "overslept", lost)
    with pytest.raises(LockHeld, match="the lease was lost"):
        made.recover()
    assert made.terraform.calls == []


# -- versions --------------------------------------------------------------------------------------------------------


def test_versions_are_listed_newest_first() -> None:
    made = Accident().standing(VPC, OLD, None, b"")
    found = kept_versions(request(), made.ports)
    assert [(it.version.id, it.remark.partition(",")[0]) for it in found] == [
        ("v3", "is empty"),
        ("v2", "deleted"),
        ("v1", ""),
    ]


def test_a_version_is_brought_back_after_the_difference_was_shown() -> None:
    made = Accident().standing(VPC, OLD, NEW)
    done = made.recover(yes=True, version="v1")
    assert only(done)[0] is Outcome.RECOVERED
    assert made.world.histories.kept[VPC] == [OLD, NEW, OLD]
    assert f"{VPC.id}: the state would no longer know aws_subnet.this" in made.world.console.notes
    (restored,) = made.said("restored")
    assert (restored["version"], restored["replaced"], restored["serial"]) == ("v1", "v2", 5)


def test_an_unknown_or_damaged_version_is_answered_with_the_good_ones() -> None:
    made = Accident().standing(VPC, OLD, None, b"", NEW)
    with pytest.raises(UnknownTarget, match="known: v1, v4"):
        made.recover(yes=True, version="v9")
    for version, told in (("v2", "marks a deletion"), ("v3", "is empty")):
        with pytest.raises(Refused, match=told):
            made.recover(yes=True, version=version)
    assert made.world.journal.records == []


def test_a_restore_that_somebody_else_overwrote_is_not_called_one() -> None:
    made = Accident().standing(VPC, OLD, NEW)
    made.world.histories.overwritten = state(9)
    with pytest.raises(PartlyDone, match="another state of dev/foundation/vpc stands"):
        made.recover(yes=True, version="v1")


def test_a_state_that_cannot_be_read_back_is_partly_done_and_says_how_to_look() -> None:
    made = Accident().standing(VPC, TAINTED)
    made.terraform.afterwards = lambda: made.world.histories.kept[VPC].append(None)
    with pytest.raises(PartlyDone, match="cannot be read back") as unread:
        made.recover(yes=True, untaint="aws_db_instance.this")
    assert unread.value.next_step == "flowops recover dev foundation vpc --list"


# -- tainted resources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["aws_db_instance.this", "foundation/vpc//aws_db_instance.this"])
def test_a_tainted_resource_is_kept_once_somebody_says_that_it_is_whole(address: str) -> None:
    made = Accident().standing(VPC, TAINTED)
    with pytest.raises(Declined):
        made.recover(untaint=address)
    assert only(made.recover(yes=True, untaint=address))[0] is Outcome.RECOVERED
    assert made.terraform.calls[0][:4] == ("untaint", VPC.id, "aws_db_instance.this", "01-untaint")
    (written,) = made.said("untainted")
    assert (written["address"], written["id"], written["serial"]) == ("aws_db_instance.this", "id-this", 6)


def test_what_is_not_tainted_stays_as_it_is() -> None:
    made = Accident().standing(VPC, OLD)
    assert only(made.recover(untaint="aws_vpc.this")) == (Outcome.UNCHANGED, "aws_vpc.this is not tainted")
    assert made.terraform.calls == []


def test_an_unknown_address_or_another_unit_is_answered_with_the_nearest() -> None:
    made = Accident().standing(VPC, TAINTED)
    with pytest.raises(UnknownTarget, match=r"known: aws_db_instance\.this"):
        made.recover(yes=True, untaint="aws_db_instance.that")
    with pytest.raises(UnknownTarget, match="known: foundation/vpc"):
        made.recover(yes=True, untaint="foundation/eks//aws_db_instance.this")
    made.standing(VPC, b"")
    with pytest.raises(Refused, match="cannot be read"):
        made.recover(yes=True, untaint="aws_db_instance.this")


def test_an_untaint_that_terraform_refuses_is_a_failure() -> None:
    made = Accident().standing(VPC, TAINTED)
    made.terraform.trouble = "No such resource instance"
    assert only(made.recover(yes=True, untaint="aws_db_instance.this")) == (Outcome.FAILED, "No such resource instance")


# -- what is left to decide ------------------------------------------------------------------------------------------


def creation(address: str, id_: str) -> Creation:
    return Creation(address, id_, "run-0", START + timedelta(hours=1))


def test_what_is_left_to_decide_is_named_with_the_command_that_mends_it() -> None:
    made = Accident().standing(VPC, OLD, b"").standing(EKS, TAINTED)
    made.world.creations.made[EKS] = (creation("aws_eks_cluster.this", "cluster"),)
    done = made.recover("dev")
    assert done.exit_code is Exit.CHANGES
    assert [(it.unit, it.command) for it in done.findings] == [
        (VPC, "flowops recover dev foundation vpc --version v1"),
        (EKS, "flowops recover dev foundation eks --imports"),
        (EKS, "flowops recover dev foundation eks --untaint foundation/eks//aws_db_instance.this"),
    ]


def test_imports_are_printed_or_written_for_what_no_state_ever_knew() -> None:
    made = Accident().standing(VPC, state(4, "aws_vpc.was"), OLD)
    made.world.creations.made[VPC] = (
        creation("aws_vpc.was", "id-was"),
        creation("aws_vpc.new", "vpc-2"),
        creation("aws_vpc.flying", ""),
    )
    ((lost, text, path),) = operations.imports(request(), made.ports, write=False).values()
    assert [it.address for it in lost.complete] == ["aws_vpc.new"]
    assert [it.address for it in lost.in_flight] == ["aws_vpc.flying"]
    assert path == ""
    assert made.imports.written == {}
    operations.imports(request(), made.ports, write=True)
    assert made.imports.written == {VPC: text}
