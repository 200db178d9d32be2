"""The verdict on journals: their chains, and their copies."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from flowops.errors import CredentialsError, Exit, UnknownTarget
from flowops.model.chain import Flaw
from flowops.model.record import RecordedRun
from flowops.model.run import RunRequest, Verb
from flowops.operations import audit
from tests.fakes.recorded import FakeRuns, finished, recorded

RUN = recorded(finished())
PLAN = recorded(finished(), run_id="20261128T120000Z-plan-dev", request=RunRequest(Verb.PLAN, "dev"))
OPEN = recorded(run_id="open")


@dataclass
class Bucket:
    objects: dict[str, bytes] = field(default_factory=dict)
    away: bool = False

    def kept(self, environment: str, run_id: str, name: str) -> bytes | None:
        if self.away:
            raise CredentialsError("nobody is let in")
        return self.objects.get(f"{environment}/{run_id}/{name}")


def runs(*of: RecordedRun, content: bytes = b"one\ntwo\n") -> FakeRuns:
    return FakeRuns(list(of), contents={it.id: content for it in of})


def verdict(bucket: Bucket | None, folders: FakeRuns) -> audit.Audited:
    (found,) = audit.verify((), folders, bucket)
    return found


def test_a_broken_chain_is_a_failure_and_the_others_are_checked_all_the_same() -> None:
    folders = runs(RUN, PLAN)
    folders.broken[RUN.id] = (Flaw(3, "was changed"),)
    found = audit.verify((), folders, None)
    assert [(it.run_id, it.flaws) for it in found] == [(RUN.id, (Flaw(3, "was changed"),)), (PLAN.id, ())]
    assert audit.exit_code(found) is Exit.FAILED
    assert audit.exit_code(found[1:]) is Exit.FINE


def test_only_the_named_runs_are_checked() -> None:
    assert [it.run_id for it in audit.verify([PLAN.id], runs(RUN, PLAN), None)] == [PLAN.id]
    with pytest.raises(UnknownTarget):
        audit.verify(["paln"], runs(RUN, PLAN), None)


def test_a_copy_that_says_the_same_is_fine() -> None:
    bucket = Bucket({f"dev/{RUN.id}/events.jsonl": b"one\ntwo\n"})
    assert verdict(bucket, runs(RUN)) == audit.Audited(RUN.id, ())


@pytest.mark.parametrize(
    ("copy", "line"), [(b"one\nTWO\n", 2), (b"one\n", 2), (b"one\ntwo\nthree\n", 3), (b"one\ntwo", 3)]
)
def test_the_first_line_that_differs_from_the_copy_is_named(copy: bytes, line: int) -> None:
    bucket = Bucket({f"dev/{RUN.id}/events.jsonl": copy})
    assert [it.line for it in verdict(bucket, runs(RUN)).flaws] == [line]


def test_a_copy_that_is_gone_is_a_flaw_and_one_that_never_was_made_a_remark() -> None:
    folders = runs(RUN)
    assert verdict(Bucket(), folders).flaws == (Flaw(1, "has no copy in the state bucket"),)
    folders.waiting.add(RUN.id)
    assert verdict(Bucket(), folders).flaws == ()
    assert "not copied to the state bucket yet" in verdict(Bucket(), folders).remarks[0]


def test_a_copy_that_was_cut_short_is_a_remark_and_what_of_it_is_there_is_compared() -> None:
    """flowops was killed while it copied: the marker that it awaits its copy stands, and so do some of the files."""
    folders = runs(RUN)
    folders.waiting.add(RUN.id)
    folders.beside[RUN.id, "run.json"] = b"applied"
    bucket = Bucket({f"dev/{RUN.id}/events.jsonl": b"one\ntwo\n"})
    found = verdict(bucket, folders)
    assert found.flaws == ()
    assert "not copied to the state bucket yet" in found.remarks[0]
    bucket.objects[f"dev/{RUN.id}/run.json"] = b"failed"
    assert [it.file for it in verdict(bucket, folders).flaws] == ["run.json"]


def test_a_bucket_that_cannot_be_reached_is_a_remark() -> None:
    found = verdict(Bucket(away=True), runs(RUN))
    assert (found.flaws, found.remarks) == ((), ("the copy was not compared: nobody is let in",))


@pytest.mark.parametrize("run", [PLAN, OPEN])
def test_plans_and_unfinished_runs_need_no_copy(run: RecordedRun) -> None:
    assert verdict(Bucket(), runs(run)) == audit.Audited(run.id, ())


@pytest.mark.parametrize(("here", "there"), [(b"applied", b"failed"), (None, b"applied"), (b"applied", None)])
@pytest.mark.parametrize("name", ["events.head", "run.json", "logs/foundation-vpc.log"])
def test_every_file_beside_the_events_is_compared_with_its_copy(name: str, here: bytes | None, there: bytes) -> None:
    folders = runs(RUN)
    folders.beside[RUN.id, name] = here
    bucket = Bucket({f"dev/{RUN.id}/events.jsonl": b"one\ntwo\n"})
    bucket.objects |= {f"dev/{RUN.id}/{name}": there} if there else {}
    assert verdict(bucket, folders).flaws == (Flaw(0, "is not what its copy in the state bucket says", name),)
    folders.beside[RUN.id, name] = there
    assert verdict(bucket, folders).flaws == ()


def test_a_journal_written_anew_as_a_plans_or_without_its_end_is_compared_all_the_same() -> None:
    """A whole new chain fits in itself: only the copy tells, so nothing in the chain may say that there is none."""
    plan = recorded(finished(), run_id=RUN.id, request=RunRequest(Verb.PLAN, "dev"))
    unended = recorded(run_id=RUN.id)
    for rewritten in (plan, unended):
        bucket = Bucket({f"dev/{RUN.id}/events.jsonl": b"one\n"})
        assert [it.what for it in verdict(bucket, runs(rewritten)).flaws] == [
            "is not what the copy in the state bucket says"
        ]


def test_what_a_journal_does_not_cover_is_said() -> None:
    folders = runs(RUN)
    folders.open_to[RUN.id] = ("its logs are not covered",)
    assert verdict(None, folders) == audit.Audited(RUN.id, (), ("its logs are not covered",))
    assert verdict(Bucket(away=True), folders).remarks[0] == "its logs are not covered"
