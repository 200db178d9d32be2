"""What flowops writes is its user's alone, whatever the shell's umask; what people commit is as open as its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import Flowops, open_to_others


def test_what_a_rehearsal_writes_is_for_its_owner_alone(flowops: Flowops, tmp_path: Path) -> None:
    own = {"TMPDIR": str(tmp_path / "tmp"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    for name in ("tmp", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    try:
        up = flowops("rehearse", "up", env=own)
        assert up.code == 0, up.err
    finally:
        flowops("rehearse", "down", env=own)
    written = {it.name for it in flowops.state.rglob("*")}
    assert {"config", "credentials", "settings.json", "files.json", "terragrunt.hcl"} <= written
    assert open_to_others(flowops.state / "flowops", tmp_path / "tmp", tmp_path / "run") == []
    flowops("rehearse", "down", "--forget", env=own)


@pytest.mark.parametrize(("folders", "files"), [(0o755, 0o644), (0o750, 0o640), (0o700, 0o600)])
def test_a_new_project_is_as_open_as_the_folder_around_it(
    flowops: Flowops, tmp_path: Path, folders: int, files: int
) -> None:
    around = tmp_path / "work"
    around.mkdir()
    around.chmod(folders)
    ended = flowops("init", str(around / "platform"))
    assert ended.code == 0, ended.err
    made = list(around.rglob("*"))
    assert {it.stat().st_mode & 0o777 for it in made if it.is_dir()} == {folders}
    assert {it.stat().st_mode & 0o777 for it in made if it.is_file()} == {files}
