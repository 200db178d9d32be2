"""Whatever stands in place of a file or a name, the answer is one clear line, and nothing waits for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowops.adapters.project import find_project, load_config, load_deployment
from flowops.adapters.rendering import TemplateTree
from flowops.errors import InvalidConfig, UnknownTarget
from flowops.model.config import Config
from flowops.model.deployment import select

VALID = (Path(__file__).parents[2] / "flowops.yaml").read_text()
BASE = PurePosixPath("aws/non-prod/eu-central-1/dev")
LONGEST = 1000
"""Characters of an answer that people still read, the folder of the test included."""

REPLACEMENTS: dict[str, Callable[[Path], None]] = {
    "fifo": lambda path: os.mkfifo(path),
    "broken link": lambda path: path.symlink_to("nowhere"),
    "circle of links": lambda path: path.symlink_to(path.name),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of one unit."""
    (tmp_path / "flowops.yaml").write_text(VALID)
    unit = tmp_path / "deployments" / BASE / "foundation/vpc"
    unit.mkdir(parents=True)
    for file in (unit / "terragrunt.hcl", unit.parents[1] / "env.hcl", unit.parents[5] / "root.hcl"):
        file.touch()
    return tmp_path


@pytest.mark.parametrize("kind", REPLACEMENTS)
@pytest.mark.parametrize("name", ["root.hcl", f"{BASE}/env.hcl", f"{BASE}/foundation/vpc/terragrunt.hcl"])
def test_no_file_that_terragrunt_would_wait_for_gets_to_it(project: Path, name: str, kind: str) -> None:
    file = project / "deployments" / name
    file.unlink()
    REPLACEMENTS[kind](file)
    with pytest.raises(InvalidConfig, match=rf"{name}:1: is not a regular file"):
        load_deployment(project, load_config(project))


@pytest.mark.parametrize("kind", REPLACEMENTS)
def test_a_template_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    REPLACEMENTS[kind](tmp_path / "a.hcl.j2")
    with pytest.raises(InvalidConfig, match=r"a\.hcl\.j2:1: "):
        TemplateTree(tmp_path).render(PurePosixPath("a.hcl.j2"), {})


def test_a_template_of_any_size_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.hcl.j2").write_text("#" * (1024 * 1024 + 1))
    with pytest.raises(InvalidConfig, match=r"a\.hcl\.j2:1: is larger than 1 MiB"):
        TemplateTree(tmp_path).render(PurePosixPath("a.hcl.j2"), {})


def test_a_template_reads_no_file_outside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.hcl.j2").write_text('\n{% include "../secret" %}')
    with pytest.raises(InvalidConfig, match=r"a\.hcl\.j2:2: ") as refused:
        TemplateTree(tmp_path / "tree").render(PurePosixPath("a.hcl.j2"), {})
    assert "hunter2" not in str(refused.value)


def test_a_fifo_in_place_of_a_rendered_file_is_neither_waited_for_nor_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.hcl.j2").touch()
    os.mkfifo(tmp_path / "a.hcl")
    with pytest.raises(InvalidConfig, match=r"a\.hcl:1: is not a regular file"):
        TemplateTree(tmp_path).current(PurePosixPath("a.hcl.j2"))
    assert (tmp_path / "a.hcl").is_fifo()


@contextmanager
def nobody() -> Iterator[Path]:
    """Yield a folder that the caller may not override: root may read everything, so it becomes somebody else."""
    folder = Path(tempfile.mkdtemp())
    was = os.geteuid()
    try:
        folder.chmod(0o755)
        if was == 0:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        yield folder
    finally:
        os.seteuid(was)
        shutil.rmtree(folder)


def test_a_file_that_may_not_be_read_is_named() -> None:
    with nobody() as folder:
        (folder / "flowops.yaml").touch(mode=0)
        with pytest.raises(InvalidConfig, match=r"flowops\.yaml:1: cannot be read: Permission denied"):
            load_config(find_project(folder))


def test_a_folder_that_may_not_be_entered_is_named_and_no_other_project_is_taken_for_it() -> None:
    with nobody() as folder:
        (folder / "flowops.yaml").write_text(VALID)
        (folder / "locked").mkdir(mode=0)
        with pytest.raises(InvalidConfig, match=r"locked/flowops\.yaml:1: cannot be read: Permission denied"):
            load_config(find_project(folder / "locked"))


def test_a_file_full_of_mistakes_is_answered_with_some_of_them_and_their_number(tmp_path: Path) -> None:
    (tmp_path / "flowops.yaml").write_text(VALID + "".join(f"k{number}: 1\n" for number in range(7000)))
    with pytest.raises(InvalidConfig) as refused:
        load_config(tmp_path)
    said = refused.value.happened.splitlines()
    assert len(said) == 21
    assert said[-1] == "… and 6980 more like these"


NAMES = st.text(min_size=1, max_size=400) | st.from_regex(r"[a-z][a-z0-9-]{0,45}")
ENVIRONMENT, ACCOUNT = ("  {}: {{account: dev,", "dev"), ("  {}: {{profile: flw-dev", "dev")
LAYER, PROJECT = ("layers: [{},", "foundation"), ("project: {}\n", "flowable")
PLACES = st.sampled_from([ENVIRONMENT, ACCOUNT, LAYER, PROJECT])
"""Where a name stands, and the one that stands there."""


@settings(
    max_examples=600, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=NAMES, place=PLACES)
@example("x" * 100_000, PROJECT)
@example("\x1b]0;owned\x07", ENVIRONMENT)
@example("a\u202eb\u2028c", LAYER)
def test_any_name_is_taken_as_it_stands_or_answered_in_readable_lines(
    tmp_path: Path, name: str, place: tuple[str, str]
) -> None:
    config = read_with(tmp_path, place, name)
    if isinstance(config, Config):
        assert name in (*config.environments, *config.accounts, *config.layers, config.project)
        assert name.isascii()
        return
    said = config.happened.splitlines()
    assert all(it.startswith(f"{tmp_path}/flowops.yaml:") and len(it) < LONGEST and it.isprintable() for it in said)


def read_with(folder: Path, place: tuple[str, str], name: str) -> Config | InvalidConfig:
    """Return what becomes of a configuration in which `name` stands in a place."""
    form, before = place
    assert VALID.count(form.format(before)) == 1
    (folder / "flowops.yaml").write_text(VALID.replace(form.format(before), form.format(quoted(name))), "utf-8")
    try:
        return load_config(folder)
    except InvalidConfig as error:
        return error


def quoted(name: str) -> str:
    """Return a name in YAML's double quotes, every character of it written as its number."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in name) + '"'


@settings(
    max_examples=300, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=st.text(min_size=1, max_size=400))
def test_any_name_on_the_command_line_is_a_target_or_answered_in_one_line(project: Path, name: str) -> None:
    deployment = load_deployment(project, load_config(project))
    for words in ((name,), ("dev", name), ("dev", "foundation", name)):
        with pytest.raises(UnknownTarget) as refused:
            select(deployment, *words)
        assert refused.value.happened.isprintable()
