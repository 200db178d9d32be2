"""One tree of forty units checked whole and in parts: what is merged is what was found at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from flowops.adapters.toolchain import Toolchain
from flowops.app.drift import check_drift
from flowops.errors import Exit
from flowops.model.drift.finding import Verdict
from flowops.model.drift.merging import merged
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult, Shard
from flowops.model.drift.shards import balanced
from flowops.model.drift.stored import to_data
from flowops.model.run import RunRequest, Verb, WarmProviders
from tests.integration.organization import DEV
from tests.integration.team import Team, parameter, team

UNITS = 40
MOVED, GONE, MERGED = "u03", "u17", "u28"


@pytest.fixture(scope="module")
def ours(own_toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a team whose forty units stand, but for what moved in three of them."""
    own_toolchain.install()
    with team(tmp_path_factory.mktemp("company"), own_toolchain) as company:
        names = [f"u{number:02d}" for number in range(UNITS)]
        units = {name: company.tree.aws_unit(f"foundation/{name}", parameter(name)) for name in names}
        request = RunRequest(Verb.APPLY, "dev", yes=True, warm_providers=WarmProviders.ALWAYS)
        assert company.operator().run(request).exit_code is Exit.FINE
        ssm = company.home.into(DEV)
        ssm.call("ssm", "PutParameter", Name=f"/{MOVED}", Value="by hand", Type="String", Overwrite=True)
        ssm.call("ssm", "DeleteParameter", Name=f"/{GONE}")
        code = company.tree.deployments / units[MERGED].path / "main.tf"
        code.write_text(code.read_text().replace('value = "x"', 'value = "merged"'))
        yield company


def checked(ours: Team, **asked: Any) -> DriftResult:
    return check_drift(ours.operator(), DriftRequest("dev", **asked))


def compared(result: DriftResult) -> dict[str, Any]:
    """Return everything that does not say when and how it was found."""
    data = to_data(merged([result]))
    for environment in data["environments"]:
        environment["run"] = ""
        for it in environment["checked"]:
            it["seconds"] = 0
    return {key: data[key] for key in ("environments", "exit_code", "rules")}


@pytest.fixture(scope="module")
def whole(ours: Team) -> DriftResult:
    return checked(ours)


def test_each_of_three_moves_is_found_among_forty_units(whole: DriftResult) -> None:
    found = {it.address.partition("//")[0]: it.verdict for it in whole.findings if it.unit and it.counts}
    assert found == {
        f"foundation/{MOVED}": Verdict.OUT_OF_BAND,
        f"foundation/{GONE}": Verdict.MISSING,
        f"foundation/{MERGED}": Verdict.UNAPPLIED,
    }
    (environment,) = whole.environments
    assert sum(it.name.startswith("dev/") for it in environment.checked) == UNITS


@pytest.mark.parametrize(
    "count", [pytest.param(1, marks=pytest.mark.soak), 2, pytest.param(4, marks=pytest.mark.soak), 8]
)
def test_shards_merge_to_what_one_check_finds(ours: Team, whole: DriftResult, count: int) -> None:
    parts = [checked(ours, shard=Shard(index, count)) for index in range(1, count + 1)]
    result = merged(parts)
    assert compared(replace(result, shards=())) == compared(whole)
    assert len(result.shards) == count


def test_shards_balanced_by_what_units_took_merge_to_the_same(ours: Team, whole: DriftResult) -> None:
    (environment,) = whole.environments
    assigned = balanced({it.name: it.seconds for it in environment.checked if it.name.startswith("dev/")}, 2)
    parts = [checked(ours, shard=Shard(index, 2), assigned=assigned) for index in (1, 2)]
    assert compared(replace(merged(parts), shards=())) == compared(whole)
