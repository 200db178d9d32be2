"""AWS's own files on disk: modes, links, backups, who else is writing, and a diff without a secret."""

from __future__ import annotations

import fcntl
import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.aws_files.writing import tighten
from flowops.errors import InvalidConfig, LockHeld, PartlyDone, UsageError
from flowops.model.profiles import ProfileSettings

SECRET, OTHER = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": SECRET}
WANTED = ProfileSettings("a", {"region": "eu-west-1"}, KEYS)
CONFIG, CREDENTIALS = b"# mine\n[profile b]\nregion = x\n", b"[b]\naws_secret_access_key = " + OTHER.encode() + b"\n"

LONG = b"# x\n" * 2000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "aws"


@pytest.fixture
def files(folder: Path) -> FileAwsFiles:
    return FileAwsFiles(folder / "config", folder / "credentials")


@pytest.fixture
def standing(folder: Path) -> Path:
    folder.mkdir()
    for name, content in (("config", CONFIG), ("credentials", CREDENTIALS)):
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def contents(folder: Path) -> dict[str, bytes]:
    return {it.name: it.read_bytes() for it in folder.iterdir() if it.is_file()}


def test_files_that_are_missing_are_made_for_their_owner_alone(files: FileAwsFiles, folder: Path) -> None:
    assert files.names() == ()
    written = files.write(files.proposed([WANTED]))
    assert written == (str(folder / "credentials"), str(folder / "config"))
    assert [mode(folder), *map(mode, folder.iterdir())] == [0o700, 0o600, 0o600]
    assert files.settings("a") == {"region": "eu-west-1", "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}


def test_looking_makes_nothing(files: FileAwsFiles, folder: Path) -> None:
    proposal = files.proposed([WANTED])
    assert proposal.changed
    assert proposal.diff.startswith("--- /dev/null\n")
    assert not files.proposed([]).changed
    assert files.write(files.without(["nobody"])) == ()
    assert not folder.exists()


def test_the_last_content_stays_beside_each_file(files: FileAwsFiles, standing: Path) -> None:
    files.write(files.proposed([WANTED]))
    assert (standing / "config.flowops-backup").read_bytes() == CONFIG
    assert (standing / "credentials.flowops-backup").read_bytes() == CREDENTIALS
    before = (standing / "config").read_bytes()
    assert files.write(files.proposed([ProfileSettings("a", {"output": "json"})])) == (str(standing / "config"),)
    assert (standing / "config.flowops-backup").read_bytes() == before
    assert (standing / "credentials.flowops-backup").read_bytes() == CREDENTIALS
    assert {mode(it) for it in standing.iterdir()} == {0o600}
    assert len(list(standing.iterdir())) == 4


def test_config_keeps_its_mode_and_credentials_lose_everybody_else(files: FileAwsFiles, standing: Path) -> None:
    (standing / "config").chmod(0o644)
    (standing / "credentials").chmod(0o644)
    (warning,) = files.proposed([]).warnings
    assert warning.endswith(
        f"is open to others (mode 0644); make it yours alone: chmod 600 {standing / 'credentials'}."
    )
    proposal = files.proposed([ProfileSettings("a", {"region": "y"})])
    assert proposal.warnings[0].endswith("is open to others (mode 0644); this change makes it 0600.")
    files.write(proposal)
    assert (mode(standing / "config"), mode(standing / "credentials")) == (0o644, 0o600)
    (standing / "credentials").chmod(0o440)
    files.write(files.proposed([WANTED]))
    assert mode(standing / "credentials") == 0o400
    assert files.proposed([]).warnings == ()


def test_a_link_is_followed_and_stays(files: FileAwsFiles, standing: Path, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    for name in ("config", "credentials"):
        (standing / name).rename(dotfiles / name)
        (standing / name).symlink_to(dotfiles / name)
    (dotfiles / "credentials").chmod(0o644)
    files.write(files.proposed([WANTED]))
    assert (standing / "config").is_symlink()
    assert b"[profile a]" in (dotfiles / "config").read_bytes()
    assert SECRET.encode() in (dotfiles / "credentials").read_bytes()
    assert mode(dotfiles / "credentials") == 0o600
    assert (standing / "config.flowops-backup").read_bytes() == CONFIG
    assert sorted(contents(dotfiles)) == ["config", "credentials"]


def _directory(path: Path) -> None:
    path.mkdir()


def _broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_directory, "is not a regular file"),
        (os.mkfifo, "is not a regular file"),
        (_broken_link, "is a link to 'nowhere', where nothing can be read"),
        (_circle, "where nothing can be read"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    ],
)
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_what_is_no_file_is_answered_and_nothing_is_written(
    files: FileAwsFiles, folder: Path, name: str, make: object, said: str
) -> None:
    folder.mkdir()
    assert callable(make)
    make(folder / name)
    with pytest.raises(InvalidConfig) as refused:
        files.proposed([WANTED])
    assert refused.value.happened.startswith(f"{folder / name}:1: ")
    assert said in refused.value.happened
    assert [it.name for it in folder.iterdir()] == [name]


