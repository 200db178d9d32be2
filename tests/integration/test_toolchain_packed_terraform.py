"""A mirror of zips, as `terraform providers mirror` fills one: unpacked once, after its hash, and used from there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.toolchain import Toolchain
from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.mirrors import (
    cli_configuration,
    own_mirror,
    unpacked_in,
    unpacking_mirror,
    write_cli_configuration,
)
from flowops.adapters.toolchain.package_hash import package_hash
from flowops.adapters.toolchain.providers import ProviderFolder
from flowops.adapters.toolchain.registry import requirement
from flowops.errors import ToolUnusable
from flowops.model.toolchain import Provider, Source, platform_of
from tests.integration.toolbox import Toolbox, is_executable, script, zipped
from tests.integration.tools import Tools

FAKE = Provider("example/fake", "1.2.3")
PROGRAM = "terraform-provider-fake_v1.2.3_x5"
PLATFORM = platform_of(os.uname().sysname, os.uname().machine)
ZIP = f"terraform-provider-fake_1.2.3_{PLATFORM}.zip"
FILES = {PROGRAM: script("a provider"), "LICENSE.txt": b"MPL"}


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    box = Toolbox(tmp_path)
    mirror(box).mkdir(parents=True)
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(box.folder / "mirror")
    return box


def mirror(box: Toolbox) -> Path:
    """Return the provider's folder in the mirror."""
    return box.folder / "mirror" / FAKE.source


def machine(box: Toolbox) -> Machine:
    return Machine(**{**vars(box.machine), "platform": PLATFORM})


def provider_folder(box: Toolbox) -> ProviderFolder:
    return ProviderFolder(FAKE, machine(box), Processes(), lambda: Path("/no/terraform"))


def place(box: Toolbox) -> Path:
    return unpacked_in(unpacking_mirror(machine(box)), FAKE, PLATFORM)


def pack(box: Toolbox, files: dict[str, bytes] = FILES, *, hashes: list[str] | None = None) -> str:
    """Put a zip into the mirror, with these hashes beside it, and return its SHA-256."""
    archive = mirror(box) / ZIP
    archive.write_bytes(zipped(**files))
    index = {"archives": {PLATFORM: {"hashes": hashes, "url": ZIP}}}
    (mirror(box) / f"{FAKE.version}.json").write_text(json.dumps(index))
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def hash_of(box: Toolbox, files: dict[str, bytes] = FILES) -> str:
    """Return the hash of these files as terraform spells it in lock files."""
    for name, content in files.items():
        box.place(name, content, box.folder / "as it should be")
    return package_hash(box.folder / "as it should be")


