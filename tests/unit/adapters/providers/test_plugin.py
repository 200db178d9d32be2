"""A provider's environment, its handshake, and how it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.providers.plugin import Greeting, Plugin, greeting, plugin_environment, start_plugin
from flowops.errors import ToolUnusable
from tests.unit.adapters.providers.fakes import FakeProcesses, FakeRunning

AWS = Path("/cache/terraform-provider-aws_v5.100.0_x5")
LINE = "1|5|unix|/run/plugin123|grpc|\n"


def plugin(running: FakeRunning) -> Plugin:
    for file in (running.stdout, running.stderr):
        file.touch()
    process: Any = running
    return Plugin(process)


@pytest.mark.parametrize(
    ("line", "protocol"),
    [
        (LINE, 5),
        ("1|6|unix|/run/plugin123|grpc|", 6),
        ("1|5|unix|/run/plugin123|grpc", 5),
        (LINE[:-1] + "|true\r\n", 5),
    ],
    ids=["AWS", "a newer protocol", "no word about TLS", "a newer go-plugin"],
)
def test_a_provider_says_how_and_where_it_can_be_spoken_to(line: str, protocol: int) -> None:
    assert greeting(line) == Greeting(protocol, "/run/plugin123")


@pytest.mark.parametrize(
    "line",
    [
        "1|5|unix|/run/plugin123|grpc|MIICMTCCAZKgAwIBAgIR\n",
        "1|5|tcp|127.0.0.1:1234|grpc|\n",
        "1|4|unix|/run/plugin123|grpc|\n",
        "1|7|unix|/run/plugin123|grpc|\n",
        "2|5|unix|/run/plugin123|grpc|\n",
        "1|5|unix|/run/plugin123|netrpc|\n",
        "1|5|unix|/run/plugin123\n",
        "This binary is a plugin. These are not meant to be executed directly.\n",
        "\n",
    ],
    ids=["TLS", "TCP", "too old", "too new", "another core", "net/rpc", "too short", "no cookie", "nothing"],
)
def test_any_other_handshake_is_refused(line: str) -> None:
    with pytest.raises(ToolUnusable, match="no handshake of go-plugin") as refused:
        greeting(line)
    assert "--warm-providers never" in refused.value.next_step


def test_a_long_line_is_quoted_in_part() -> None:
    with pytest.raises(ToolUnusable) as refused:
        greeting("x" * 5000)
    assert len(refused.value.happened) < 400


def test_a_provider_gets_what_terraform_would_have_and_the_words_of_the_handshake() -> None:
    env = plugin_environment({"AWS_PROFILE": "dev", "HOME": "/home/ann"}, AWS, Path("/run/pool"))
    assert (env["AWS_PROFILE"], env["HOME"]) == ("dev", "/home/ann")
    assert env["PLUGIN_PROTOCOL_VERSIONS"] == "5,6"
    assert env["PLUGIN_UNIX_SOCKET_DIR"] == "/run/pool"
    assert env["TF_PLUGIN_MAGIC_COOKIE"] == "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"


def test_what_would_break_a_shared_provider_is_left_out() -> None:
    given = {"AWS_CA_BUNDLE": "/ca.pem", "TF_REATTACH_PROVIDERS": "{}", "TF_CLI_CONFIG_FILE": "/rc"}
    assert not given.keys() & plugin_environment(given, AWS, Path("/run/pool")).keys()


@pytest.mark.parametrize(
    ("program", "variable"),
    [
        ("terraform-provider-aws_v5.100.0_x5", "TF_LOG_PROVIDER_AWS"),
        ("terraform-provider-google-beta_v5", "TF_LOG_PROVIDER_GOOGLE_BETA"),
        ("terraform-provider-helm", "TF_LOG_PROVIDER_HELM"),
    ],
)
def test_a_provider_logs_no_calls_whatever_the_caller_wished(program: str, variable: str) -> None:
    wished = {"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "DEBUG", "TF_LOG_SDK_PROTO": "TRACE", variable: "TRACE"}
    env = plugin_environment(wished, Path("/cache") / program, Path("/run/pool"))
    assert {env[name] for name in wished} == {"OFF"}


def test_a_provider_is_heard_once_it_said_a_whole_line(tmp_path: Path) -> None:
    running = FakeRunning(tmp_path)
    started = plugin(running)
    assert started.greeting() is None
    running.says("1|5|unix|/run/plu")
    assert started.greeting() is None
    running.says(LINE + "more that is of no interest\n")
    assert started.greeting() == Greeting(5, "/run/plugin123")


def test_a_provider_that_dies_at_once_is_quoted_with_its_last_line(tmp_path: Path) -> None:
    started = plugin(FakeRunning(tmp_path).dies(saying="panic: no memory\n\ngoroutine 1\nexit status 2\n"))
    with pytest.raises(ToolUnusable, match="ended before it was ready: exit status 2"):
        started.greeting()
    assert not started.alive


def test_a_provider_that_dies_in_silence_is_reported_too(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match="it did not say why"):
        plugin(FakeRunning(tmp_path).dies()).greeting()


def test_a_provider_lives_until_it_is_stopped(tmp_path: Path) -> None:
    running = FakeRunning(tmp_path)
    started = plugin(running)
    assert started.alive
    assert started.pid == running.pid
    started.stop()
    assert running.stopped
    assert not started.alive


def test_a_provider_is_started_without_arguments_in_the_pools_folder_and_dies_with_the_pool() -> None:
    processes: Any = FakeProcesses()
    start_plugin(processes, AWS, {"AWS_CA_BUNDLE": "/ca.pem", "HOME": "/home/ann"}, Path("/run/pool"), "provider-1")
    [(argv, how)] = processes.started
    assert argv == [str(AWS)]
    assert how == {
        "env": plugin_environment({"HOME": "/home/ann"}, AWS, Path("/run/pool")),
        "cwd": Path("/run/pool"),
        "stdout": Path("/run/pool/provider-1.out"),
        "stderr": Path("/run/pool/provider-1.err"),
        "dies_with_us": True,
    }
