"""Which program on PATH is taken, and which is passed over."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.toolchain import AWS_PROVIDER, HELM_PROVIDER, Machine, Toolchain, pinned_toolchain
from flowops.adapters.toolchain.binary import OwnCommand
from flowops.adapters.toolchain.mirrors import own_mirror, unpacked_in
from flowops.errors import ToolUnusable, UnknownTarget
from flowops.model.toolchain import Source, Tool, kubernetes_tools, terraform, terragrunt
from tests.integration.toolbox import Toolbox, script


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    return Toolbox(tmp_path)


def test_the_pinned_version_on_path_is_used_as_it_stands(box: Toolbox) -> None:
    program = box.place("terraform", script("Terraform v1.11.4"))
    status = box.binary(terraform("1.11.4")).install()
    assert (status.source, status.path, status.found, status.note) == (Source.PATH, str(program), "1.11.4", "")
    assert box.said == []
    assert not box.cache.exists()


def test_another_version_is_passed_over_for_the_right_one_further_down_path(box: Toolbox) -> None:
    box.place("terraform", script("Terraform v1.9.0"))
    right = box.place("terraform", script("Terraform v1.11.4"), box.folder / "later")
    box.env["PATH"] += f":{right.parent}"
    assert box.binary(terraform("1.11.4")).status().path == str(right)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (script("Terraform v1.9.0"), "is 1.9.0"),
        (script("Terraform v1.11.5"), "is 1.11.5"),
        (script("OpenTofu v1.11.4"), "answers 'OpenTofu v1.11.4' to version, which names no version"),
        (script("Terraform vlatest"), "names no version"),
        (b"#!/bin/sh\nprintf '\\377\\033[2J\\000'\n", "names no version"),
        (b"#!/bin/sh\nexit 0\n", "answers 'nothing' to version"),
        (b"\x7fELF cut off", "could not be started"),
    ],
)
def test_a_program_that_does_not_fit_is_named_with_the_reason(box: Toolbox, program: bytes, why: str) -> None:
    placed = box.place("terraform", program)
    status = box.binary(terraform("1.11.4")).status()
    assert not status.usable
    assert status.note.startswith(str(placed))
    assert why in status.note


def test_a_program_that_hangs_is_stopped_and_passed_over(box: Toolbox) -> None:
    box.place("terraform", script("Terraform v1.11.4", "sleep 600"))
    assert "did not end within 5 s" in box.binary(terraform("1.11.4")).status().note


def test_a_relative_entry_of_path_is_never_searched(box: Toolbox) -> None:
    program = box.place("terraform", script("Terraform v1.11.4"))
    box.env["PATH"] = f"{os.path.relpath(program.parent)}:"
    assert not box.binary(terraform("1.11.4")).status().usable


# `echo` is a real binary that answers whatever it is asked.
ECHO = Tool("echoed", "1.2.3", version_argv=("echoed 1.2.3",))


def test_a_binary_is_asked_once_and_again_when_it_changed(box: Toolbox) -> None:
    echo = shutil.which("echo")
    assert echo
    program = box.place("echoed", Path(echo).read_bytes())
    assert box.binary(ECHO).status().usable

    memory = box.cache / "versions.json"
    known = json.loads(memory.read_text())
    known[str(program)]["version"] = "9.9.9"
    memory.write_text(json.dumps(known))
    assert box.binary(ECHO).status().note == f"{program} is 9.9.9"

    program.touch()
    os.utime(program, ns=(1, 1))
    assert box.binary(ECHO).status().usable


def test_a_script_is_asked_every_time_for_it_may_be_a_version_manager(box: Toolbox) -> None:
    chosen = box.folder / "chosen"
    chosen.write_text("Terraform v1.11.4")
    box.place("terraform", f"#!/bin/sh\ncat {chosen}\n".encode())
    assert box.binary(terraform("1.11.4")).status().usable
    chosen.write_text("Terraform v1.10.0")
    assert not box.binary(terraform("1.11.4")).status().usable


def test_a_broken_memory_of_versions_is_forgotten(box: Toolbox) -> None:
    box.cache.mkdir()
    (box.cache / "versions.json").write_text("[")
    box.place("terraform", script("Terraform v1.11.4"))
    assert box.binary(terraform("1.11.4")).status().usable


def test_the_question_for_the_version_calls_nobody_and_carries_no_credentials(box: Toolbox) -> None:
    box.env["AWS_SECRET_ACCESS_KEY"] = "secret"
    box.env["TF_CLI_ARGS"] = "-help"
    seen = box.folder / "seen"
    box.place("terraform", script("Terraform v1.11.4", f"env > {seen}"))
    box.binary(terraform("1.11.4")).status()
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert "CHECKPOINT_DISABLE" in names
    assert not names & {"AWS_SECRET_ACCESS_KEY", "TF_CLI_ARGS"}


def test_the_aws_command_is_our_own_and_never_the_one_on_path(box: Toolbox) -> None:
    box.place("aws", script("aws-cli/1.0"))
    command = OwnCommand("aws", "awscli", "1.46.3", box.machine)
    assert command.status().source is Source.MISSING
    with pytest.raises(ToolUnusable, match="has no aws") as caught:
        command.install()
    assert "pip install --force-reinstall awscli" in caught.value.next_step

    own = box.place("aws", script("aws-cli/1.46.3"), box.scripts)
    assert (command.install().path, command.install().source) == (str(own), Source.PACKAGE)


@pytest.fixture
def toolchain(box: Toolbox) -> Toolchain:
    box.place("terraform", script("Terraform v1.11.4"))
    box.place("terragrunt", script("terragrunt version v1.1.3"))
    return pinned_toolchain(box.machine, Processes(), terraform_version="1.11.4", terragrunt_version="1.1.3")


def test_the_toolchain_lists_every_tool_and_fetches_nothing(box: Toolbox, toolchain: Toolchain) -> None:
    box.env["PATH"] = str(box.bin)  # this computer may have a kubectl of its own
    assert [(status.name, status.source) for status in toolchain.list()] == [
        ("terraform", Source.PATH),
        ("terragrunt", Source.PATH),
        ("hashicorp/aws", Source.MISSING),
        ("hashicorp/helm", Source.MISSING),
        ("aws", Source.MISSING),
        *((tool.name, Source.ON_DEMAND) for tool in kubernetes_tools()),
    ]
    assert {status.note for status in toolchain.list()[-6:]} == {"needed for rehearsals with Kubernetes"}
    assert box.said == []


def test_a_required_tool_is_a_path_and_a_wrong_name_is_answered_with_the_right_ones(
    box: Toolbox, toolchain: Toolchain
) -> None:
    assert toolchain.require("terragrunt") == box.bin / "terragrunt"
    assert [status.name for status in toolchain.install(["terraform"])] == ["terraform"]
    with pytest.raises(UnknownTarget, match="did you mean 'terragrunt'"):
        toolchain.install(["terraform", "teragrunt"])


def test_without_names_everything_is_installed_but_what_is_on_demand(box: Toolbox, toolchain: Toolchain) -> None:
    box.place("aws", script("aws-cli/1.46.3"), box.scripts)
    mirror = box.folder / "root" / "tf-plugins"
    for provider in (AWS_PROVIDER, HELM_PROVIDER):
        box.place(f"{provider.program}_x5", b"", unpacked_in(mirror, provider, box.machine.platform))

    installed = toolchain.install()

    assert [status.name for status in installed] == [
        "terraform",
        "terragrunt",
        "hashicorp/aws",
        "hashicorp/helm",
        "aws",
    ]
    assert all(status.usable for status in installed)
    assert box.said == []


def test_terraform_is_told_of_the_pinned_helm_provider_whatever_version_a_mirror_has(
    box: Toolbox, toolchain: Toolchain
) -> None:
    theirs, own = box.folder / "root" / "tf-plugins", own_mirror(box.machine)
    platform = box.machine.platform
    box.place("terraform-provider-helm_v2.17.0_x5", b"", theirs / HELM_PROVIDER.source / "2.17.0" / platform)
    box.place(HELM_PROVIDER.program, b"", unpacked_in(own, HELM_PROVIDER, platform))
    assert served(box, toolchain) == [{"path": str(own), "include": [HELM_PROVIDER.source]}]


def served(box: Toolbox, toolchain: Toolchain) -> list[dict[str, object]]:
    written = json.loads(toolchain.write_cli_configuration(box.folder / "terraform.tfrc").read_text())
    (installation,) = written["provider_installation"]
    return list(installation["filesystem_mirror"])


def test_a_toolchain_of_this_very_environment_has_the_aws_command(box: Toolbox) -> None:
    machine = Machine(**{**vars(box.machine), "scripts": Path(box.python).parent})
    toolchain = pinned_toolchain(machine, Processes(), terraform_version="1.11.4", terragrunt_version="1.1.3")
    done = Processes().run([str(toolchain.require("aws")), "--version"], env=box.env, cwd=box.folder, timeout=300)
    assert done.stdout.startswith(f"aws-cli/{toolchain.list()[-1].found}")
    assert terragrunt("1.1.3").name in {status.name for status in toolchain.list()}
