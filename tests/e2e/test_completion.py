"""Completion in the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowops.cli.short_help import SHORT_HELP
from tests.e2e.command import Flowops

SHELLS = ("bash", "zsh", "fish")
PROMPT = "ready> "
_SAID = re.compile(rf"^<(.*)>\r\n(?:.|\n)*{PROMPT}", re.MULTILINE)
"""A line that is said, and the prompt after it."""

_QUOTED = "\x01echo '<\x05>'\n"
"""The keys that go to the beginning of a line, make a command of it that says it, and run that."""

_ZSHRC = """
unsetopt prompt_cr prompt_sp
unset zle_bracketed_paste
bindkey -e
PROMPT='{prompt}'
fpath+={functions}
autoload -Uz compinit
compinit -u -D
complete-and-say() {{
    zle complete-word
    print -r "
<$BUFFER>"
    BUFFER=
    zle accept-line
}}
zle -N complete-and-say
bindkey '^I' complete-and-say
"""
"""What is typed while zsh completes may end that: here TAB says by itself what became of the line."""


def present(shell: str) -> str:
    """Return the path of a shell; the pages promise all of them, so none may be missing."""
    program = shutil.which(shell)
    assert program, f"{shell} is missing: apt-get install {shell} (.ci/run does it)"
    return program


class Typist:
    """Somebody who types into an interactive shell, and reads what it shows."""

    def __init__(self, terminal: int, behind: str) -> None:
        self._terminal, self._behind = terminal, behind

    def read_until(self, end: str) -> str:
        """Return what is shown up to and with a text."""
        shown = ""
        while end not in shown:
            shown += os.read(self._terminal, 65536).decode()
        return shown

    def completed(self, line: str) -> str:
        """Return a line as it stands after TAB: it is not run, but said by the keys behind it."""
        os.write(self._terminal, f"{line}\t{self._behind}".encode())
        shown = ""
        while not (said := _SAID.search(shown)):
            shown += os.read(self._terminal, 65536).decode()
        return said[1]

    def types(self, line: str) -> None:
        """Type a line and wait for the next prompt."""
        os.write(self._terminal, f"{line}\n".encode())
        self.read_until(f"\n{PROMPT}")


@contextmanager
def interactive(argv: Sequence[str], flowops: Flowops, folder: Path, behind: str, **variables: str) -> Iterator[Typist]:
    """Start a shell on a terminal of its own."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(argv[0], argv, flowops.env(TERM="dumb", HISTFILE="/dev/null", **variables))
    try:
        typist = Typist(terminal, behind)
        typist.read_until(PROMPT)
        yield typist
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


@contextmanager
def interactive_bash(flowops: Flowops, folder: Path) -> Iterator[Typist]:
    """Start a bash that completes our command line."""
    argv = (present("bash"), "--norc", "--noprofile", "-i")
    with interactive(argv, flowops, folder, _QUOTED, PS1=PROMPT, INPUTRC="/dev/null") as typist:
        typist.types("bind 'set enable-bracketed-paste off'")
        typist.types("source <(flowops completion bash)")
        yield typist


@contextmanager
def interactive_zsh(flowops: Flowops, folder: Path) -> Iterator[Typist]:
    """Start a zsh that finds our function where the page says that it looks."""
    functions = folder / "zfunc"
    functions.mkdir()
    (functions / "_flowops").write_text(flowops("completion", "zsh").out)
    (folder / ".zshrc").write_text(_ZSHRC.format(prompt=PROMPT, functions=functions))
    with interactive((present("zsh"), "-i", "-d"), flowops, folder, "", ZDOTDIR=str(folder)) as typist:
        yield typist


def test_tab_completes_a_line_of_bash(flowops: Flowops) -> None:
    with interactive_bash(flowops, flowops.project.parent) as typist:
        found = {line: typist.completed(line) for line in lines(flowops)}
    assert found == lines(flowops)


def test_tab_completes_a_line_of_zsh(flowops: Flowops, tmp_path: Path) -> None:
    with interactive_zsh(flowops, tmp_path) as typist:
        found = {line: typist.completed(line) for line in lines(flowops)}
    assert found == lines(flowops)


def lines(flowops: Flowops) -> dict[str, str]:
    """Return what each line becomes by TAB."""
    project = flowops.project
    return {
        "flowops app": "flowops apply ",
        f"flowops --project-dir {project} --rehearsal apply d": (
            f"flowops --project-dir {project} --rehearsal apply dev "
        ),
        f"flowops --project-dir={project} apply p": f"flowops --project-dir={project} apply prod ",
        f"flowops --project-dir {project} apply dev foundation eks-": (
            f"flowops --project-dir {project} apply dev foundation eks-components "
        ),
        "flowops version --output=js": "flowops version --output=json ",
        f"flowops --project-dir {project} plan dev --report m": (
            f"flowops --project-dir {project} plan dev --report md="
        ),
        "flowops apply d": "flowops apply d",
    }


def completed_by_fish(line: str, flowops: Flowops) -> list[str]:
    """Return what fish offers for a line, each with what it says of it."""
    script = "flowops completion fish | source; complete -C $argv[1]"
    done = subprocess.run(
        [present("fish"), "--no-config", "-c", script, line],
        cwd=flowops.project.parent,
        env=flowops.env(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_fish_offers_what_completes_a_line(flowops: Flowops) -> None:
    for line, completed in lines(flowops).items():
        words = [completed.split()[-1]] if completed != line else []
        assert [it.partition("\t")[0] for it in completed_by_fish(line, flowops)] == words, line


def test_fish_says_the_whole_of_what_a_command_does(flowops: Flowops) -> None:
    assert "," in SHORT_HELP["auth"]
    assert completed_by_fish("flowops aut", flowops) == [f"auth\t{SHORT_HELP['auth']}"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_that_the_shell_can_read(shell: str, flowops: Flowops, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(flowops("completion", shell).out)
    checked = subprocess.run([present(shell), "-n", script], capture_output=True, text=True, timeout=300, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
