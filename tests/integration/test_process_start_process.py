"""What a started child is given, and what it survives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import pytest

from flowops.adapters.follow import FollowedFile
from flowops.adapters.process import OUTPUT_LIMIT, Processes, Running
from flowops.errors import OperationFailed, ToolUnusable
from tests.integration.child_processes import await_text, await_true, watched

PYTHON = sys.executable
ENV = {"PATH": os.environ["PATH"]}


def start(folder: Path, program: str, *, env: dict[str, str] = ENV) -> Running:
    return Processes().start(
        [PYTHON, "-c", textwrap.dedent(program)],
        env=env,
        cwd=folder,
        stdout=folder / "stdout",
        stderr=folder / "stderr",
    )


def test_a_child_gets_its_own_session_dev_null_two_files_and_the_given_environment(tmp_path: Path) -> None:
    program = """
        import json, os
        print(json.dumps({
            "session": os.getsid(0) == os.getpid(),
            "group": os.getpgid(0) == os.getpid(),
            "descriptors": [os.readlink(f"/proc/self/fd/{n}") for n in range(3)],
            "more": [n for n in os.listdir("/proc/self/fd") if int(n) > 3],
            "environment": sorted(os.environ),
            "umask": os.umask(0),
            "cwd": os.getcwd(),
        }))
    """
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        running = start(tmp_path, program, env={**ENV, "FLOWOPS_SEEN": "1"})

    assert running.wait() == 0
    seen = json.loads(running.stdout.read_text())
    assert seen == {
        "session": True,
        "group": True,
        "descriptors": ["/dev/null", str(tmp_path / "stdout"), str(tmp_path / "stderr")],
        "more": [],
        "environment": sorted({*ENV, "FLOWOPS_SEEN", "LC_CTYPE"} & {*seen["environment"]}),
        "umask": 0o077,
        "cwd": str(tmp_path),
    }
    assert "FLOWOPS_SEEN" in seen["environment"]
    assert running.stdout.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("pass", 0),
        ("raise SystemExit(2)", 2),
        ("raise SystemExit(255)", 255),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_wait_returns_the_exit_code_and_a_signal_as_a_negative_number(tmp_path: Path, program: str, code: int) -> None:
    running = start(tmp_path, program)
    assert running.wait() == code
    assert running.poll() == code


def test_poll_says_none_while_the_child_works(tmp_path: Path) -> None:
    running = start(tmp_path, "import time; time.sleep(600)")
    assert running.poll() is None
    assert running.wait_at_most(0.01) is None
    running.stop()
    assert running.poll() == -signal.SIGTERM


def test_stop_kills_a_child_that_ignores_sigterm_and_its_children(tmp_path: Path) -> None:
    program = """
        import os, pathlib, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = os.fork()
        if grandchild:
            pathlib.Path("pid").write_text(str(grandchild))
        time.sleep(600)
    """
    running = start(tmp_path, program)
    grandchild = int(await_text(tmp_path / "pid"))

    running.stop()

    assert running.poll() == -signal.SIGKILL
    state = Path(f"/proc/{grandchild}/stat")
    assert not state.exists() or ") Z " in state.read_text()


def test_output_is_appended_so_a_second_start_destroys_no_log(tmp_path: Path) -> None:
    assert start(tmp_path, "print('one')").wait() == 0
    assert start(tmp_path, "print('two')").wait() == 0
    assert (tmp_path / "stdout").read_text() == "one\ntwo\n"


def test_a_log_that_is_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stdout").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        start(tmp_path, "print('one')")
    assert not (tmp_path / "elsewhere").exists()


def test_an_interrupt_reaches_the_caller_while_the_child_works_on(tmp_path: Path) -> None:
    program = f"""
        import os, pathlib, signal
        from flowops.adapters.process import Processes
        here = pathlib.Path({str(tmp_path)!r})
        worker = "import time, pathlib\\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)\\nprint('finished')"
        signal.signal(signal.SIGINT, signal.default_int_handler)
        running = Processes().start(
            [{PYTHON!r}, "-c", worker], env=dict(os.environ), cwd=here, stdout=here / "out", stderr=here / "err"
        )
        try:
            running.wait(lambda: print("waiting", flush=True))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            assert running.poll() is None
            (here / "go").touch()
            raise SystemExit(running.wait())
    """
    parent = subprocess.Popen([PYTHON, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    assert parent.stdout.readline() == "waiting\n"
    parent.send_signal(signal.SIGINT)
    said = parent.stdout.read()
    parent.stdout.close()

    assert "interrupted" in said
    assert parent.wait() == 0
    assert (tmp_path / "out").read_text() == "finished\n"


def test_a_child_survives_kill_9_of_its_parent(tmp_path: Path) -> None:
    program = f"""
        import os, pathlib
        from flowops.adapters.process import Processes
        here = pathlib.Path({str(tmp_path)!r})
        worker = (
            "import time, pathlib\\nprint('begun', flush=True)\\n"
            "while not pathlib.Path('go').exists(): time.sleep(0.01)\\n"
            "print('x' * 100000); pathlib.Path('done').touch()"
        )
        running = Processes().start(
            [{PYTHON!r}, "-c", worker], env=dict(os.environ), cwd=here, stdout=here / "out", stderr=here / "err"
        )
        print(running.pid, flush=True)
        running.wait()
    """
    parent = subprocess.Popen([PYTHON, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()

    with watched(child) as await_end:
        (tmp_path / "go").touch()
        await_end()
    assert (tmp_path / "done").exists()
    assert (tmp_path / "out").read_text() == "begun\n" + "x" * 100000 + "\n"


def test_a_child_of_a_flowops_in_a_scripts_background_can_be_interrupted(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = start(tmp_path, "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)")
        assert running.wait() == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert running.stdout.read_text() == "True\n"


def test_a_child_ignores_the_hang_up_of_a_lost_connection(tmp_path: Path) -> None:
    running = start(tmp_path, "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)")
    running.wait()
    assert running.stdout.read_text() == "True\n"


def test_memory_stays_flat_while_a_child_prints_300_mb_without_a_newline(tmp_path: Path) -> None:
    lines: list[str] = []
    tracemalloc.start()
    try:
        running = start(tmp_path, "import sys\nfor _ in range(300): sys.stdout.write('x' * 1024**2)")
        followed = FollowedFile(running.stdout)
        code = running.wait(lambda: lines.extend(followed.lines()))
        lines.extend(followed.rest())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert code == 0
    assert len(lines) == 1
    assert peak < 4 * 1024**2


def test_a_missing_program_names_the_command_that_mends_it(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match="no-such-tool is not on PATH") as caught:
        Processes().run(["no-such-tool"], env=ENV, cwd=tmp_path)
    assert caught.value.next_step == "flowops toolchain install"


def test_path_comes_from_the_given_environment_and_not_from_ours(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match="is not on PATH"):
        Processes().run(["sh", "-c", "exit 0"], env={"PATH": str(tmp_path)}, cwd=tmp_path)


def test_a_file_that_is_no_program_is_unusable(tmp_path: Path) -> None:
    broken = tmp_path / "terraform"
    broken.write_bytes(b"\x7fELF truncated")
    broken.chmod(0o755)
    with pytest.raises(ToolUnusable, match="Exec format error"):
        Processes().run([str(broken), "version"], env=ENV, cwd=tmp_path)


def test_a_missing_working_directory_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match="no such folder"):
        Processes().run(["true"], env=ENV, cwd=tmp_path / "gone")


def test_run_returns_code_and_both_streams(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.buffer.write(b'caf\\xe9'); print('why', file=sys.stderr); sys.exit(3)"
    completed = Processes().run([PYTHON, "-c", program], env=ENV, cwd=tmp_path)
    assert (completed.returncode, completed.stdout, completed.stderr) == (3, "caf\N{REPLACEMENT CHARACTER}", "why\n")
    assert not completed.succeeded


def test_run_redacts_the_secrets_it_is_told(tmp_path: Path) -> None:
    env = {**ENV, "PASSWORD": "hunter2"}
    completed = Processes().run(
        ["sh", "-c", "echo $PASSWORD; echo $PASSWORD >&2"], env=env, cwd=tmp_path, secrets=["hunter2"]
    )
    assert (completed.stdout, completed.stderr) == ("***\n", "***\n")


def test_run_stops_a_tool_that_hangs(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match=r"did not end within 0\.2 s"):
        Processes().run([PYTHON, "-c", "import time; time.sleep(600)"], env=ENV, cwd=tmp_path, timeout=0.2)


def test_run_stops_a_tool_that_prints_without_end(tmp_path: Path) -> None:
    with pytest.raises(ToolUnusable, match=f"more than {OUTPUT_LIMIT // 1024**2} MiB"):
        Processes().run(["yes"], env=ENV, cwd=tmp_path)


def test_run_hands_words_over_as_they_are(tmp_path: Path) -> None:
    words = ["*", "$HOME", "a b", "", "--x=y", "'; exit 1", "ü", "None"]
    completed = Processes().run([PYTHON, "-c", "import sys; print(sys.argv[1:])", *words], env=ENV, cwd=tmp_path)
    assert completed.stdout == f"{words}\n"


def test_a_detached_server_writes_both_streams_to_its_log(tmp_path: Path) -> None:
    program = "import os; print('out', os.getsid(0) == os.getpid(), flush=True); os.write(2, b'err\\n')"
    log = tmp_path / "log"

    pid = Processes().spawn_detached([PYTHON, "-c", program], ENV, log)

    await_true(lambda: log.read_text() == "out True\nerr\n", f"what process {pid} should say")
