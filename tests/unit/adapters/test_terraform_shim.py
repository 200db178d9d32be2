from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowops.adapters.shim import shim_script
from flowops.adapters.terraform_shim import call_record, exit_of, quoted
from flowops.model.terraform_call import TerraformCall, command_of, unit_directory


@given(st.text(alphabet=st.characters(codec=None)))
def test_quoted_text_is_json_whatever_the_bytes_were(text: str) -> None:
    assert quoted(text).isascii()
    # JSON cannot tell two halves of one character from the character; a file name never holds such halves.
    assert json.loads(quoted(text)).encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


def test_an_undecodable_argument_survives_the_record() -> None:
    argument = os.fsdecode(b'-var=x=\xff\n"\\')
    record = json.loads(call_record(["plan", argument], "/somewhere/ü", 12.5, (1, 2)))
    assert record["argv"] == ["plan", argument]
    assert record["cwd"] == "/somewhere/ü"
    assert (record["started"], record["pid"], record["keeper"]) == (12.5, 1, 2)


@pytest.mark.parametrize(("status", "ended"), [(0, (0, 0)), (2 << 8, (2, 0)), (9, (137, 9)), (2 | 0x80, (130, 2))])
def test_a_wait_status_becomes_the_code_a_shell_would_give(status: int, ended: tuple[int, int]) -> None:
    assert exit_of(status) == ended


def test_the_script_goes_through_the_shim_only_for_commands_that_write() -> None:
    assert shim_script(Path("/a python/bin/python3"), Path("/run's/terraform_shim.pyc"), holds_signals=True) == (
        "#!/bin/sh\n"
        "# Written by flowops: terragrunt's way to terraform. Without FLOWOPS_CALLS it is plain terraform.\n"
        'if [ -n "$FLOWOPS_LANES" ]; then\n'
        '  unit="$(pwd -P)"\n'
        '  lane="$FLOWOPS_LANES${unit%%/.terragrunt-cache/*}/providers.json"\n'
        '  if [ -r "$lane" ]; then read -r TF_REATTACH_PROVIDERS < "$lane" && export TF_REATTACH_PROVIDERS; '
        "else unset GOGC; fi\n"
        "fi\n"
        'case "$1" in\n'
        "  apply | destroy | import | init | plan | refresh | state | untaint)\n"
        '    [ -z "$FLOWOPS_CALLS" ] || '
        "exec /usr/bin/env --block-signal=INT,TERM "
        "'/a python/bin/python3' -I -S '/run'\"'\"'s/terraform_shim.pyc' \"$@\" ;;\n"
        "esac\n"
        'exec "${FLOWOPS_TERRAFORM:?is not set: start terragrunt with flowops, or unset TG_TF_PATH}" "$@"\n'
    )


def test_the_script_does_without_held_signals_where_env_cannot_hold_them() -> None:
    script = shim_script(Path("/bin/python3"), Path("/shim.pyc"), holds_signals=False)
    assert "|| exec /bin/python3 -I -S /shim.pyc" in script


@pytest.mark.parametrize(
    ("cwd", "unit"),
    [
        ("/p/dev/foundation/vpc/.terragrunt-cache/aB3/xY9/vpc", "/p/dev/foundation/vpc"),
        ("/p/dev/foundation/vpc", "/p/dev/foundation/vpc"),
        ("/p/.terragrunt-cache-of-mine/vpc", "/p/.terragrunt-cache-of-mine/vpc"),
    ],
)
def test_a_call_belongs_to_the_unit_above_terragrunts_copy(cwd: str, unit: str) -> None:
    assert unit_directory(cwd) == Path(unit)


def test_the_command_stands_behind_global_options() -> None:
    assert command_of(("-chdir=elsewhere", "apply", "-auto-approve")) == "apply"
    assert command_of(("-version",)) == ""


@pytest.mark.parametrize(
    ("alive", "exit_code", "lost"), [(True, None, False), (False, 0, False), (False, 1, False), (False, None, True)]
)
def test_a_call_is_lost_when_it_is_gone_without_a_record(alive: bool, exit_code: int | None, lost: bool) -> None:
    nowhere = Path("/nowhere")
    call = TerraformCall(
        "apply", nowhere, nowhere, ("apply",), 1, 0.0, nowhere, nowhere, alive=alive, exit_code=exit_code
    )
    assert call.lost is lost
