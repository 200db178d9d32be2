"""The pinned files: what is installed is exactly what stands there, and it fits what setup.cfg asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "requirements"
FILES = sorted(FOLDER.glob("*.txt"))
PYTHONS = ("3.11", "3.12")

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class NotPinned(Exception):
    """A line that would let something in which nobody has looked at."""


@dataclass(frozen=True)
class Pin:
    version: Version
    hashes: int
    marker: str


def pins(text: str) -> dict[str, Pin]:
    """Return what a requirements file pins; NotPinned where a line is anything but a pin with hashes."""
    return dict(_pin(entry) for entry in _entries(text))


def _entries(text: str) -> Iterator[list[str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for entry in "\n".join(lines).replace("\\\n", "\0").splitlines():
        yield [part.strip() for part in entry.split("\0")]


def _pin(entry: list[str]) -> tuple[str, Pin]:
    first, *rest = entry
    found = _PIN.fullmatch(first)
    if found is None or not rest or not all(map(_HASH.fullmatch, rest)):
        raise NotPinned(" ".join(entry))
    return canonicalize_name(found["name"]), Pin(Version(found["version"]), len(rest), found["marker"] or "")


def misfits(wanted: list[str], pinned: dict[str, Pin]) -> list[str]:
    """Return the requirements that no pin meets."""
    requirements = [Requirement(line) for line in wanted]
    return [
        str(it)
        for it in requirements
        if (pin := pinned.get(canonicalize_name(it.name))) is None or not it.specifier.contains(pin.version)
    ]


def asked_for(*sections: tuple[str, str]) -> list[str]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    return [line for section in sections for line in config.get(*section).splitlines() if line.strip()]


RUNTIME = asked_for(("options", "install_requires"))
DEV = asked_for(("options.extras_require", "dev"))
INPUTS = {
    "dev": RUNTIME + DEV,
    "runtime": RUNTIME,
    **{it.stem: it.read_text().splitlines() for it in sorted(FOLDER.glob("*.in"))},
}


def test_each_file_has_something_that_it_is_made_from() -> None:
    assert sorted(INPUTS) == [it.stem for it in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_is_a_version_with_hashes_that_fits_what_is_asked_for(file: Path) -> None:
    pinned = pins(file.read_text())
    assert pinned
    assert misfits(INPUTS[file.stem], pinned) == [], "setup.cfg or the .in file changed: make requirements"


def test_the_runtime_is_what_it_is_beside_the_developers_tools() -> None:
    everything = pins((FOLDER / "dev.txt").read_text())
    runtime = pins((FOLDER / "runtime.txt").read_text())
    assert {name: everything[name].version for name in runtime} == {name: it.version for name, it in runtime.items()}


def test_no_python_that_setup_cfg_names_is_left_out() -> None:
    named = asked_for(("metadata", "classifiers"))
    assert tuple(it.rpartition(" ")[2] for it in named if re.search(r"Python :: 3\.\d+$", it)) == PYTHONS
    for line in INPUTS["dev"]:
        marker = Requirement(line).marker
        assert marker is None or all(marker.evaluate({"python_version": it}) for it in PYTHONS), line


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_no_file_says_where_packages_come_from(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=)", text, re.MULTILINE)


def test_nothing_is_installed_past_the_pins() -> None:
    recipes = [line.strip() for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    # Programs have versions and hashes of their own, which flowops checks itself.
    ours = [line for line in recipes if "flowops toolchain install" not in line]
    installing = [line for line in ours if "$(INSTALL)" in line or "$(PINNED)" in line or " install " in line]
    assert len(installing) == 4
    for line in installing:
        assert "$(PINNED)" in line or "--no-deps --no-build-isolation" in line, line


HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        "click",
        "click==8.5.1",
        f"click>=8.5.1 \\\n    {HASH}",
        "click==8.5.1 \\\n    --hash=md5:0123",
        f"click==8.5.1 \\\n    {HASH} \\\n    --hash=sha256:12",
        f"click @ file:///tmp/click.whl \\\n    {HASH}",
        "--extra-index-url somewhere",
        "-r other.txt",
        "-e .",
    ],
)
def test_a_line_that_pins_nothing_is_noticed(line: str) -> None:
    with pytest.raises(NotPinned):
        pins(f"rich==15.0.0 \\\n    {HASH}\n    # via flowops\n{line}\n")


def test_a_bound_that_moved_past_the_pin_and_a_new_requirement_are_noticed() -> None:
    pinned = pins(f"rich==15.0.0 ; sys_platform == 'linux' \\\n    {HASH}\n")
    assert misfits(["rich>=14"], pinned) == []
    assert misfits(["rich>=15.1", "sh>=2"], pinned) == ["rich>=15.1", "sh>=2"]
