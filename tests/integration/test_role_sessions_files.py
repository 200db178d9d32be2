"""Role sessions of a rehearsal have a name that no other rehearsal has, nor this one once it was forgotten."""

from __future__ import annotations

from pathlib import Path

from flowops.adapters.process import Processes
from flowops.app.standing import StandingRehearsal
from flowops.rehearsal.emulator import Endpoint
from flowops.rehearsal.workspace import Workspace
from tests.fakes.aws import config

HERE = Endpoint("http://127.0.0.1:9", 1)


def standing(folder: Path) -> StandingRehearsal:
    return StandingRehearsal(
        folder, config(), Workspace(folder / "kept"), processes=Processes(), ambient={}, say=print, ask=input
    )


def test_the_name_stays_until_the_rehearsal_is_forgotten(tmp_path: Path) -> None:
    name = standing(tmp_path).site(HERE).role_sessions
    assert name.startswith("flowops-")
    assert standing(tmp_path).site(HERE).role_sessions == name
    standing(tmp_path).down(forget=False)
    assert standing(tmp_path).site(HERE).role_sessions == name
    standing(tmp_path).down(forget=True)
    assert standing(tmp_path).site(HERE).role_sessions not in ("", name)


def test_two_rehearsals_share_no_name(tmp_path: Path) -> None:
    one, other = (standing(tmp_path / name).site(HERE).role_sessions for name in ("one", "other"))
    assert one != other
