"""What `flowops init` writes: the packaged project, byte by byte, and nothing half."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from flowops.adapters.config_file import ConfigFile
from flowops.adapters.new_files import NewFiles
from flowops.adapters.project import load_config, load_deployment
from flowops.adapters.quick_start import QuickStart
from flowops.errors import Interrupted, InvalidConfig, LockHeld, UsageError
from flowops.model.scaffold import EnvironmentRequest, ProjectRequest, Sizes
from flowops.operations.init import Scaffold, init_environment, init_project

ROOT = Path(__file__).parents[2]
QUICK_START = QuickStart(ROOT / "flowops" / "data")
DEFAULTS = ProjectRequest("flowable", "eu-central-1")


def new_project(folder: Path, request: ProjectRequest = DEFAULTS) -> Scaffold:
    return init_project(request, quick_start=QUICK_START, folder=NewFiles(folder))


def add(folder: Path, request: EnvironmentRequest) -> Scaffold:
    return init_environment(request, quick_start=QUICK_START, config_file=ConfigFile(folder), folder=NewFiles(folder))


def tracked(*folders: str) -> Iterator[PurePosixPath]:
    """Yield this project's own files, in version control or new."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    yield from (PurePosixPath(it) for it in listed.split("\0") if it and (ROOT / it).is_file())


def files(folder: Path) -> dict[PurePosixPath, bytes]:
    found = (it for it in sorted(folder.rglob("*")) if it.is_file())
    return {PurePosixPath(it.relative_to(folder).as_posix()): it.read_bytes() for it in found}


def test_a_new_project_is_this_one_with_a_makefile_a_readme_and_a_gitignore(tmp_path: Path) -> None:
    new_project(tmp_path / "x")
    own = {
        it: (ROOT / it).read_bytes() for it in tracked("bootstrap", "deployments", "terraform-modules", "flowops.yaml")
    }
    written = files(tmp_path / "x")
    assert {name for name in written if name not in own} == {
        PurePosixPath(it) for it in ("Makefile", "README.md", ".gitignore")
    }
    assert {name: content for name, content in written.items() if name in own} == own


def test_another_name_and_region_reach_every_place_that_has_them(tmp_path: Path) -> None:
    new_project(tmp_path, ProjectRequest("orders", "us-east-1", "orders.example.org"))
    config = load_config(tmp_path)
    assert (config.project, config.region, config.flowable.external_domain) == (
        "orders",
        "us-east-1",
        "orders.example.org",
    )
    written = files(tmp_path / "deployments")
    assert not [it for it in written if "eu-central-1" in str(it)]
    assert not [it for it, text in written.items() if b"eu-central-1" in text and it.suffix == ".hcl"]
    assert b'cluster_name        = "orders-dev"' in written[PurePosixPath("aws/non-prod/us-east-1/dev/env.hcl")]
    assert b'["us-east-1a", "us-east-1b", "us-east-1c"]' in written[PurePosixPath("aws/prod/us-east-1/region.hcl")]


@pytest.mark.parametrize(
    ("desk", "file", "folder"), [(0o755, 0o644, 0o755), (0o750, 0o640, 0o750), (0o700, 0o600, 0o700)]
)
def test_who_may_read_the_desk_may_read_the_project(tmp_path: Path, desk: int, file: int, folder: int) -> None:
    tmp_path.chmod(desk)
    before = os.umask(0o077)
    try:
        new_project(tmp_path / "x")
    finally:
        os.umask(before)
    found = {(it.is_dir(), it.stat().st_mode & 0o777) for it in (tmp_path / "x").rglob("*")}
    assert found == {(False, file), (True, folder)}


def test_the_old_runbook_still_works_in_its_old_order(tmp_path: Path) -> None:
    new_project(tmp_path)
    dry = ["make", "--dry-run", "--no-print-directory"]
    typed = [
        subprocess.run([*dry, target], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
        for target in ("init-development", "init-production", "init-security")
    ]
    assert typed == ["flowops bootstrap security dev", "flowops bootstrap security prod", "flowops bootstrap security"]


def test_a_folder_with_a_readme_of_its_own_keeps_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("ours")
    made = new_project(tmp_path)
    assert made.kept == (PurePosixPath("README.md"),)
    assert (tmp_path / "README.md").read_text() == "ours"
    assert (tmp_path / "Makefile").is_file()


def test_nothing_is_written_over_a_file_that_stands(tmp_path: Path) -> None:
    (tmp_path / "flowops.yaml").write_text("ours")
    with pytest.raises(UsageError, match=r"flowops\.yaml.* already"):
        new_project(tmp_path)
    assert files(tmp_path) == {PurePosixPath("flowops.yaml"): b"ours"}


def test_a_file_in_the_way_of_a_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "terraform-modules").write_text("a file")
    with pytest.raises(UsageError, match="terraform-modules"):
        new_project(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "terraform-modules"]


