"""The seed of an MFA device in a file: for its owner alone, over nothing, and an error that says which file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flowops.adapters.seed_files import NewSeedFiles
from flowops.errors import OperationFailed, UsageError

SEED = "JBSWY3DPEHPK3PXP"


def test_a_seed_is_for_its_owner_alone(tmp_path: Path) -> None:
    seeds, path = NewSeedFiles(), tmp_path / "seed"
    seeds.reserve(str(path))
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("", 0o600)
    seeds.fill(str(path), SEED)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (f"{SEED}\n", 0o600)
    seeds.give_up(str(path))
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_stands_is_taken_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("mine", "link"):
        with pytest.raises(UsageError, match="is there already"):
            NewSeedFiles().reserve(str(tmp_path / name))
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_went_away_is_an_error_with_a_name_and_hides_no_other(tmp_path: Path) -> None:
    seeds, path = NewSeedFiles(), tmp_path / "folder" / "seed"
    path.parent.mkdir()
    seeds.reserve(str(path))
    path.unlink()
    os.rmdir(path.parent)
    path.parent.touch()
    with pytest.raises(OperationFailed, match=r"folder/seed cannot be written: Not a directory\.") as error:
        seeds.fill(str(path), SEED)
    assert SEED not in str(error.value)
    seeds.give_up(str(path))
