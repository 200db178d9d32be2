"""What is fetched from a release host or a mirror, and what is thrown away."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowops
from flowops.errors import ToolUnusable
from flowops.model.config import ToolsConfig
from flowops.model.toolchain import Source, ToolStatus, kubernetes_tools, sums_in, terraform, terragrunt
from tests.integration.toolbox import Answer, ReleaseHost, Toolbox, is_executable, release_host, script, tarred, zipped

TERRAFORM = terraform("1.11.4")
TERRAGRUNT = terragrunt("1.1.3")
KUBERNETES = {tool.name: tool for tool in kubernetes_tools()}
ZIP = "terraform_1.11.4_linux_amd64.zip"
ZIP_SUMS = "terraform_1.11.4_SHA256SUMS"
FOLDER = "terragrunt/1.1.3"
FILE = "terragrunt_linux_amd64"
GOOD = script("terragrunt version v1.1.3")


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    return Toolbox(tmp_path)


@pytest.fixture
def host(box: Toolbox) -> Iterator[ReleaseHost]:
    with release_host() as host:
        box.env["FLOWOPS_TOOL_MIRROR"] = host.url
        yield host


def refusal(box: Toolbox) -> str:
    """Return why terragrunt was not installed, and check that nothing of it was left behind."""
    with pytest.raises(ToolUnusable) as caught:
        box.binary(TERRAGRUNT).install()
    assert box.installed() == []
    assert not box.binary(TERRAGRUNT).status().usable
    return str(caught.value)


def test_a_program_is_fetched_verified_and_kept_for_the_next_time(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)

    status = box.binary(TERRAGRUNT).install()

    program = box.cache / "tools/terragrunt/1.1.3/terragrunt"
    assert status == ToolStatus("terragrunt", "1.1.3", "1.1.3", str(program), Source.DOWNLOAD)
    assert program.read_bytes() == GOOD
    assert is_executable(program)
    manifest = json.loads((program.parent / "manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert manifest["origin"] == f"{host.url}/{FOLDER}/{FILE}"
    assert box.said == [
        f"terragrunt 1.1.3: downloading {host.url}/{FOLDER}/{FILE}",
        f"terragrunt 1.1.3: ready, download of {host.url}/{FOLDER}/{FILE}",
    ]

    assert {it.stat().st_mode & 0o777 for it in Path(status.path).parent.iterdir()} == {0o700, 0o600}

    asked = len(host.asked)
    assert box.binary(TERRAGRUNT).install() == status
    assert len(host.asked) == asked


def test_the_program_is_taken_out_of_a_zip_and_nothing_else_is(box: Toolbox, host: ReleaseHost) -> None:
    members = {
        "../../../../evil": b"evil",
        "/tmp/evil": b"evil",
        "LICENSE.txt": b"text",
        "terraform": script("Terraform v1.11.4"),
    }
    host.publish("terraform/1.11.4", ZIP, zipped(**members), sums=ZIP_SUMS)

    assert box.binary(TERRAFORM).install().usable

    assert box.installed() == ["terraform/1.11.4/manifest.json", "terraform/1.11.4/terraform"]
    assert not list(box.folder.rglob("*evil*"))


@pytest.mark.parametrize("member", ["../terraform", "bin/terraform", "terraform/", "Terraform"])
def test_a_zip_without_the_program_at_its_place_is_refused(box: Toolbox, host: ReleaseHost, member: str) -> None:
    host.publish("terraform/1.11.4", ZIP, zipped(**{member: script("Terraform v1.11.4")}), sums=ZIP_SUMS)
    with pytest.raises(ToolUnusable, match="no file called terraform"):
        box.binary(TERRAFORM).install()
    assert box.installed() == []


def test_etcd_is_taken_out_of_its_archive_and_nothing_else_is(box: Toolbox, host: ReleaseHost) -> None:
    folder = "etcd-v3.6.13-linux-amd64"
    members = {"../../evil": b"evil", f"{folder}/etcdctl": b"other", f"{folder}/etcd": script("etcd Version: 3.6.13")}
    host.publish("etcd/3.6.13", f"{folder}.tar.gz", tarred(**members))

    status = box.binary(KUBERNETES["etcd"]).install()

    assert (status.source, status.found) == (Source.DOWNLOAD, "3.6.13")
    assert box.installed() == ["etcd/3.6.13/etcd", "etcd/3.6.13/manifest.json"]
    assert not list(box.folder.rglob("*evil*"))


@pytest.mark.parametrize(
    "archive",
    [tarred(etcd=b"elsewhere"), tarred(**{"etcd-v3.6.13-linux-amd64/etcd": b"x" * 4000})[:60], b"no archive"],
    ids=["elsewhere", "cut off", "none"],
)
def test_an_archive_without_the_program_at_its_place_is_refused(
    box: Toolbox, host: ReleaseHost, archive: bytes
) -> None:
    host.publish("etcd/3.6.13", "etcd-v3.6.13-linux-amd64.tar.gz", archive)
    with pytest.raises(ToolUnusable, match="the archive holds no file called etcd-v3"):
        box.binary(KUBERNETES["etcd"]).install()
    assert box.installed() == []


@pytest.mark.parametrize("good", [True, False])
def test_a_sum_that_stands_alone_in_its_file_is_that_of_the_program(
    box: Toolbox, host: ReleaseHost, good: bool
) -> None:
    body, folder = script("Kubernetes v1.34.4"), "/kube-apiserver/1.34.4/bin/linux/amd64"
    host.answers[f"{folder}/kube-apiserver"] = Answer(body)
    digest = hashlib.sha256(body if good else b"other").hexdigest()
    host.answers[f"{folder}/kube-apiserver.sha256"] = Answer(digest.encode())

    if good:
        assert box.binary(KUBERNETES["kube-apiserver"]).install().source is Source.DOWNLOAD
        return
    with pytest.raises(ToolUnusable, match="it was thrown away"):
        box.binary(KUBERNETES["kube-apiserver"]).install()
    assert box.installed() == []


def test_a_wrong_hash_installs_nothing(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    host.answers[f"/{FOLDER}/{FILE}"].body += b"# tampered\n"
    assert "was expected; it was thrown away" in refusal(box)


def test_a_file_that_breaks_off_installs_nothing(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    host.answers[f"/{FOLDER}/{FILE}"] = Answer(GOOD[:20], headers={"Content-Length": str(len(GOOD))})
    assert "broke off" in refusal(box) or "IncompleteRead" in refusal(box)


def test_a_hash_that_we_know_is_believed_over_the_hosts(box: Toolbox, host: ReleaseHost) -> None:
    (box.data / "SHA256SUMS").write_text(f"{'0' * 64}  {FILE}\n")
    host.publish(FOLDER, FILE, GOOD)
    assert f"but {'0' * 64} was expected" in refusal(box)

    (box.data / "SHA256SUMS").write_text(f"{hashlib.sha256(GOOD).hexdigest()}  {FILE}\n")
    host.answers[f"/{FOLDER}/SHA256SUMS"] = Answer(status=404)
    assert box.binary(TERRAGRUNT).install().usable


@pytest.mark.parametrize("platform", ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"])
def test_the_terraform_that_is_pinned_by_default_has_a_known_hash_on_every_platform(platform: str) -> None:
    sums = sums_in((Path(flowops.__file__).parent / "data" / "toolchain" / "SHA256SUMS").read_text())
    release = terraform(ToolsConfig().terraform).located(platform)
    assert release
    assert len(sums[release.file]) == 64


def test_sums_that_do_not_name_the_file_install_nothing(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    host.answers[f"/{FOLDER}/SHA256SUMS"] = Answer(f"{'a' * 64}  other\n".encode())
    assert f"SHA256SUMS names no SHA-256 of {FILE}" in refusal(box)


def test_a_program_that_says_another_version_installs_nothing(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, script("terragrunt version v1.0.0"))
    assert "turned out to be 1.0.0" in refusal(box)


def test_a_program_that_does_not_run_here_installs_nothing(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, b"\x7fELF of another machine")
    assert "could not be started" in refusal(box)


def test_a_redirect_within_this_machine_is_followed(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    host.answers["/cdn/x"] = host.answers[f"/{FOLDER}/{FILE}"]
    host.answers[f"/{FOLDER}/{FILE}"] = Answer(status=302, headers={"Location": f"{host.url}/cdn/x"})
    assert box.binary(TERRAGRUNT).install().usable


@pytest.mark.parametrize(
    "place", ["http://releases.example/terragrunt", "ftp://releases.example/x", "file:///etc/passwd"]
)
def test_a_redirect_out_of_https_is_refused(box: Toolbox, host: ReleaseHost, place: str) -> None:
    host.publish(FOLDER, FILE, GOOD)
    host.answers[f"/{FOLDER}/{FILE}"] = Answer(status=302, headers={"Location": place})
    assert "not https" in refusal(box) or "not allowed" in refusal(box)


def test_a_mirror_that_is_not_https_is_refused_before_anything_is_sent(box: Toolbox) -> None:
    box.env["FLOWOPS_TOOL_MIRROR"] = "http://mirror.example"
    assert f"http://mirror.example/{FOLDER}/{FILE} is not https" in refusal(box)


def test_every_source_that_was_tried_is_named_with_its_reason(box: Toolbox, host: ReleaseHost) -> None:
    box.place("terragrunt", script("terragrunt version v0.99.0"))
    box.go_module("1.2.0")

    text = refusal(box)

    assert f"  - {box.bin}/terragrunt is 0.99.0\n" in text
    assert f"  - download: {host.url}/{FOLDER}/{FILE}: 404 Not Found\n" in text
    assert "  - build: the Go module in this flowops builds terragrunt 1.2.0 only\n" in text
    assert "flowops toolchain install terragrunt" in text
    assert f"terragrunt 1.1.3 is needed, but {box.bin}/terragrunt is 0.99.0" in box.said


def test_a_host_that_nobody_reaches_is_given_up_at_once(box: Toolbox) -> None:
    with pytest.raises(ToolUnusable, match=r"download: http://127\.0\.0\.1:9/.*: .*[Rr]efused"):
        box.binary(TERRAFORM).install()


@pytest.mark.parametrize("harm", ["truncated", "changed", "not executable", "no manifest", "rubbish manifest"])
def test_a_broken_program_in_the_cache_is_noticed_and_replaced(box: Toolbox, host: ReleaseHost, harm: str) -> None:
    host.publish(FOLDER, FILE, GOOD)
    program = Path(box.binary(TERRAGRUNT).install().path)
    manifest = program.with_name("manifest.json")
    match harm:
        case "truncated":
            program.write_bytes(GOOD[:10])
        case "changed":
            program.write_bytes(GOOD.replace(b"v1.1.3", b"v6.6.6"))
        case "not executable":
            program.chmod(0o644)
        case "no manifest":
            manifest.unlink()
        case "rubbish manifest":
            manifest.write_text('{"sha256": 1}')
    status = box.binary(TERRAGRUNT).status()
    assert not status.usable
    assert status.note == f"{program} is broken"

    assert box.binary(TERRAGRUNT).install().path == str(program)

    assert program.read_bytes() == GOOD
    assert is_executable(program)


def test_a_program_whose_time_stamp_changed_is_still_good(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    program = Path(box.binary(TERRAGRUNT).install().path)
    program.touch()
    assert box.binary(TERRAGRUNT).status().usable


def test_what_a_killed_install_left_behind_is_cleared(box: Toolbox, host: ReleaseHost) -> None:
    leftover = box.cache / "tools/terragrunt/.new-1.1.3-killed"
    leftover.mkdir(parents=True)
    (leftover / "download").write_bytes(b"half of it")
    host.publish(FOLDER, FILE, GOOD)
    box.binary(TERRAGRUNT).install()
    assert not leftover.exists()


def test_of_two_installs_at_once_one_fetches_and_the_other_waits_for_it(box: Toolbox, host: ReleaseHost) -> None:
    host.publish(FOLDER, FILE, GOOD)
    waiting = threading.Event()
    # The host answers only when the second flowops has said that it waits.
    host.answers[f"/{FOLDER}/{FILE}"].before = lambda: waiting.wait(60)
    box.hears = lambda line: waiting.set() if line.startswith("waiting for another flowops") else None
    found: list[ToolStatus] = []
    both = [threading.Thread(target=lambda: found.append(box.binary(TERRAGRUNT).install())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert [status.source for status in found] == [Source.DOWNLOAD] * 2
    assert host.asked.count(f"/{FOLDER}/{FILE}") == 1
    assert "waiting for another flowops to finish installing terragrunt 1.1.3" in box.said


def test_a_caller_without_a_mirror_asks_the_vendors_own_host(box: Toolbox) -> None:
    del box.env["FLOWOPS_TOOL_MIRROR"]
    box.env["https_proxy"] = "http://127.0.0.1:9"
    with pytest.raises(
        ToolUnusable, match=r"download: https://releases\.hashicorp\.com/terraform/1\.11\.4/terraform_1"
    ):
        box.binary(TERRAFORM).install()
