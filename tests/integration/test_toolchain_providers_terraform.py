"""Where terraform's providers come from, asked of the real terraform where it can tell."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flowops.adapters.process import Completed, Processes
from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.mirrors import cli_configuration, own_mirror, write_cli_configuration
from flowops.adapters.toolchain.providers import ProviderFolder
from flowops.adapters.toolchain.registry import requirement
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source, platform_of
from tests.integration.toolbox import Toolbox, script
from tests.integration.tools import Tools

FAKE = Provider("example/fake", "1.2.3")
PLATFORM = platform_of(os.uname().sysname, os.uname().machine)


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    return Toolbox(tmp_path)


def machine(box: Toolbox, **changed: object) -> Machine:
    return Machine(**{**vars(box.machine), "platform": PLATFORM, **changed})


def stock(mirror: Path, provider: Provider, platform: str = PLATFORM) -> Path:
    """Put a provider into a mirror; terraform looks at it only, it does not start it for `init`."""
    kind = provider.address.rpartition("/")[2]
    folder = mirror / provider.source / provider.version / platform
    folder.mkdir(parents=True)
    program = folder / f"terraform-provider-{kind}_v{provider.version}_x5"
    program.write_bytes(script("a provider"))
    program.chmod(0o755)
    return folder


def provider_folder(box: Toolbox, provider: Provider = FAKE, *, terraform: Path = Path("/nowhere")) -> ProviderFolder:
    return ProviderFolder(provider, machine(box), Processes(), lambda: terraform)


def init(tools: Tools, folder: Path, provider: Provider, settings: Path) -> Completed:
    """Let the real terraform find a provider."""
    work = folder / "work"
    work.mkdir()
    (work / "versions.tf.json").write_text(requirement(provider))
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(settings)}
    return Processes().run([str(tools.terraform), "init", "-no-color"], env=env, cwd=work, timeout=300)


@pytest.mark.parametrize("name", ["plugins", 'odd ${name} "quoted" \\back %{if} é', "$${b"])
def test_terraform_takes_a_provider_from_a_mirror_whatever_its_path(box: Toolbox, tools: Tools, name: str) -> None:
    mirror = box.folder / name
    stock(mirror, FAKE)
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(mirror)
    settings = write_cli_configuration(box.folder / "new" / "terraform.tfrc", machine(box), [FAKE])

    done = init(tools, box.folder, FAKE, settings)

    assert "Installed example/fake v1.2.3" in done.stdout, done.stderr
    assert settings.stat().st_mode & 0o777 == 0o600


def test_terraform_takes_each_provider_from_the_mirror_that_has_it(box: Toolbox, tools: Tools) -> None:
    other = Provider("example/other", "2.0.0")
    stock(box.folder / "root" / "tf-plugins", FAKE)
    stock(own_mirror(machine(box)), other)
    settings = write_cli_configuration(box.folder / "terraform.tfrc", machine(box), [FAKE, other])

    assert "Installed example/other v2.0.0" in init(tools, box.folder, other, settings).stdout


def test_without_a_mirror_terraform_asks_the_registry_in_a_valid_configuration(box: Toolbox, tools: Tools) -> None:
    text = cli_configuration(machine(box), [FAKE])
    assert json.loads(text) == {"disable_checkpoint": True, "provider_installation": [{"direct": [{}]}]}
    (box.folder / "terraform.tfrc").write_text(text)
    env = {"PATH": os.environ["PATH"], "TF_CLI_CONFIG_FILE": str(box.folder / "terraform.tfrc")}
    done = Processes().run([str(tools.terraform), "version"], env=env, cwd=box.folder)
    assert "problems with the CLI configuration" not in done.stdout + done.stderr


def methods(box: Toolbox, *pinned: Provider) -> dict[str, object]:
    (installation,) = json.loads(cli_configuration(machine(box), pinned))["provider_installation"]
    assert isinstance(installation, dict)
    return installation


def test_a_mirror_without_the_pinned_version_is_not_asked_for_it(box: Toolbox) -> None:
    mirror = box.folder / "root" / "tf-plugins"
    stock(mirror, Provider("example/fake", "1.0.0"))
    stock(mirror, Provider("example/unpinned", "0.1.0"))
    assert methods(box, FAKE) == {
        "filesystem_mirror": [{"path": str(mirror), "include": ["registry.terraform.io/example/unpinned"]}],
        "direct": [{"exclude": ["registry.terraform.io/example/unpinned"]}],
    }


def test_a_folder_without_a_program_serves_nothing(box: Toolbox) -> None:
    for program in stock(own_mirror(machine(box)), FAKE).iterdir():
        program.unlink()
    assert methods(box, FAKE) == {"direct": [{}]}


def test_a_mirror_for_another_platform_serves_nothing(box: Toolbox) -> None:
    stock(box.folder / "root" / "tf-plugins", FAKE, "plan9_mips")
    assert methods(box, FAKE) == {"direct": [{}]}
    assert not provider_folder(box).status().usable


def test_the_first_mirror_that_has_a_provider_serves_it(box: Toolbox) -> None:
    stock(box.folder / "root" / "tf-plugins", FAKE)
    stock(own_mirror(machine(box)), FAKE)
    assert methods(box, FAKE)["filesystem_mirror"] == [
        {"path": str(box.folder / "root" / "tf-plugins"), "include": [FAKE.source]}
    ]
    assert provider_folder(box).status().source is Source.MIRROR


def test_a_named_mirror_keeps_others_from_being_looked_for(box: Toolbox) -> None:
    stock(box.folder / "root" / "tf-plugins", FAKE)
    named = box.folder / "named"
    named.mkdir()
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(named)
    assert not provider_folder(box).status().usable


def test_a_named_mirror_that_is_not_there_is_an_error_and_not_the_registry(box: Toolbox) -> None:
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(box.folder / "gone")
    with pytest.raises(ToolUnusable, match="which is no directory"):
        provider_folder(box).install()


# Does what `terraform init` does with a plugin cache, but the registry.
FETCHING = f"""
config=$(cat "$TF_CLI_CONFIG_FILE"); cache=${{config#*'"plugin_cache_dir": "'}}; cache=${{cache%%'"'*}}
mkdir -p "$cache/{FAKE.source}/1.2.3/{PLATFORM}"
echo fetched > "$cache/{FAKE.source}/1.2.3/{PLATFORM}/terraform-provider-fake_v1.2.3"
echo "$@" > {{argv}}
"""


def test_what_no_mirror_has_is_fetched_from_the_registry_once_into_our_own(box: Toolbox) -> None:
    argv = box.folder / "argv"
    terraform = box.place("terraform", script("done", FETCHING.replace("{argv}", str(argv))))

    status = provider_folder(box, terraform=terraform).install()

    assert status.source is Source.REGISTRY
    assert Path(status.path) == own_mirror(machine(box)) / FAKE.source / "1.2.3" / PLATFORM
    assert (Path(status.path) / "terraform-provider-fake_v1.2.3").read_text() == "fetched\n"
    assert argv.read_text() == "init -backend=false -input=false -no-color\n"
    assert box.said == [
        "example/fake 1.2.3: fetching from the registry",
        "example/fake 1.2.3: ready, registry of registry.terraform.io/example/fake",
    ]
    assert not list(box.cache.glob(".new-*"))

    assert provider_folder(box).install() == status


def test_a_registry_that_cannot_be_reached_is_told_in_terraforms_words(box: Toolbox) -> None:
    terraform = box.place("terraform", b"#!/bin/sh\nprintf '\\342\\224\\202 Error: could not connect\\n' >&2; exit 1\n")
    with pytest.raises(ToolUnusable, match="terraform could not fetch it: Error: could not connect\n") as caught:
        provider_folder(box, terraform=terraform).install()
    assert "mirror: there is none" in caught.value.happened
    assert "build: it cannot be built from a Go module" in caught.value.happened
    assert "FLOWOPS_PROVIDER_MIRROR" in caught.value.next_step
    assert not list(box.cache.glob(".new-*"))