def test_an_environment_is_added_without_touching_another_line(tmp_path: Path) -> None:
    new_project(tmp_path)
    before = files(tmp_path)
    made = add(tmp_path, EnvironmentRequest("qa", account_id="444444444444"))
    after = files(tmp_path)
    assert set(after) - set(before) == set(made.written) - {PurePosixPath("flowops.yaml")}
    assert {it for it in before if before[it] != after[it]} == {PurePosixPath("flowops.yaml")}
    added = set(after[PurePosixPath("flowops.yaml")].splitlines()) - set(
        before[PurePosixPath("flowops.yaml")].splitlines()
    )
    assert added == {
        b'  qa: {id: "444444444444", profile: flw-qa}',
        b"  qa: {account: qa, path: aws/qa/eu-central-1/qa}",
    }
    config = load_config(tmp_path)
    deployment = load_deployment(tmp_path, config)
    assert {it.name for it in deployment.environment("qa").units} == {
        it.name for it in deployment.environment("dev").units
    }
    assert made.following[1:] == ("flowops accounts create security dev prod", "flowops bootstrap security qa")


@pytest.mark.parametrize(("sizes", "engine"), [(Sizes.DEVELOPMENT, "postgres"), (Sizes.PRODUCTION, "oracle")])
def test_an_environment_has_the_layer_app_with_the_switches_of_its_sizes(
    tmp_path: Path, sizes: Sizes, engine: str
) -> None:
    new_project(tmp_path)
    made = add(tmp_path, EnvironmentRequest("qa", sizes=sizes))
    app = PurePosixPath("deployments/aws/qa/eu-central-1/qa/app")
    assert {app / "app.hcl.j2", app / "flowable-app/values.yaml"} <= set(made.written)
    assert f'database = "{engine}"' in (tmp_path / app / "app.hcl.j2").read_text()


def test_a_second_environment_of_an_account_shares_its_files(tmp_path: Path) -> None:
    new_project(tmp_path)
    made = add(tmp_path, EnvironmentRequest("demo", account="dev"))
    shared = PurePosixPath("deployments/aws/non-prod")
    assert shared / "account.hcl.j2" not in made.written
    assert shared / "eu-central-1/region.hcl" not in made.written
    assert shared / "eu-central-1/demo/env.hcl" in made.written


def test_environments_follow_each_other_without_sharing_a_network(tmp_path: Path) -> None:
    new_project(tmp_path)
    for name in ("qa", "uat", "no"):
        add(tmp_path, EnvironmentRequest(name, sizes=Sizes.PRODUCTION))
    found = ConfigFile(tmp_path).networks()
    networks = [it for it in found if it.prefixlen == 16]
    assert len(set(networks)) == len(networks) == 5
    assert "no" in load_config(tmp_path).environments


def test_a_layer_of_the_projects_own_is_said_to_be_its_own(tmp_path: Path) -> None:
    new_project(tmp_path)
    config = tmp_path / "flowops.yaml"
    config.write_text(config.read_text().replace("layers: [foundation, app]", "layers: [foundation, app, reports]"))
    made = add(tmp_path, EnvironmentRequest("qa"))
    assert made.notes == ("Layer reports: its units are yours to add.",)


def test_a_configuration_that_cannot_be_changed_in_one_place_is_left_alone(tmp_path: Path) -> None:
    new_project(tmp_path)
    config = tmp_path / "flowops.yaml"
    data = yaml.safe_load(config.read_text())
    accounts = ", ".join(f"{name}: {{profile: {it['profile']}}}" for name, it in data["accounts"].items())
    text = config.read_text()
    start, end = text.index("accounts:"), text.index("environments:")
    config.write_text(f"{text[:start]}accounts: &all\n  <<: {{{accounts}}}\n{text[end:]}")
    before = files(tmp_path)
    with pytest.raises(UsageError):
        add(tmp_path, EnvironmentRequest("qa"))
    assert files(tmp_path) == before


def test_an_id_that_another_account_has_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    new_project(tmp_path)
    add(tmp_path, EnvironmentRequest("qa", account_id="444444444444"))
    before = files(tmp_path)
    with pytest.raises(UsageError, match="444444444444"):
        add(tmp_path, EnvironmentRequest("uat", account_id="444444444444"))
    assert files(tmp_path) == before


