"""How options and their variables become a request."""

from __future__ import annotations

from typing import Any

import click
import pytest

from flowops.cli import execute, root
from flowops.cli.options import run_request
from flowops.errors import Exit
from flowops.model.run import RunRequest, Verb, WarmProviders

RUNS = {"plan": Verb.PLAN, "apply": Verb.APPLY, "destroy": Verb.DESTROY}


def values(*words: str) -> dict[str, Any]:
    """Return what click reads from a command line, without doing what it says."""
    context, command, rest = click.Context(root), root, list(words)
    while isinstance(command, click.Group):
        _, command, rest = command.resolve_command(context, rest)
    return command.make_context("flowops", rest, parent=context).params


def request(verb: str, *words: str) -> RunRequest:
    return run_request(RUNS[verb], values(verb, "dev", *words))


@pytest.mark.parametrize("verb", RUNS)
@pytest.mark.parametrize("chosen", WarmProviders)
def test_who_shares_providers_can_be_said_for_every_run(verb: str, chosen: WarmProviders) -> None:
    assert request(verb, "--warm-providers", chosen.value).warm_providers is chosen


@pytest.mark.parametrize("verb", RUNS)
def test_who_shares_providers_is_decided_by_the_step_where_nothing_is_said(verb: str) -> None:
    assert request(verb) == RunRequest(RUNS[verb], "dev")
    assert request(verb).warm_providers is WarmProviders.AUTO


def test_the_variable_says_it_too_and_the_command_line_comes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWOPS_WARM_PROVIDERS", "never")
    assert request("apply").warm_providers is WarmProviders.NEVER
    assert request("apply", "--warm-providers", "always").warm_providers is WarmProviders.ALWAYS


def test_a_rehearsed_life_can_be_told_too() -> None:
    given = values("rehearse", "life", "dev", "--warm-providers", "always", "--parallelism", "3")
    assert (given["warm_providers"], given["parallelism"]) == (WarmProviders.ALWAYS, 3)


@pytest.mark.parametrize("verb", RUNS)
def test_a_wrong_value_is_answered_with_the_allowed_ones(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([verb, "dev", "--warm-providers", "sometimes"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "--warm-providers" in said
    assert all(f"'{it.value}'" in said for it in WarmProviders)


def test_a_wrong_variable_is_answered_like_a_wrong_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLOWOPS_WARM_PROVIDERS", "sometimes")
    assert execute(["plan", "dev"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert all(f"'{it.value}'" in said for it in WarmProviders)


def test_how_many_at_once_is_left_to_the_machine_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert request("plan").parallelism is None
    assert request("plan", "--parallelism", "3").parallelism == 3
    monkeypatch.setenv("FLOWOPS_PARALLELISM", "5")
    assert request("plan").parallelism == 5


@pytest.mark.parametrize("number", ["0", "-1", "65", "many"])
def test_a_number_at_once_that_makes_no_sense_is_a_usage_error(number: str) -> None:
    assert execute(["plan", "dev", f"--parallelism={number}"]) == Exit.USAGE