def refusal(box: Toolbox) -> str:
    """Return why there is no provider, and check that nothing was left behind."""
    with pytest.raises(ToolUnusable) as caught:
        provider_folder(box).install()
    assert [path for path in box.cache.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
    assert not provider_folder(box).status().usable
    return caught.value.happened


def test_what_is_packed_is_unpacked_once_and_required_as_a_folder(box: Toolbox) -> None:
    pack(box, hashes=[hash_of(box)])
    before = provider_folder(box).status()
    assert (before.usable, before.note) == (False, f"packed in {mirror(box) / ZIP}")

    folder = Toolchain([provider_folder(box)], machine(box)).require(FAKE.address)

    assert folder == place(box)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert is_executable(folder / PROGRAM)
    assert box.said == [
        f"example/fake 1.2.3: unpacking {mirror(box) / ZIP}",
        f"example/fake 1.2.3: ready, mirror of {mirror(box) / ZIP}",
    ]
    status = provider_folder(box).install()
    assert (status.path, status.source) == (str(folder), Source.MIRROR)
    assert len(box.said) == 2


def test_terraform_links_to_what_was_unpacked(box: Toolbox, tools: Tools) -> None:
    pack(box, hashes=[hash_of(box)])
    provider_folder(box).install()
    settings = write_cli_configuration(box.folder / "terraform.tfrc", machine(box), [FAKE])
    work = box.folder / "work"
    work.mkdir()
    (work / "versions.tf.json").write_text(requirement(FAKE))
    env = {"PATH": os.environ["PATH"], "HOME": str(box.folder), "TF_CLI_CONFIG_FILE": str(settings)}
    done = Processes().run([str(tools.terraform), "init", "-no-color"], env=env, cwd=work, timeout=300)
    assert done.succeeded, done.stderr
    assert unpacked_in(work / ".terraform" / "providers", FAKE, PLATFORM).resolve() == place(box)
    assert hash_of(box) in (work / ".terraform.lock.hcl").read_text()


def test_a_packed_mirror_serves_until_it_is_unpacked(box: Toolbox) -> None:
    pack(box, hashes=[hash_of(box)])
    for served in (box.folder / "mirror", unpacking_mirror(machine(box))):
        (installation,) = json.loads(cli_configuration(machine(box), [FAKE]))["provider_installation"]
        assert installation["filesystem_mirror"] == [{"path": str(served), "include": [FAKE.source]}]
        assert installation["direct"] == [{"exclude": [FAKE.source]}]
        provider_folder(box).install()


def test_a_zip_may_be_known_by_its_own_sum(box: Toolbox) -> None:
    known = pack(box)
    pack(box, hashes=["h1:of another platform", f"zh:{known}"])
    assert provider_folder(box).install().usable


def test_what_came_from_elsewhere_because_the_zip_was_wrong_does_not_count_as_the_mirrors(box: Toolbox) -> None:
    pack(box, hashes=["h1:another"])
    fetched = unpacked_in(Path("unpacked"), FAKE, PLATFORM)
    terraform = box.place("terraform", script("", f"/bin/mkdir -p {fetched} && echo fetched > {fetched}/{PROGRAM}"))
    status = ProviderFolder(FAKE, machine(box), Processes(), lambda: terraform).install()
    assert (status.source, status.path) == (Source.REGISTRY, str(unpacked_in(own_mirror(machine(box)), FAKE, PLATFORM)))


def test_a_sum_that_we_know_is_believed_over_the_mirrors(box: Toolbox) -> None:
    actual = pack(box, hashes=[hash_of(box)])
    sums = box.data / "SHA256SUMS"
    sums.write_text(f"{'0' * 64}  {ZIP}\n")
    assert f"{mirror(box) / ZIP} has the SHA-256 {actual}, which was not expected; it was thrown away" in refusal(box)
    sums.write_text(f"{actual}  {ZIP}\n")
    (mirror(box) / f"{FAKE.version}.json").unlink()
    assert provider_folder(box).install().usable


def test_a_zip_with_another_content_is_thrown_away_and_the_other_sources_are_tried(box: Toolbox) -> None:
    pack(box, FILES | {"LICENSE.txt": b"tampered"}, hashes=[hash_of(box)])
    text = refusal(box)
    assert f"\n  - mirror: {mirror(box) / ZIP} has the SHA-256 " in text
    assert "\n  - registry: " in text
    assert "\n  - build: it cannot be built from a Go module" in text


@pytest.mark.parametrize("index", [None, "{", '{"archives": {}}', '{"archives": {"plan9_mips": {"hashes": []}}}'])
def test_a_zip_of_which_nobody_says_the_hash_is_not_unpacked(box: Toolbox, index: str | None) -> None:
    pack(box)
    beside = mirror(box) / f"{FAKE.version}.json"
    beside.unlink() if index is None else beside.write_text(index)
    assert f"nothing says which hash {mirror(box) / ZIP} should have: {beside} does not" in refusal(box)


def test_what_a_zip_wants_to_write_elsewhere_stays_below_its_folder(box: Toolbox) -> None:
    known = pack(box, {**FILES, "../../../evil": b"evil", "/tmp/evil": b"evil"})
    pack(box, {**FILES, "../../../evil": b"evil", "/tmp/evil": b"evil"}, hashes=[f"zh:{known}"])
    provider_folder(box).install()
    assert all(path.is_relative_to(place(box)) for path in box.folder.rglob("*evil*"))
    assert not Path("/tmp/evil").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK", "cannot be unpacked: File is not a zip file"),
        (zipped(**FILES)[:-40], "cannot be unpacked: File is not a zip file"),
        (zipped(**{"LICENSE.txt": b"MPL"}), "holds no terraform-provider-fake_v1.2.3"),
    ],
    ids=["no zip", "cut off", "no program"],
)
def test_a_zip_without_a_provider_is_none(box: Toolbox, content: bytes, why: str) -> None:
    pack(box, hashes=[f"zh:{hashlib.sha256(content).hexdigest()}"])
    (mirror(box) / ZIP).write_bytes(content)
    assert f"{mirror(box) / ZIP} {why}" in refusal(box)