def test_caches_and_rendered_files_of_a_checkout_are_not_packaged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "scaffold").mkdir(parents=True)
    for name in ("README.md", "Makefile", "gitignore", "env.hcl.j2", "region.hcl.j2"):
        (data / "scaffold" / name).write_bytes((ROOT / "flowops/data/scaffold" / name).read_bytes())
    new_project(data / "project")
    foundation = data / "project/deployments/aws/non-prod/eu-central-1/dev/foundation"
    (foundation / "foundation.hcl").write_text("rendered here")
    cache = foundation / "vpc/.terragrunt-cache/x"
    cache.mkdir(parents=True)
    (cache / "terragrunt.hcl").write_text("a copy")
    init_project(DEFAULTS, quick_start=QuickStart(data), folder=NewFiles(tmp_path / "y"))
    new_project(tmp_path / "z")
    assert files(tmp_path / "y") == files(tmp_path / "z")


def test_a_unit_whose_module_was_removed_is_named(tmp_path: Path) -> None:
    new_project(tmp_path)
    shutil.rmtree(tmp_path / "terraform-modules/efs")
    made = add(tmp_path, EnvironmentRequest("qa"))
    assert [it.partition(",")[0] for it in made.notes] == ["Unit foundation/efs needs the module efs"]


def test_of_two_commands_at_once_one_is_refused_and_no_environment_is_lost(tmp_path: Path) -> None:
    new_project(tmp_path)
    before = files(tmp_path)
    with ConfigFile(tmp_path).alone(), pytest.raises(LockHeld):
        add(tmp_path, EnvironmentRequest("qa"))
    assert files(tmp_path) == before
    add(tmp_path, EnvironmentRequest("qa"))


@pytest.mark.parametrize("stopped_at", [1, 40, 80])
def test_an_interrupt_while_files_are_written_leaves_none(tmp_path: Path, stopped_at: int) -> None:
    class Interrupting(dict[PurePosixPath, bytes]):
        def items(self) -> Any:
            for number, pair in enumerate(super().items()):
                if number == stopped_at:
                    raise KeyboardInterrupt
                yield pair

    content = Interrupting({PurePosixPath(f"some/{number % 9}/{number}"): b"x" for number in range(100)})
    with pytest.raises(Interrupted) as caught, NewFiles(tmp_path / "x").written(content):
        pass
    assert caught.value.not_done == "Nothing was written."
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_after_the_files_were_written_takes_them_away(tmp_path: Path) -> None:
    def press(path: Path) -> None:
        assert path.read_bytes() == b"x"
        raise KeyboardInterrupt

    with pytest.raises(Interrupted), NewFiles(tmp_path / "a/b").written({PurePosixPath("c/d"): b"x"}):
        press(tmp_path / "a/b/c/d")
    assert list(tmp_path.iterdir()) == []


def test_the_network_of_a_file_that_cannot_be_read_is_not_taken_for_free(tmp_path: Path) -> None:
    new_project(tmp_path)
    (tmp_path / "deployments/zz/env.hcl").mkdir(parents=True)
    before = files(tmp_path)
    with pytest.raises(InvalidConfig, match=r"zz/env.hcl:1: "):
        add(tmp_path, EnvironmentRequest("qa"))
    assert files(tmp_path) == before


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    new_project(tmp_path)
    config = tmp_path / "flowops.yaml"
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    add(tmp_path, EnvironmentRequest("qa"))
    assert config.read_bytes().startswith(b"\xef\xbb\xbf# The project")


def test_line_ends_that_nobody_has_any_more_are_left_alone(tmp_path: Path) -> None:
    new_project(tmp_path)
    config = tmp_path / "flowops.yaml"
    config.write_bytes(config.read_bytes().replace(b"\n", b"\r"))
    before = files(tmp_path)
    with pytest.raises(UsageError, match="would not hold with"):
        add(tmp_path, EnvironmentRequest("qa"))
    assert files(tmp_path) == before


def test_a_command_killed_in_the_middle_is_answered_with_what_stands(tmp_path: Path) -> None:
    half = tmp_path / "x"
    (half / "deployments").mkdir(parents=True)
    (half / "deployments/root.hcl").write_text("half")
    argv = [sys.executable, "-m", "flowops", "init", str(half)]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 64
    assert "deployments/root.hcl is there already" in ended.stderr
