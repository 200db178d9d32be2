"""flowops.yaml and the deployments tree as hostile or careless hands leave them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowops.adapters.project import find_project, load_config, load_deployment
from flowops.errors import FlowopsError, InvalidConfig
from flowops.model.config import Config, with_rehearsal_ids

PROJECT = Path(__file__).parents[2]
VALID = (PROJECT / "flowops.yaml").read_text()
HOSTILE_NAMES = [
    "../../x",
    "-rf",
    "; rm -rf ~",
    "a|b",
    "!x",
    "...",
    "with space",
    "ünïcode",
    "x" * 300,
    "CON:",
    "a\nb",
    "${jndi:ldap://x}",
    "{./a}",
    "UPPER",
    "a--",
    "",
]


def config(folder: Path, text: str) -> Config:
    (folder / "flowops.yaml").write_text(text)
    return load_config(folder)


def test_the_projects_own_configuration_is_valid() -> None:
    assert list(load_config(PROJECT).environments) == ["dev", "prod"]


def test_a_project_is_found_from_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "flowops.yaml").write_text(VALID)
    (tmp_path / "deployments" / "aws").mkdir(parents=True)
    assert find_project(tmp_path / "deployments" / "aws") == tmp_path


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_never_becomes_an_environment(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidConfig, match=r"flowops\.yaml:"):
        config(tmp_path, VALID.replace("  dev: {account: dev,", f"  {quoted(name)}: {{account: dev,"))


@pytest.mark.parametrize("path", ["../outside", "/etc", "aws/../../x", "a//b", "a b", "-x/y", "~/x", "$HOME"])
def test_an_environments_folder_never_leaves_the_tree(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidConfig, match=r"environments\.dev\.path"):
        config(tmp_path, VALID.replace("aws/non-prod/eu-central-1/dev", quoted(path)))


@pytest.mark.parametrize("name", [it for it in HOSTILE_NAMES if it.strip(".") and "/" not in it and len(it) < 200])
def test_a_hostile_folder_never_becomes_a_unit(tmp_path: Path, name: str) -> None:
    loaded = config(tmp_path, VALID)
    unit = tmp_path / "deployments" / "aws/non-prod/eu-central-1/dev/foundation" / name
    unit.mkdir(parents=True)
    (unit / "terragrunt.hcl").touch()
    with pytest.raises(InvalidConfig, match="is no name for a unit"):
        load_deployment(tmp_path, loaded)


def test_units_of_a_layer_that_nobody_named_are_not_overlooked(tmp_path: Path) -> None:
    loaded = config(tmp_path, VALID)
    unit = tmp_path / "deployments" / "aws/non-prod/eu-central-1/dev/ap/work"
    unit.mkdir(parents=True)
    (unit / "terragrunt.hcl").touch()
    with pytest.raises(InvalidConfig, match="'ap' is no layer of flowops"):
        load_deployment(tmp_path, loaded)


@pytest.mark.parametrize("nested", ["net/vpc", "vpc/inner", "net/vpc/a"])
def test_a_unit_lies_directly_below_its_layer(tmp_path: Path, nested: str) -> None:
    loaded = config(tmp_path, VALID)
    layer = tmp_path / "deployments" / "aws/non-prod/eu-central-1/dev/foundation"
    for folder in ("vpc", nested):
        (layer / folder).mkdir(parents=True, exist_ok=True)
        (layer / folder / "terragrunt.hcl").touch()
    with pytest.raises(InvalidConfig) as caught:
        load_deployment(tmp_path, loaded)
    assert caught.value.happened == (
        f"{layer / nested}/terragrunt.hcl:1: {nested!r} is no place for a unit; "
        "allowed: a folder directly below its layer, foundation/UNIT."
    )


def test_caches_and_hidden_folders_hold_no_units(tmp_path: Path) -> None:
    loaded = config(tmp_path, VALID)
    layer = tmp_path / "deployments" / "aws/non-prod/eu-central-1/dev/foundation"
    for folder in ("vpc", "vpc/.terragrunt-cache/a/b", ".hidden"):
        (layer / folder).mkdir(parents=True)
        (layer / folder / "terragrunt.hcl").touch()
    assert [unit.id for unit in load_deployment(tmp_path, loaded).environment("dev").units] == ["dev/foundation/vpc"]


@pytest.mark.parametrize(
    "kind", ["fifo", "directory", "broken link", "empty", "huge", "latin-1", "nul", "deep", "laughs"]
)
def test_a_file_that_is_no_configuration_is_named_with_its_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "flowops.yaml"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "directory":
            path.mkdir()
        case "broken link":
            path.symlink_to(tmp_path / "nowhere")
        case "empty":
            path.touch()
        case "huge":
            path.write_text("# " + "x" * 1024 * 1024)
        case "latin-1":
            path.write_bytes(b"project: flow\xe4ble\n")
        case "nul":
            path.write_bytes(b"project: a\0b\n")
        case "deep":
            path.write_text("[" * 5000)
        case "laughs":
            levels = [f"l{it}: &l{it} [{', '.join([f'*l{it - 1}'] * 9)}]" for it in range(1, 9)]
            path.write_text("\n".join(["l0: &l0 [a]", *levels]))
    with pytest.raises(InvalidConfig, match=r"flowops\.yaml:\d+: "):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        (VALID.replace("flowable\n", "flow\0able\n", 1).encode(), 3, "the character 0x0000"),
        (VALID.replace("flowable\n", "flow\x1bable\n", 1).encode(), 3, "the character 0x001b"),
        (VALID.encode() + b"project: again\n", 25, "stands here twice (first in line 3)"),
        (VALID.encode() + b"---\na: 1\n", 25, "another document"),
        (VALID.replace("region:", "regoin:", 1).encode(), 4, "did you mean 'region'"),
        (
            VALID.replace("dev: {profile", "dev: {id: 012345670123, profile", 1).encode(),
            11,
            "quoted string of 12 digits",
        ),
        (VALID.replace("project: flowable", "project: 2020-01-01", 1).encode(), 3, "allowed: a text"),
        (b"!!python/object/apply:os.system [ls]\n", 1, "allowed: a mapping"),
        (b"a: &a [*a]\n", 1, "nested deeper than 50 levels"),
        (b"a: " + b"{a: " * 5000, 1, "nested deeper than 50 levels"),
        (b"\n".join(b"k%d: 1" % number for number in range(90_000)), 8_000, "more than 8000 values"),
        (b"project: " + b"9" * 300_000, 1, "is not YAML"),
        (b"project: " + b"1:" * 30_000 + b"1", 1, "a very long number"),
        (VALID.replace("dev: {profile", f"dev: {{id: {'1:' * 9000}1, profile", 1).encode(), 11, "without quotes"),
        (VALID.replace("project: flowable", "project: 2020-99-99", 1).encode(), 3, "'2020-99-99' is no timestamp"),
        (VALID.replace("project: flowable", "project: !!bool maybe", 1).encode(), 3, "'maybe' is no bool"),
        (VALID.replace("project: flowable", "project: !!timestamp soon", 1).encode(), 3, "'soon' is no timestamp"),
        (VALID.replace("project: flowable", 'project: "\\UFFFFFFFF"', 1).encode(), 3, "is not YAML"),
        (VALID.replace("project: flowable", "<<: {project: x}", 1).encode(), 3, "write the keys out"),
        (VALID.encode() + b"? [a, b]\n: 1\n", 25, "a list or a mapping"),
        (VALID.encode() + b'"a\\nb\\e[31m": 1\n', 25, r"'a\nb\x1b[31m': unknown key"),
        (VALID.encode() + b'"": 1\n', 25, "'': unknown key"),
        (VALID.encode() + b"layers2:\n", 25, "did you mean 'layers'"),
        (
            VALID.replace("layers: [foundation, app]", "layers: ", 1).encode(),
            18,
            "nothing stands here; allowed: a list",
        ),
        (VALID.replace("layers: [foundation, app]", "layers: []", 1).encode(), 18, "allowed: 1 of them or more"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, written: bytes, line: int, said: str) -> None:
    (tmp_path / "flowops.yaml").write_bytes(written)
    with pytest.raises(InvalidConfig) as caught:
        load_config(tmp_path)
    start = f"{tmp_path / 'flowops.yaml'}:{line}: "
    assert any(it.startswith(start) and said in it for it in caught.value.happened.splitlines())


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "flowops.yaml").write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    assert load_config(tmp_path) == load_config(PROJECT)


@settings(
    max_examples=500, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(raw=st.binary(max_size=300), cut=st.integers(0, len(VALID)))
def test_any_bytes_are_a_configuration_or_one_error(tmp_path: Path, raw: bytes, cut: int) -> None:
    (tmp_path / "flowops.yaml").write_bytes(VALID[:cut].encode() + raw + VALID[cut:].encode())
    assert_answered(tmp_path)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=12)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@settings(
    max_examples=500, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(changes=st.dictionaries(st.sampled_from(sorted(Config.model_fields)), TREES, min_size=1, max_size=3))
def test_any_values_are_a_configuration_or_one_error(tmp_path: Path, changes: dict[str, object]) -> None:
    document = yaml.safe_load(VALID) | changes
    (tmp_path / "flowops.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    assert_answered(tmp_path)


def assert_answered(folder: Path) -> None:
    """Say that the loader answers with a configuration, or with an error that names the file and a line."""
    said = "/flowops.yaml:1: "
    try:
        load_config(folder)
    except InvalidConfig as error:
        said = error.happened
    assert re.search(r"/flowops\.yaml:\d+: ", said)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), cut=st.integers(0, len(VALID)))
def test_whatever_is_written_into_it_the_answer_is_a_configuration_or_one_error(
    tmp_path: Path, text: str, cut: int
) -> None:
    said = "flowops.yaml:"
    try:
        config(tmp_path, VALID[:cut] + text + VALID[cut:])
    except FlowopsError as error:
        said = error.happened
    assert "flowops.yaml:" in said


def test_a_rehearsal_gives_every_account_an_id_and_keeps_those_that_are_written(tmp_path: Path) -> None:
    written = VALID.replace("dev: {profile: flw-dev}", 'dev: {profile: flw-dev, id: "111111111111"}')
    filled = with_rehearsal_ids(config(tmp_path, written))
    ids = {name: account.id for name, account in filled.accounts.items()}
    assert ids == {"security": "222222222222", "dev": "111111111111", "prod": "333333333333"}


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
