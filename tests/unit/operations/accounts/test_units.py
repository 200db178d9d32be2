"""An account stands in the organizational unit that flowops.yaml says."""

from __future__ import annotations

import pytest

from flowops.errors import Declined, Exit, OperationFailed
from flowops.model.accounts import CreateRequest, Outcome
from tests.fakes.accounts import AccountsWorld
from tests.unit.operations.accounts.creating import BASE, DEV, config, create, outcomes

UNIT = "Workloads/NonProd"


def test_an_account_goes_to_its_unit_which_is_made_where_it_is_missing(world: AccountsWorld) -> None:
    world.organization.units = ["Workloads"]
    result = create(world, BASE, config(dev={"organizational_unit": UNIT}, prod={"organizational_unit": "Workloads"}))
    assert result.exit_code is Exit.FINE
    assert world.console.shown[0].new_units == (UNIT,)
    assert {world.file.ids[name]: place for name, place in (("dev", UNIT), ("prod", "Workloads"))}.items() <= (
        world.organization.places.items()
    )


def test_an_account_that_stands_elsewhere_is_moved_after_a_yes(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev", place="Sandbox")
    of = config(dev={"id": DEV, "organizational_unit": UNIT})
    with pytest.raises(Declined):
        create(world, CreateRequest(("dev",)), of)
    assert world.console.shown[0].question == "Move dev? [y/N] "
    result = create(world, CreateRequest(("dev",), yes=True), of)
    assert outcomes(result) == {"dev": Outcome.MOVED}
    assert world.organization.places[DEV] == UNIT
    assert outcomes(create(world, CreateRequest(("dev",)), of)) == {"dev": Outcome.UNCHANGED}


def test_a_move_that_fails_leaves_the_account_written_down(world: AccountsWorld) -> None:
    world.organization.add(DEV, "dev")
    world.organization.refusals = [OperationFailed("denied by a policy")]
    result = create(world, CreateRequest(("dev",), yes=True), config(dev={"organizational_unit": UNIT}))
    assert outcomes(result) == {"dev": Outcome.FAILED}
    assert world.file.ids == {"dev": DEV}
