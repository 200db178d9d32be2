"""A provider that no mirror has, with a terraform and a `go` that note what they were asked and do as the test says."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from flowops.adapters.process import Processes
from flowops.adapters.toolchain.mirrors import own_mirror, unpacked_in
from flowops.adapters.toolchain.providers import ProviderFolder
from flowops.errors import ToolUnusable
from flowops.model.toolchain import GoModule, Provider, Source, ToolStatus
from tests.integration.toolbox import Toolbox, is_executable, script

PACKAGE = "github.com/example/terraform-provider-fake"
FAKE = Provider("example/fake", "1.2.3", GoModule("fake-provider", PACKAGE))
NO_REGISTRY = "echo registry >> {asked}\necho 'Error: could not connect' >&2; exit 1"
REGISTRY = """echo registry >> {asked}
mkdir -p unpacked/{home} && echo fetched > unpacked/{home}/terraform-provider-fake_v1.2.3_x5"""
GO = """if [ "$1" = version ]; then echo 'go version go1.26.1 linux/amd64'; exit 0; fi
echo build >> {asked}
{body}
while [ "$1" != -o ]; do shift; done
echo built > "$2"
"""


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    box = Toolbox(tmp_path)
    module = box.data / "fake-provider"
    module.mkdir()
    (module / "go.mod").write_text(f"module x\n\nrequire {PACKAGE} v1.2.3\n")
    (module / "go.sum").write_text("")
    has(box)
    return box


def has(box: Toolbox, *, registry: str = NO_REGISTRY, build: str = "") -> None:
    """Place a terraform and a go that do this much."""
    home = unpacked_in(Path(), FAKE, box.machine.platform)
    box.place("terraform", script("", registry.format(asked=asked_file(box), home=home)))
    box.place("go", script("", GO.format(asked=asked_file(box), body=build)))


def asked_file(box: Toolbox) -> Path:
    return box.folder / "asked"


def asked(box: Toolbox) -> list[str]:
    return asked_file(box).read_text().split() if asked_file(box).exists() else []


def provider_folder(box: Toolbox) -> ProviderFolder:
    return ProviderFolder(FAKE, box.machine, Processes(), lambda: box.bin / "terraform")


def place(box: Toolbox) -> Path:
    return unpacked_in(own_mirror(box.machine), FAKE, box.machine.platform)


def cached(box: Toolbox) -> set[str]:
    """Return every file in the cache, locks aside."""
    files = (path for path in box.cache.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(box.cache)) for path in files}


def test_what_neither_a_mirror_nor_the_registry_has_is_built_once_into_our_own_mirror(box: Toolbox) -> None:
    before = provider_folder(box).status()
    assert (before.source, before.usable) == (Source.MISSING, False)

    status = provider_folder(box).install()

    assert status == ToolStatus("example/fake", "1.2.3", "1.2.3", str(place(box)), Source.BUILD)
    program = place(box) / "terraform-provider-fake_v1.2.3"
    assert program.read_text() == "built\n"
    assert is_executable(program)
    assert cached(box) == {str(path.relative_to(box.cache)) for path in (program, program.with_name("BUILT_FROM"))}
    assert asked(box) == ["registry", "build"]
    assert box.said == [
        "example/fake 1.2.3: fetching from the registry",
        "example/fake 1.2.3: no registry: terraform could not fetch it: Error: could not connect",
        "example/fake 1.2.3: building from its Go module; this takes a few minutes the first time",
        f"example/fake 1.2.3: ready, build of {PACKAGE}@v1.2.3",
    ]

    assert provider_folder(box).install() == status
    assert asked(box) == ["registry", "build"]


def test_what_the_registry_has_is_not_built(box: Toolbox) -> None:
    has(box, registry=REGISTRY)
    status = provider_folder(box).install()
    assert (status.source, status.path) == (Source.REGISTRY, str(place(box)))
    assert asked(box) == ["registry"]


def test_what_a_mirror_of_the_callers_has_is_neither_fetched_nor_built(box: Toolbox) -> None:
    mirror = box.folder / "mirror"
    for name in (FAKE.program, "BUILT_FROM"):  # a folder copied from somebody's cache
        box.place(name, b"", unpacked_in(mirror, FAKE, box.machine.platform))
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(mirror)
    assert provider_folder(box).install().source is Source.MIRROR
    assert (asked(box), box.said) == ([], [])


def test_what_is_nowhere_to_be_had_names_every_source_tried_and_leaves_nothing(box: Toolbox) -> None:
    has(box, build="echo 'no such host' >&2; exit 1")
    mirror = box.folder / "mirror"
    mirror.mkdir()
    box.env["FLOWOPS_PROVIDER_MIRROR"] = str(mirror)
    with pytest.raises(ToolUnusable) as caught:
        provider_folder(box).install()
    assert caught.value.happened == (
        "The provider example/fake 1.2.3 is not to be had:\n"
        f"  - mirror: it is not in {mirror}\n"
        "  - registry: terraform could not fetch it: Error: could not connect\n"
        "  - build: go build ended with 1: no such host"
    )
    assert cached(box) == set()


def test_a_terraform_that_fetches_something_else_is_a_registry_without_it(box: Toolbox) -> None:
    has(box, registry="exit 0")
    assert provider_folder(box).install().source is Source.BUILD
    assert box.said[1].endswith("no registry: terraform fetched no terraform-provider-fake_v1.2.3 for linux_amd64")


def test_a_terraform_that_cannot_start_is_a_registry_without_it(box: Toolbox) -> None:
    box.place("terraform", b"\x7fELF cut off")
    assert provider_folder(box).install().source is Source.BUILD
    assert "terraform could not be started" in box.said[1]


def test_a_broken_provider_and_leftovers_of_a_crash_are_replaced(box: Toolbox) -> None:
    box.place("half", b"", place(box))
    box.place("half", b"", box.cache / ".new-providers-crashed")
    assert provider_folder(box).install().source is Source.BUILD
    assert {Path(path).name for path in cached(box)} == {FAKE.program, "BUILT_FROM"}


def test_two_at_once_wait_for_each_other_and_build_once(box: Toolbox) -> None:
    waiting = threading.Event()
    box.hears = lambda line: waiting.set() if line.startswith("waiting for another flowops") else None

    def terraform() -> Path:
        waiting.wait(60)  # the first one gets it only when the second has said that it waits
        return box.bin / "terraform"

    def install() -> None:
        found.append(ProviderFolder(FAKE, box.machine, Processes(), terraform).install())

    found: list[ToolStatus] = []
    both = [threading.Thread(target=install) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [status.source for status in found] == [Source.BUILD] * 2
    assert asked(box) == ["registry", "build"]
    assert "waiting for another flowops to finish installing example/fake 1.2.3" in box.said
