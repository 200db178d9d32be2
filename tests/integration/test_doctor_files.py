"""What doctor sees of a machine and of a project's files; what it looks at stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowops.adapters.doctor.machine import ThisComputer
from flowops.adapters.doctor.project import FilesOfProject
from flowops.adapters.doctor.wanted import WantedOfTree
from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.process import Processes
from flowops.adapters.project import load_config, load_deployment
from flowops.errors import InvalidConfig
from flowops.model.deployment import Environment
from flowops.model.doctor_facts import Database, Permissions, Wanted
from flowops.model.rendering import RenderResult
from flowops.model.toolchain import ToolStatus

ROOT = Path(__file__).parents[2]
DEV = "deployments/aws/non-prod/eu-central-1/dev"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    shutil.copy(ROOT / "flowops.yaml", made)
    for part in ("deployments", "terraform-modules", "bootstrap"):
        leave = shutil.ignore_patterns(".terragrunt-cache", ".terraform")
        shutil.copytree(ROOT / part, made / part, ignore=leave)
    return made


def files(project: Path) -> FilesOfProject:
    config = load_config(project)
    git = GitWorkingCopy(Processes(), project, os.environ)
    return FilesOfProject(project, project, config, git, lambda: RenderResult(()))


def environment(project: Path, name: str) -> Environment:
    return load_deployment(project, load_config(project)).environment(name)


def wanted(project: Path, name: str) -> Wanted:
    return WantedOfTree(project, "eu-west-1").of(environment(project, name))


def line_of(project: Path, file: str, setting: str) -> str:
    lines = (project / file).read_text().splitlines()
    return f"{file}:{next(n for n, line in enumerate(lines, 1) if line.strip().startswith(setting))}"


def test_what_an_environment_asks_for_is_read_from_the_tree(project: Path) -> None:
    dev, prod = wanted(project, "dev"), wanted(project, "prod")
    assert (dev.region, dev.zones) == ("eu-central-1", tuple(f"eu-central-1{it}" for it in "abc"))
    assert (dev.instance_types, dev.kubernetes, dev.cluster) == (("m6i.large",), "1.34", "flowable-dev")
    assert (dev.networks, dev.addresses, prod.addresses) == (1, 1, 3)
    place = line_of(project, f"{DEV}/app/rds-postgres/terragrunt.hcl", "instance_class")
    assert dev.databases == (Database("postgres", "16", "db.t4g.medium", place),)
    assert [(it.engine, it.version) for it in prod.databases] == [("oracle-se2", "19")]
    assert dev.places["node_group"] == line_of(project, f"{DEV}/env.hcl", "node_group")


def test_an_environment_without_cluster_and_network_asks_for_neither(project: Path) -> None:
    for unit in ("vpc", "eks", "eks-components", "efs"):
        shutil.rmtree(project / DEV / "foundation" / unit)
    dev = wanted(project, "dev")
    assert (dev.instance_types, dev.kubernetes, dev.cluster, dev.networks, dev.addresses) == ((), "", "", 0, 0)


def test_what_an_expression_makes_is_not_guessed(project: Path) -> None:
    file = project / DEV / "env.hcl"
    text = file.read_text().replace('"1.34"', 'get_env("VERSION", "1.34")').replace('["m6i.large"]', "[local.kind]")
    file.write_text(text)
    dev = wanted(project, "dev")
    assert (dev.kubernetes, dev.instance_types) == ("", ())


def test_an_api_server_without_ranges_is_closed_and_one_with_ranges_is_not(project: Path) -> None:
    assert wanted(project, "dev").closed
    assert wanted(project, "dev").places["public_access_cidrs"] == line_of(
        project, f"{DEV}/env.hcl", "public_access_cidrs"
    )
    file = project / DEV / "env.hcl"
    file.write_text(file.read_text().replace("public_access_cidrs = []", 'public_access_cidrs = ["192.0.2.0/24"]'))
    assert not wanted(project, "dev").closed


def test_a_file_that_cannot_be_read_is_named_with_its_line(project: Path) -> None:
    (project / DEV / "env.hcl").write_text("locals {\n  a = = 1\n}\n")
    with pytest.raises(InvalidConfig, match=r"env\.hcl:2: is not HCL"):
        wanted(project, "dev")


def test_everything_that_units_include_is_there_until_a_file_goes(project: Path) -> None:
    dev = environment(project, "dev")
    assert files(project).missing_includes(dev) == ()
    (project / "deployments/aws/non-prod/eu-central-1/region.hcl").unlink()
    missing = files(project).missing_includes(dev)
    assert len(missing) == len(dev.units)
    assert f"deployments/root.hcl includes region.hcl, which is in no folder above {DEV}/foundation/vpc" in missing
    (project / "deployments/root.hcl").unlink()
    assert "terragrunt.hcl includes root.hcl" in files(project).missing_includes(dev)[0]


def test_a_template_that_is_not_rendered_yet_counts_as_there_and_a_comment_includes_nothing(project: Path) -> None:
    assert not (project / "deployments/aws/non-prod/account.hcl").exists()
    unit = project / DEV / "foundation/vpc/terragrunt.hcl"
    unit.write_text(unit.read_text() + '# find_in_parent_folders("never.hcl")\n')
    assert files(project).missing_includes(environment(project, "dev")) == ()


def test_whether_states_are_locked_is_read_from_root_hcl(project: Path) -> None:
    assert files(project).locks_by_file()
    root = project / "deployments/root.hcl"
    root.write_text(root.read_text().replace("use_lockfile = true", "# use_lockfile = true"))
    assert not files(project).locks_by_file()


def test_unsaved_states_are_seen_where_they_lie_and_are_not_touched(project: Path) -> None:
    dev = environment(project, "dev")
    cache = project / DEV / "foundation/vpc/.terragrunt-cache/a/b"
    kept = project / ".flowops/unsaved/dev/foundation/eks"
    for folder in (cache, kept):
        folder.mkdir(parents=True)
    (cache / "errored.tfstate").write_text("{}")
    (cache / "errored.tfstate").chmod(0o644)
    (kept / "errored-1234.tfstate").write_text("{}")
    found = files(project).unsaved(dev)
    assert {it.id for it in found} == {"dev/foundation/vpc", "dev/foundation/eks"}
    assert (cache / "errored.tfstate").stat().st_mode & 0o777 == 0o644
    assert not (project / ".flowops/unsaved/dev/foundation/vpc").exists()


def test_a_project_outside_of_git_has_no_working_copy(project: Path) -> None:
    assert files(project).git() is None
    subprocess.run(["git", "init", "-q", str(project)], check=True, timeout=300)
    state = files(project).git()
    assert state is not None
    assert "flowops.yaml" in state.changed


def computer(project: Path | None, *private: Path, ambient: Mapping[str, str] | None = None) -> ThisComputer:
    home = project.parent if project else Path("/nowhere")

    def tools(env: Mapping[str, str]) -> list[ToolStatus]:
        return [ToolStatus("seen", "", ",".join(sorted(env)))]

    return ThisComputer(
        {"PATH": os.environ["PATH"]} if ambient is None else ambient,
        Processes(),
        tools,
        project,
        home / "cache",
        private,
        home / "aws" / "config",
        home / "aws" / "credentials",
        most=64 * 1024,
    )


def test_permissions_are_those_of_what_is_there(project: Path) -> None:
    private = project / ".flowops"
    private.mkdir()
    private.chmod(0o755)
    (project.parent / "aws").mkdir()
    credentials = project.parent / "aws" / "credentials"
    credentials.write_text("[x]")
    credentials.chmod(0o604)
    machine = computer(project, private, project / "gone")
    assert machine.folders() == (Permissions(str(private), 0o755, folder=True),)
    assert machine.aws_files() == (Permissions(str(credentials), 0o604),)
    os.mkfifo(credentials.with_name("config"), 0o600)
    assert machine.aws_files()[0] == Permissions(str(credentials.with_name("config")), 0o600, special=True)


def test_caches_are_counted_until_it_is_clear_that_they_are_too_large(project: Path) -> None:
    machine = computer(project)
    assert machine.caches().size == 0
    cache = project / DEV / "foundation/vpc/.terragrunt-cache/deep"
    cache.mkdir(parents=True)
    (cache / "small").write_bytes(b"x" * 1000)
    found = machine.caches()
    assert (0 < found.size < 64 * 1024, found.at_least) == (True, False)
    (cache / "large").write_bytes(b"x" * 100_000)
    (cache / "link").symlink_to("/dev/zero")
    assert machine.caches().at_least


def test_room_is_told_for_folders_that_do_not_exist_yet(project: Path) -> None:
    rooms = computer(project).rooms()
    assert [it.path for it in rooms] == [str(project), str(project.parent / "cache")]
    assert all(it.free > 0 for it in rooms)
    assert not (project.parent / "cache").exists()


def test_tools_are_asked_without_a_mirror_that_is_none(project: Path) -> None:
    named = "FLOWOPS_PROVIDER_MIRROR"
    for folder, seen in (("/nowhere", "PATH"), (str(project), f"{named},PATH")):
        machine = computer(project, ambient={"PATH": "/bin", named: folder})
        assert machine.tools()[0].found == seen
        assert machine.mirror() == (folder, folder != "/nowhere")


def test_git_and_variables_are_those_of_the_callers_shell(project: Path) -> None:
    ambient = {"PATH": "/nowhere", "TF_CLI_ARGS": "x", "FLOWOPS_YES": "", "FLOWOPS_CONFIRM": "dev"}
    machine = computer(project, ambient=ambient)
    assert machine.git() == ""
    assert list(machine.misleading()) == ["TF_CLI_ARGS"]
    assert set(machine.variables()) == {"PATH", "TF_CLI_ARGS", "FLOWOPS_CONFIRM"}
    assert computer(project).git().startswith("git version ")
    assert computer(None).caches().size == 0
