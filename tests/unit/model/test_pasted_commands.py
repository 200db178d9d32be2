"""Commands to paste that hold what others wrote: nothing but flowops runs, with that text as one word."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.model.locks import Life, Sign, of_lock, release_command
from flowops.model.record import on_run, resuming
from flowops.model.run import RunRequest, Verb
from flowops.model.state import Lock
from tests.fakes import tree

ENVIRONMENT = tree.environment()
PROTECTED = tree.environment(protected=True)
SIGN = Sign(Life.UNKNOWN, "nobody knows")
HOSTILE = ("x; touch /tmp/pwned #", "$(id)", "`id`", "a b", "'", '"', "-rf", "--unreadable", "a\nb", "*")


@pytest.mark.parametrize("id_", HOSTILE)
def test_the_id_of_a_lock_or_lease_is_one_word_of_the_command_that_releases_it(id_: str) -> None:
    lock = Lock("2/dev/foundation/vpc.tflock", id_, "mallory", "apply", "", "etag")
    words = shlex.split(of_lock(PROTECTED, "dev/foundation/vpc", lock, SIGN).release)
    assert words[:3] == ["flowops", "locks", "release"]
    assert sorted(words[3:]) == sorted([id_, "--confirm", PROTECTED.name, *(["--"] if id_.startswith("-") else [])])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_key_or_an_id_holds_it_stays_one_word(text: str) -> None:
    assert shlex.split(release_command(ENVIRONMENT, "", text))[3:] == ["--unreadable", text]
    assert shlex.split(release_command(ENVIRONMENT, text, "x"))[-1] == text
    assert shlex.split(on_run("tail", text)) == ["flowops", "runs", "tail", text]
    assert shlex.split(resuming(RunRequest(Verb.APPLY, "dev"), text))[-1] == text


def test_what_is_harmless_is_written_as_ever() -> None:
    assert release_command(PROTECTED, "1-2-3", "x") == f"flowops locks release 1-2-3 --confirm {PROTECTED.name}"
    assert release_command(ENVIRONMENT, "", "dev/foundation/vpc") == (
        "flowops locks release --unreadable dev/foundation/vpc"
    )
    assert resuming(RunRequest(Verb.DRIFT, "dev", "foundation"), "x") == "flowops drift dev foundation"