@pytest.mark.parametrize("name", ["config", "credentials"])
@pytest.mark.parametrize("content", [b"[profile else]\nregion = z\n", None])
def test_somebody_elses_change_is_not_lost(
    files: FileAwsFiles, standing: Path, name: str, content: bytes | None
) -> None:
    proposal = files.proposed([WANTED])
    (standing / name).unlink() if content is None else (standing / name).write_bytes(content)
    before = contents(standing)
    with pytest.raises(UsageError, match="was changed by somebody else since") as refused:
        files.write(proposal)
    assert refused.value.next_step == "the same command again"
    assert contents(standing) == before


def test_a_file_that_appears_meanwhile_is_not_overwritten(files: FileAwsFiles, folder: Path) -> None:
    proposal = files.proposed([WANTED])
    folder.mkdir()
    (folder / "config").write_bytes(CONFIG)
    with pytest.raises(UsageError, match="was changed by somebody else"):
        files.write(proposal)
    assert contents(folder) == {"config": CONFIG}


def test_two_at_once_wait_for_nobody(files: FileAwsFiles, standing: Path) -> None:
    proposal = files.proposed([WANTED])
    descriptor = os.open(standing, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(LockHeld, match="Another flowops is writing"):
        files.write(proposal)
    os.close(descriptor)
    assert contents(standing) == {"config": CONFIG, "credentials": CREDENTIALS}
    files.write(proposal)


def test_of_many_at_once_none_loses_what_another_wrote(files: FileAwsFiles, standing: Path) -> None:
    done: list[str] = []

    def add(name: str) -> None:
        while name not in done:
            try:
                files.write(files.proposed([ProfileSettings(name, {"region": "x"}, KEYS)]))
                done.append(name)
            except (LockHeld, UsageError):
                continue

    threads = [threading.Thread(target=add, args=(f"n{number}",)) for number in range(8)]
    for it in threads:
        it.start()
    for it in threads:
        it.join(60)
    assert set(files.names()) == {"b", *(f"n{number}" for number in range(8))}


def test_a_folder_that_is_none_is_said_to_be(files: FileAwsFiles, folder: Path) -> None:
    folder.write_text("no folder")
    with pytest.raises(UsageError, match="aws cannot be written: Not a directory") as refused:
        files.write(files.proposed([WANTED]))
    assert refused.value.not_done == "Nothing was written."
    assert folder.read_text() == "no folder"


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_whose_last_content_cannot_be_kept_keeps_the_other_from_being_written(
    files: FileAwsFiles, standing: Path
) -> None:
    (standing / "config.flowops-backup").mkdir()
    with pytest.raises(UsageError, match=r"config cannot be written: config\.flowops-backup beside it is a folder"):
        files.write(files.proposed([WANTED]))
    assert contents(standing) == {"config": CONFIG, "credentials": CREDENTIALS}


def test_when_only_the_first_file_could_be_written_that_is_said(files: FileAwsFiles, standing: Path) -> None:
    (standing / "config").write_bytes(CONFIG + LONG)
    with room_for(len(LONG)), pytest.raises(PartlyDone) as refused:
        files.write(files.proposed([WANTED]))
    assert str(refused.value).startswith(f"{standing / 'config'} cannot be written: File too large")
    assert refused.value.not_done == f"Only {standing / 'credentials'} was written."
    assert (standing / "config").read_bytes() == CONFIG + LONG
    assert SECRET.encode() in (standing / "credentials").read_bytes()


def test_room_that_a_write_would_not_find_is_missed_before(files: FileAwsFiles, standing: Path) -> None:
    (standing / "config").write_bytes(CONFIG + LONG)
    proposal = files.proposed([WANTED])
    with room_for(len(LONG)), pytest.raises(UsageError, match="config cannot be written: File too large") as refused:
        files.require_writable(proposal)
    assert refused.value.next_step == "mend that, then the same command again"
    assert contents(standing) == {"config": CONFIG + LONG, "credentials": CREDENTIALS}
    assert len(list(standing.iterdir())) == 2
    files.require_writable(proposal)
    files.write(proposal)


def test_a_folder_that_a_write_would_make_is_not_made_by_the_proof(files: FileAwsFiles, folder: Path) -> None:
    files.require_writable(files.proposed([WANTED]))
    assert list(folder.parent.iterdir()) == []


def test_a_file_whose_mode_is_not_ours_to_change_keeps_it() -> None:
    tighten(Path("/proc/self/status"))
    assert mode(Path("/proc/self/status")) == 0o444


def test_a_file_of_another_user_is_left_to_them(standing: Path) -> None:
    files = FileAwsFiles(standing / "config", standing / "credentials", user=os.geteuid() + 1)
    with pytest.raises(UsageError, match=f"it belongs to user {os.geteuid()}"):
        files.write(files.proposed([ProfileSettings("a", {"region": "y"})]))
    assert contents(standing) == {"config": CONFIG, "credentials": CREDENTIALS}


# -- the diff --------------------------------------------------------------------------------------------------------


def test_the_diff_shows_each_change_with_its_section_and_no_secret(files: FileAwsFiles, standing: Path) -> None:
    wanted = [
        ProfileSettings("b", {"region": "y"}, {"aws_secret_access_key": SECRET, "aws_session_token": SECRET}),
        ProfileSettings("new", {"region": "z"}),
    ]
    proposal = files.proposed(wanted)
    config, credentials = standing / "config", standing / "credentials"
    assert proposal.diff == "\n".join(
        [
            f"--- {config}",
            f"+++ {config}",
            "@@ -3 +3,4 @@ [profile b]",
            "-region = x",
            "+region = y",
            "+",
            "+[profile new]",
            "+region = z",
            f"--- {credentials}",
            f"+++ {credentials}",
            "@@ -2 +2,2 @@ [b]",
            "-aws_secret_access_key = ***",
            "+aws_secret_access_key = *** (new)",
            "+aws_session_token = *** (new)",
        ]
    )
    assert SECRET not in repr(proposal) + repr(wanted)
    assert OTHER not in repr(proposal)


def test_what_leaves_is_shown_without_secrets_too(files: FileAwsFiles, standing: Path) -> None:
    (standing / "credentials").write_text(
        f"[b]\nAWS_SECRET_ACCESS_KEY={SECRET}\n# aws_secret_access_key = {OTHER}\nx_db_password:{OTHER}\n"
        f"proxy = http://jane:{OTHER}@proxy\nlogin =\n  token = {OTHER}\naws_session_token = {SECRET}\n  {OTHER}\n"
        f"note = \x1b]0;{'x'}\x07plain\n"
    )
    diff = files.without(["b"]).diff
    assert SECRET not in diff
    assert OTHER not in diff
    assert "\x1b" not in diff
    assert [it for it in diff.splitlines() if it.startswith("-") and "credentials" not in it][3:] == [
        "-[b]",
        "-AWS_SECRET_ACCESS_KEY=***",
        "-# aws_secret_access_key = ***",
        "-x_db_password:***",
        "-proxy = http://jane:***@proxy",
        "-login =",
        "-  token = ***",
        "-aws_session_token = ***",
        "-  ***",
        "-note = plain",
    ]
