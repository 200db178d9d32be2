"""Users as people and programs read them; a secret is where it was asked for, once."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace

import pytest
import segno

from flowops.cli.view.console import TerminalConsole
from flowops.cli.view.qr import QUIET, device_text, drawn, width
from flowops.cli.view.result import Result, envelope, show
from flowops.cli.view.tables import writer
from flowops.cli.view.users import (
    list_result,
    member_result,
    removed_result,
    rotated_result,
    show_result,
    switched_result,
)
from flowops.errors import PartlyDone
from flowops.model.user_requests import AddRequest, DisableRequest, Mfa, RemoveRequest, RotateRequest
from flowops.model.users import otpauth_uri
from flowops.operations.users import list_users, show_user
from flowops.operations.users_add import add_user
from flowops.operations.users_disable import disable_user
from flowops.operations.users_remove import remove_user
from flowops.operations.users_rotate import rotate_key
from tests.fakes.users import NOON, SECRET, Desk, key

URI = otpauth_uri("flowable_devops_user", "111111111111", "A" * 64)
JANE = AddRequest("jane", ("dev_dev_ops_admin",), mfa=Mfa.LATER)
UTF8 = {"TERM": "xterm-256color"}
BACK = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}


class Screen(io.StringIO):
    """A terminal of a certain encoding."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = True) -> None:
        super().__init__()
        self._encoding, self._terminal = encoding, terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


def pointed(text: str) -> str:
    return text.replace("flowops users", "flowops --rehearsal users")


def text_of(result: Result) -> str:
    shown = io.StringIO()
    writer(shown).print(result.text)
    return shown.getvalue()


def data_of(result: Result) -> str:
    return json.dumps(envelope(result))


def test_a_secret_that_is_shown_is_shown_once_in_either_form_with_a_warning() -> None:
    result = member_result("users add", add_user(JANE, Desk().ports), pointed)
    assert text_of(result).count(SECRET) == 1
    assert "shown this once" in text_of(result)
    assert data_of(result).count(SECRET) == 1


def test_a_secret_that_was_written_is_in_neither_form() -> None:
    result = member_result("users add", add_user(replace(JANE, write_profile=True), Desk().ports), pointed)
    assert SECRET not in text_of(result) + data_of(result)
    assert "profiles flowable-devops-admin, flowable-devops-admin-dev written into /aws/credentials" in text_of(result)
    assert '"secret": null' in data_of(result)


def test_what_follows_leads_to_the_same_aws() -> None:
    result = member_result("users add", add_user(JANE, Desk().ports), pointed)
    assert "flowops --rehearsal users adopt jane" in text_of(result)
    assert "flowops --rehearsal users adopt jane" in data_of(result)


def test_the_list_and_one_user_say_age_use_reach_and_what_is_due() -> None:
    desk = Desk()
    desk.user(
        "jane", path="/", groups=("dev_dev_ops_admin",), keys=(key("AKIAJANE", days=91, used=3),), inline=("own",)
    )
    desk.user("robot", path="/machines/")
    listed = list_result(list_users(desk.ports), NOON, pointed)
    for said in ("91 days", "used 3 days ago", "DevOpsAdminRole", "adopt", "rotate", "others", "robot"):
        assert said in text_of(listed) + data_of(listed)
    shown = show_result(show_user("jane", desk.ports), NOON, pointed)
    assert "policies that do not belong" in text_of(shown)
    assert "flowops --rehearsal users rotate jane" in text_of(shown)
    assert json.loads(data_of(shown))["data"]["policies"] == ["own"]


def test_every_step_of_a_leaving_is_said() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIA0000000000000ONE"),))
    rotated = rotated_result(rotate_key(RotateRequest("jane"), desk.ports), pointed)
    assert SECRET in text_of(rotated)
    assert "flowops --rehearsal users rotate jane" in text_of(rotated)
    disabled = switched_result(disable_user(DisableRequest("jane", yes=True), desk.ports), pointed)
    assert "flowops --rehearsal users disable jane --undo" in text_of(disabled)
    gone = removed_result(remove_user(RemoveRequest("jane", yes=True, confirm="jane"), desk.ports))
    assert "removed access key AKIA0000000000000ONE" in text_of(gone)
    assert text_of(gone).rstrip().endswith("removed user jane")


@pytest.mark.parametrize("closed", [True, False])
def test_a_secret_that_nobody_came_to_read_is_said_to_be_lost(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    made = member_result("users add", add_user(JANE, Desk().ports), str)
    reader, writing = os.pipe()
    os.close(reader)
    with open(writing, "w") as left, open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", left if closed else full)
        with pytest.raises(PartlyDone, match="cannot be written to stdout, and nobody has it") as error:
            show(made, "table")
    assert error.value.next_step == "flowops users rotate jane"
    assert SECRET not in str(error.value)


def test_a_key_that_went_into_a_profile_is_not_lost_with_the_result() -> None:
    desk = Desk()
    assert member_result("users add", add_user(replace(JANE, write_profile=True), desk.ports), str).lost is None
    desk.user("joe")
    rotated = rotated_result(rotate_key(RotateRequest("joe"), desk.ports), str)
    assert rotated.lost is not None
    assert rotated.lost.next_step == "flowops users rotate joe"


def test_the_name_of_a_profile_does_not_steer_a_terminal() -> None:
    desk = Desk()
    desk.user("jane", keys=(key("AKIAJANE"),))
    desk.files.profiles = {"j\x1b]0;own\x07ane": {"aws_access_key_id": "AKIAJANE"}}
    gone = removed_result(remove_user(RemoveRequest("jane", True, True, "jane"), desk.ports))
    assert "removed profile jane" in text_of(gone)


def test_the_drawn_code_is_the_code_module_by_module() -> None:
    rows: list[list[int]] = []
    for line in drawn(URI, coloured=False):
        pairs = [BACK[it] for it in line]
        rows += [[1 - upper for upper, _ in pairs], [1 - lower for _, lower in pairs]]
    code = segno.make_qr(URI, error="l", boost_error=False)
    assert rows[: width(URI)] == [list(row) for row in code.matrix_iter(border=QUIET)]


@pytest.mark.parametrize(
    ("screen", "columns", "environment"),
    [
        (Screen("iso-8859-1"), 120, UTF8),
        (Screen("ascii"), 120, UTF8),
        (Screen(terminal=False), 120, UTF8),
        (Screen(), 40, UTF8),
        (Screen(), 120, {"TERM": "dumb"}),
        (Screen(), 120, {}),
    ],
)
def test_where_a_code_cannot_be_shown_the_text_in_it_is(
    screen: Screen, columns: int, environment: Mapping[str, str]
) -> None:
    text = device_text(URI, screen, columns, environment)
    assert URI in text
    assert text.isascii()


def test_a_code_has_its_own_colours_unless_nobody_wants_any() -> None:
    assert "\x1b[97;40m" in device_text(URI, Screen(), 120, UTF8)
    assert "\x1b[97;40m" in device_text(URI, Screen(), 120, {**UTF8, "NO_COLOR": ""})
    plain = device_text(URI, Screen(), 120, {**UTF8, "NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert "AAAA AAAA" in plain
    assert max(map(len, plain.splitlines())) == width(URI) == 53


def test_lines_from_files_cannot_steer_a_terminal() -> None:
    screen = Screen()
    TerminalConsole(screen, interactive=True).block("+[profile x]\n+\x1b[2Jregion = \x9bevil")
    assert "\x1b" not in screen.getvalue()
    assert screen.getvalue().count("\n") == 2
