"""What stands in a policy has to matter: taken away or widened, a probe request gets another verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from flowops.model.policy import Policy
from tests.unit.bootstrap.cases import CASES
from tests.unit.bootstrap.probe import Case, denies, judge
from tests.unit.bootstrap.resolve import Document, documents

DOCUMENTS = documents()
POLICIES = {name: Policy.from_document(name, document) for name, document in DOCUMENTS.items()}
CONCERNED = {name: [case for case in CASES if name in case.uses] for name in DOCUMENTS}

HELD_TWICE = {
    # A bucket's policy speaks of its own bucket whatever its resource is.
    ("StateBucketPolicy", "ListOwnState"),
    # DenyPrivateParameters draws the same line, against whatever is attached later.
    ("FlowopsPlanRole/Look", "ReadPublicParameters"),
}
"""Grants whose resource something else limits as well, so that widening it alone changes nothing."""


@dataclass(frozen=True)
class Mutant:
    """One document with one part changed; `statements` are all of its statements after the change."""

    policy: str
    change: str
    statements: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.policy}: {self.change}"


def _verdict(case: Case, policies: Mapping[str, Policy]) -> tuple[bool, bool]:
    decision = judge(case, policies)
    return decision.allowed, denies(decision, policies)


BEFORE = {id(case): _verdict(case, POLICIES) for case in CASES}


def _noticed_by(mutant: Mutant, *, verdict_only: bool = False) -> Case | None:
    document = {"Version": "2012-10-17", "Statement": list(mutant.statements)}
    policies = {**POLICIES, mutant.policy: Policy.from_document(mutant.policy, document)}
    length = 1 if verdict_only else 2
    differs = (c for c in CONCERNED[mutant.policy] if _verdict(c, policies)[:length] != BEFORE[id(c)][:length])
    return next(differs, None)


def noticed_without(policy: str, sid: str) -> bool:
    """Tell whether a probe request gets another verdict when one statement is taken away."""
    return any(_noticed_by(it) for it in _without_a_statement() if str(it) == f"{policy}: without {sid}")


def _without_a_statement() -> Iterator[Mutant]:
    for name, document, number, statement in _statements():
        rest = tuple(item for index, item in enumerate(document["Statement"]) if index != number)
        yield Mutant(name, f"without {statement['Sid']}", rest)


def _without_a_condition() -> Iterator[Mutant]:
    for name, _, number, statement in _statements():
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                rest = {other: value for other, value in keys.items() if other != key}
                conditions = {**statement["Condition"], operator: rest}
                yield _changed(name, number, f"without {operator} {key}", Condition=conditions)


def _without_an_item() -> Iterator[Mutant]:
    """Take one of several resources, condition values, or actions of a Deny away."""
    for name, _, number, statement in _statements():
        elements = ("Resource", "NotResource", "Action") if statement["Effect"] == "Deny" else ("Resource",)
        for element in elements:
            for rest, gone in _shorter(statement.get(element)):
                yield _changed(name, number, f"without {gone} in {element}", **{element: rest})
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                for rest, gone in _shorter(values):
                    conditions = {**statement["Condition"], operator: {**keys, key: rest}}
                    yield _changed(name, number, f"without {gone} in {key}", Condition=conditions)


def _widened() -> Iterator[Mutant]:
    for name, _, number, statement in _statements():
        if statement["Effect"] == "Deny":
            continue
        if statement.get("Resource", "*") != "*" and (name, statement["Sid"]) not in HELD_TWICE:
            yield _changed(name, number, "for every resource", Resource="*")
        if "Principal" in statement and not _account_is_pinned(statement):
            yield _changed(name, number, "for everybody", Principal={"AWS": "*"})


def _account_is_pinned(statement: Mapping[str, Any]) -> bool:
    """Tell whether a condition names the caller's account as well, so that the principal repeats it."""
    arns = [keys.get("aws:PrincipalArn", "") for keys in statement.get("Condition", {}).values()]
    return any(arn and "iam::*" not in str(arn) for arn in arns)


def _statements() -> Iterator[tuple[str, Document, int, Mapping[str, Any]]]:
    for name, document in DOCUMENTS.items():
        for number, statement in enumerate(document["Statement"]):
            yield name, document, number, statement


def _changed(name: str, number: int, change: str, **elements: Any) -> Mutant:
    statements = [dict(statement) for statement in DOCUMENTS[name]["Statement"]]
    sid = statements[number]["Sid"]
    statements[number] |= elements
    return Mutant(name, f"{sid} {change}", tuple(statements))


def _shorter(values: Any) -> Iterator[tuple[list[str], str]]:
    if isinstance(values, list) and len(values) > 1:
        for gone in values:
            yield [value for value in values if value != gone], gone


@pytest.mark.parametrize("mutant", list(_without_a_statement()), ids=str)
def test_a_statement_taken_away_changes_a_verdict(mutant: Mutant) -> None:
    assert _noticed_by(mutant, verdict_only=True)


@pytest.mark.parametrize("mutant", list(_without_a_condition()), ids=str)
def test_a_condition_taken_away_is_noticed(mutant: Mutant) -> None:
    assert _noticed_by(mutant)


@pytest.mark.parametrize("mutant", list(_without_an_item()), ids=str)
def test_a_resource_a_value_or_a_denied_action_taken_away_is_noticed(mutant: Mutant) -> None:
    assert _noticed_by(mutant)


@pytest.mark.parametrize("mutant", list(_widened()), ids=str)
def test_a_grant_that_reaches_further_is_noticed(mutant: Mutant) -> None:
    assert _noticed_by(mutant)


def test_each_statement_has_a_name_of_its_own_in_its_policy() -> None:
    for name, document in DOCUMENTS.items():
        sids = [statement.get("Sid") for statement in document["Statement"]]
        assert None not in sids, name
        assert len(set(sids)) == len(sids), name
