"""Warm providers as a run sees them: which are prepared, and what lanes tell when they are closed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from flowops.adapters.providers.folder import EXPECTED, sweep
from flowops.adapters.providers.places import Places
from flowops.adapters.providers.warm import Assignment, Lanes, SharedProviders
from flowops.adapters.toolchain.package_hash import package_hash
from flowops.errors import ToolUnusable
from flowops.model.deployment import LOCK_FILE, Unit
from flowops.model.toolchain import Provider
from tests.fakes import tree
from tests.unit.adapters.providers.fakes import FakeProcesses

VPC, EKS = tree.unit("foundation/vpc"), tree.unit("foundation/eks")
AWS, HELM = Provider("hashicorp/aws", "5.100.0"), Provider("hashicorp/helm", "2.17.0")
BINARIES = {AWS: Path("/cache/aws/linux_amd64/aws_x5"), HELM: Path("/cache/helm/linux_amd64/helm_x5")}


@dataclass
class FakePool:
    """Answers each order with `answer`, or raises it."""

    folder: Path
    answer: dict[str, Any] | Exception = field(default_factory=lambda: {"troubles": {}})
    orders: list[Mapping[str, Any]] = field(default_factory=list)

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        self.orders.append(order)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def lanes(pool: Any) -> Lanes:
    """Return lanes 1 and 2 of the cluster and lane 3 of the network."""
    found = [(EKS, AWS), (EKS, HELM), (VPC, AWS)]
    made = [Assignment(str(number), unit, it, BINARIES[it]) for number, (unit, it) in enumerate(found, start=1)]
    return Lanes(Path("/run/lanes"), made, pool, whole=frozenset({EKS, VPC}), everybody=True)


def test_closing_lanes_tells_what_went_wrong_in_each_unit() -> None:
    pool = FakePool(Path("/nowhere"), {"troubles": {"2": "Socket closed"}})
    made = lanes(pool)
    assert made.units == {EKS, VPC}
    assert made.close() == {EKS: "Socket closed", VPC: ""}
    assert pool.orders == [{"close": ["1", "2", "3"]}]


def test_the_first_lane_in_trouble_speaks_for_its_unit() -> None:
    pool = FakePool(Path("/nowhere"), {"troubles": {"1": "no memory", "2": "Socket closed"}})
    assert lanes(pool).close()[EKS] == "no memory"


@pytest.mark.parametrize("error", [TimeoutError(), BrokenPipeError(), json.JSONDecodeError("", "", 0)])
def test_a_pool_that_answers_no_more_failed_everybody(error: Exception) -> None:
    died = "the process that shares the providers died"
    assert lanes(FakePool(Path("/nowhere"), error)).close() == {EKS: died, VPC: died}


def test_a_unit_may_have_written_once_any_of_its_lanes_left_a_mark(tmp_path: Path) -> None:
    made = lanes(FakePool(tmp_path))
    assert not made.may_have_written(EKS)
    (tmp_path / "2.wrote").touch()
    assert made.may_have_written(EKS)
    assert not made.may_have_written(VPC)


def test_where_the_marks_are_gone_anything_may_have_been_written(tmp_path: Path) -> None:
    made = lanes(FakePool(tmp_path / "swept away"))
    assert made.may_have_written(EKS)
    assert made.may_have_written(VPC)


def test_where_terraform_has_a_provider_of_its_own_anything_may_have_been_written(tmp_path: Path) -> None:
    made = [Assignment("1", EKS, AWS, BINARIES[AWS]), Assignment("2", VPC, AWS, BINARIES[AWS])]
    pool: Any = FakePool(tmp_path)
    mixed = Lanes(Path("/run/lanes"), made, pool, whole=frozenset({VPC}), everybody=False)
    assert mixed.may_have_written(EKS)
    assert not mixed.may_have_written(VPC)


def test_what_a_lane_says_neither_steers_a_terminal_nor_breaks_the_line() -> None:
    pool = FakePool(Path("/nowhere"), {"troubles": {"2": "Socket\x1b[2J closed\r"}})
    assert lanes(pool).close()[EKS].isprintable()


def links_below(folder: Path) -> dict[str, str]:
    links = [path for path in folder.rglob("*") if path.is_symlink()]
    return {str(path.relative_to(folder)): str(path.readlink()) for path in links}


def test_a_working_copy_gets_its_own_units_providers_where_init_would_link_them(tmp_path: Path) -> None:
    made = lanes(FakePool(Path("/nowhere")))
    made.install(EKS, tmp_path)
    assert links_below(tmp_path) == {
        ".terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64": "/cache/aws/linux_amd64",
        ".terraform/providers/registry.terraform.io/hashicorp/helm/2.17.0/linux_amd64": "/cache/helm/linux_amd64",
    }


def test_a_working_copy_gets_no_other_units_providers(tmp_path: Path) -> None:
    lanes(FakePool(Path("/nowhere"))).install(VPC, tmp_path)
    assert list(links_below(tmp_path).values()) == ["/cache/aws/linux_amd64"]


def test_a_link_into_a_cache_that_was_cleared_is_renewed_and_any_other_is_kept(tmp_path: Path) -> None:
    place = tmp_path / ".terraform/providers/registry.terraform.io/hashicorp"
    stale, good = place / "aws/5.100.0/linux_amd64", place / "helm/2.17.0/linux_amd64"
    for link, target in ((stale, tmp_path / "cleared"), (good, tmp_path)):
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
    lanes(FakePool(Path("/nowhere"))).install(EKS, tmp_path)
    assert stale.readlink() == BINARIES[AWS].parent
    assert good.readlink() == tmp_path


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with tempfile.TemporaryDirectory(prefix="warm-") as short:  # its sockets have little room for a name
        yield _places(tmp_path, Path(short) / "run")


def _places(tmp_path: Path, runtime: Path) -> Places:
    program = tmp_path / "mirror" / "linux_amd64" / "terraform-provider-aws_v5.100.0_x5"
    program.parent.mkdir(parents=True)
    program.write_text("a provider")
    folder = tmp_path / "deployments" / VPC.path
    folder.mkdir(parents=True)
    (folder / LOCK_FILE).write_text(locked(AWS, package_hash(program.parent)))
    return Places(
        python=Path("/venv/bin/python"),
        deployments=tmp_path / "deployments",
        modules=tmp_path / "modules",
        runtime=runtime,
        schemas=tmp_path / "schemas",
        binary={AWS: program}.get,
    )


def locked(provider: Provider, package: str) -> str:
    return (
        f'provider "{provider.source}" {{\n  version = "{provider.version}"\n  hashes = [\n    "{package}",\n  ]\n}}\n'
    )


@dataclass
class Story:
    """Warm providers with nobody behind them; `said` is what the operator reads."""

    places: Places
    processes: Any = field(default_factory=FakeProcesses)
    said: list[str] = field(default_factory=list)

    @property
    def warm(self) -> SharedProviders:
        own = {"PATH": "/bin", "HOME": "/home/ann", "AWS_SECRET_ACCESS_KEY": "hidden"}
        return SharedProviders(self.processes, self.places, own, self.said.append)


def test_preparing_starts_a_pool_that_knows_which_providers_will_be_wanted(places: Places) -> None:
    story = Story(places)
    warm = story.warm
    for units in ([VPC, EKS], [VPC]):
        warm.prepare(units, {"AWS_PROFILE": "dev"})
    [(argv, _)] = story.processes.started
    [pool] = places.runtime.iterdir()
    assert argv == [
        *("/venv/bin/python", "-P", "-m", "flowops.adapters.providers.pool"),
        *(str(pool), str(places.schemas), "60.0"),
    ]
    assert json.loads((pool / EXPECTED).read_text()) == {
        "env": {"AWS_PROFILE": "dev"},
        "binaries": [str(places.binary(AWS))],
    }


def test_a_pool_that_has_not_said_a_word_yet_is_not_swept_away(places: Places) -> None:
    warm = Story(places).warm
    warm.prepare([VPC], {})
    [pool] = places.runtime.iterdir()
    sweep(places.runtime)
    assert pool.is_dir()


def test_a_pool_that_cannot_start_leaves_nothing(places: Places) -> None:
    story = Story(places, processes=FakeProcesses(trouble=ToolUnusable("There is no python.")))
    story.warm.prepare([VPC], {"AWS_SECRET_ACCESS_KEY": "hidden"})
    assert story.said == ["providers are not shared, because there is no python."]
    assert list(places.runtime.iterdir()) == []


def test_the_pool_outlives_us_and_gets_no_secrets_in_its_environment(places: Places) -> None:
    story = Story(places)
    story.warm.prepare([VPC], {"AWS_SECRET_ACCESS_KEY": "hidden"})
    [(_, how)] = story.processes.started
    assert how["env"] == {"PATH": "/bin", "HOME": "/home/ann", "GRPC_ENABLE_FORK_SUPPORT": "0"}
    assert not how.get("dies_with_us")
    [pool] = places.runtime.iterdir()
    assert (pool / EXPECTED).stat().st_mode & 0o777 == 0o600


def refused(places: Places, *units: Unit) -> Story:
    """Return the story of units that get no warm providers."""
    story = Story(places)
    assert story.warm.open(units, {}, Path("/run/lanes"), frozenset(), writes=False) is None
    assert story.processes.started == []
    return story


def test_a_unit_without_a_lock_file_is_left_to_terraform(places: Places) -> None:
    assert refused(places, EKS).said == []


def test_a_provider_whose_program_is_not_there_is_left_to_terraform(places: Places) -> None:
    assert refused(replace(places, binary=lambda _: None), VPC).said == []


def test_a_provider_from_elsewhere_than_the_public_registry_is_left_to_terraform(places: Places) -> None:
    lock = places.deployments / VPC.path / LOCK_FILE
    lock.write_text(lock.read_text().replace("registry.terraform.io", "example.com"))
    assert refused(places, VPC).said == []


def test_a_unit_that_was_given_up_gets_no_more_lanes(places: Places) -> None:
    story = Story(places)
    warm = story.warm
    warm.give_up([VPC])
    assert warm.open([VPC], {}, Path("/run/lanes"), frozenset(), writes=False) is None
    assert story.processes.started == []


def test_a_runtime_folder_of_somebody_else_is_not_used_and_it_is_said_once_in_one_line(places: Places) -> None:
    places.runtime.mkdir(mode=0o755)
    places.runtime.chmod(0o755)
    assert refused(places, VPC).said == [
        f"providers are not shared, because the folder {places.runtime} is not private to this user."
    ]


def test_a_runtime_folder_too_deep_for_sockets_is_not_even_made(places: Places) -> None:
    deep = replace(places, runtime=places.runtime / ("d" * 80))
    [said] = refused(deep, VPC).said
    assert said.endswith("is too long for sockets.")
    assert not deep.runtime.exists()
