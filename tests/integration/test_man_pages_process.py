"""`make man`: a page for every command that says what its help says, and that groff has nothing to say about."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from flowops.errors import EXIT_MEANING
from scripts.man_pages import quoted
from tests.unit.cli.walk import EVERY, examples

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the pages, with one in it that no command has any more."""
    made = tmp_path_factory.mktemp("man")
    (made / "man1").mkdir()
    (made / "man1" / "flowops-gone.1").touch()
    subprocess.run([sys.executable, str(ROOT / "scripts" / "man_pages.py"), str(made)], check=True, timeout=120)
    return made / "man1"


def name_of(path: tuple[str, ...]) -> str:
    return "-".join(("flowops", *path))


def shown(page: Path) -> str:
    """Return a page as groff shows it; it must have no warning about it."""
    argv = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=110n", str(page)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""
    return done.stdout.replace("‐", "-").replace("−", "-")


def test_every_command_has_a_page_and_nothing_else_has(pages: Path) -> None:
    assert {it.stem for it in pages.iterdir()} == {name_of(path) for path in EVERY}


def test_the_same_help_gives_the_same_bytes(pages: Path, tmp_path: Path) -> None:
    again = [sys.executable, str(ROOT / "scripts" / "man_pages.py"), str(tmp_path)]
    subprocess.run(again, check=True, timeout=120)
    assert {it.name: it.read_bytes() for it in pages.iterdir()} == {
        it.name: it.read_bytes() for it in (tmp_path / "man1").iterdir()
    }


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_a_page_names_every_option_example_and_exit_code(path: tuple[str, ...], pages: Path) -> None:
    text = (pages / f"{name_of(path)}.1").read_text()
    for it in EVERY[path].params:
        if isinstance(it, click.Option):
            assert all(quoted(name) in text for name in it.opts)
            assert not it.envvar or str(it.envvar) in text
    assert text.count("flowops") > len(examples(EVERY[path]))
    assert all(f".TP\n\\fB{int(code)}\\fR\n" in text for code in EXIT_MEANING)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_no_line_of_a_page_is_a_request_by_accident(path: tuple[str, ...], pages: Path) -> None:
    requests = {".TH", ".nh", ".ad", ".SH", ".B", ".PP", ".TP", ".nf", ".fi"}
    for line in (pages / f"{name_of(path)}.1").read_text().splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.split()[0] in requests


@pytest.mark.parametrize("text", [".SH is no request", "'quoted'", r"\fB is no font", "a^b~c", 'say "so"', "--flag"])
def test_what_means_something_to_roff_is_text(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.1"
    page.write_text(f'.TH "X" "1"\n.SH NAME\nx \\- y\n.SH DESCRIPTION\n{quoted(text)}\n')
    roff = page.read_text().splitlines()[-1]
    assert not roff.startswith((".", "'"))
    if shutil.which("groff"):
        assert text in shown(page)


def test_groff_shows_the_pages_without_a_warning(pages: Path) -> None:
    # Where it is not installed the rules above stand alone.
    found = {path: shown(pages / f"{name_of(path)}.1") for path in EVERY if shutil.which("groff")}
    for path, text in found.items():
        assert re.search(rf"^NAME\n +{name_of(path)} - ", text, re.MULTILINE)
        squeezed = " ".join(text.split())
        assert all(
            " ".join(words).replace("…", "...") in squeezed
            for words in examples(EVERY[path])
            if not any(" " in it for it in words)
        )
