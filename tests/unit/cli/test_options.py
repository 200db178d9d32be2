"""How options and their variables become a request."""

from __future__ import annotations

from typing import Any

import click
import pytest

from flowops.cli import execute, root
from flowops.cli.options import run_request
from flowops.errors import Exit
from flowops.model.run import RunRequest, Verb, WarmProviders
from tests.unit.cli.walk import EVERY

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


@pytest.mark.parametrize(
    ("said", "seconds"), [("90", 90), ("90s", 90), ("45m", 2700), ("1h30m", 5400), ("2h", 7200), ("1d2h", 93600)]
)
def test_how_long_a_unit_may_take_is_said_in_days_hours_minutes_and_seconds(said: str, seconds: float) -> None:
    assert request("apply", "--unit-timeout", said).unit_timeout == seconds


@pytest.mark.parametrize(
    "said", ["", "0", "soon", "-5", "5w", "1h1d", "1m1h", "3654d", "99999999999999999999d", "9" * 400, "nan", "inf"]
)
@pytest.mark.parametrize("words", [["apply", "dev", "--unit-timeout"], ["gc", "--older-than"]])
def test_what_is_no_length_of_time_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*words[:-1], f"{words[-1]}={said}"]) == Exit.USAGE
    error = capsys.readouterr().err
    assert f"Invalid value for '{words[-1]}'" in error
    assert len(error) < 400


@pytest.mark.parametrize("said", ["nan", "inf", "-inf", "-1", "1e308", "1048577", "much", "9" * 400])
def test_what_is_no_size_of_caches_is_refused(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["doctor", f"--cache-limit={said}"]) == Exit.USAGE
    assert "Invalid value for '--cache-limit'" in capsys.readouterr().err
    monkeypatch.setenv("FLOWOPS_CACHE_LIMIT", said)
    assert execute(["doctor"]) == Exit.USAGE
    assert "Invalid value for the variable FLOWOPS_CACHE_LIMIT" in capsys.readouterr().err


def test_every_number_has_an_end() -> None:
    for command in EVERY.values():
        for it in command.params:
            if isinstance(it.type, click.types.IntParamType | click.types.FloatParamType):
                assert isinstance(it.type, click.IntRange), it.name
                assert it.type.max is not None, it.name


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


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_all_environments_stands_in_place_of_the_environment(verb: str) -> None:
    read = run_request(RUNS[verb], values(verb, "--all-environments", "foundation", "vpc"))
    assert (read.environment, read.layer, read.unit) == ("", "foundation", "vpc")
    assert run_request(RUNS[verb], values(verb, "--all-environments")) == RunRequest(RUNS[verb], "")
    assert execute([verb, "--all-environments", "dev", "foundation", "vpc"]) == Exit.USAGE


@pytest.mark.parametrize("flag", ["--allow-destroy", "--allow-replace"])
def test_data_is_given_up_in_one_environment_at_a_time(flag: str) -> None:
    assert execute(["apply", "--all-environments", flag, "*"]) == Exit.USAGE


def test_a_destroy_is_never_for_all_environments() -> None:
    assert execute(["destroy", "--all-environments"]) == Exit.USAGE


def test_a_name_that_confirms_is_taken_as_it_is_and_a_wrong_one_is_left_to_the_run() -> None:
    assert request("apply", "--confirm", "dev").confirm == "dev"
    assert request("apply", "--confirm", "dev", "--confirm", "prod").confirm == "prod"
    assert request("apply").confirm == ""


def test_a_safeguard_is_left_out_by_its_name_only() -> None:
    assert request("destroy", "--without-safeguard", "git_clean").without_safeguards == ("git_clean",)
    assert execute(["apply", "dev", "--without-safeguard", "all"]) == Exit.USAGE
