"""The table of probe requests, held against a template that takes the place of ours."""

from __future__ import annotations

from collections.abc import Mapping

from flowops.model.policy import Policy
from flowops.rehearsal.cloudformation import template
from tests.unit.bootstrap.cases import CASES
from tests.unit.bootstrap.probe import Case, judge, keeps_promise
from tests.unit.bootstrap.resolve import documents, documents_of_template, read

_OURS = documents()
_POLICIES = {name: Policy.from_document(name, document) for name, document in _OURS.items()}


def broken_promises(name: str, text: str) -> tuple[str, ...]:
    """Return the probe requests that meet another verdict, or the same one by another statement."""
    before = documents_of_template(name, read(name)).keys()
    after = documents_of_template(name, template.parse(text))
    changed = {key for key in before | after.keys() if after.get(key) != _OURS.get(key)}
    policies = {key: policy for key, policy in _POLICIES.items() if key not in changed}
    policies |= {key: Policy.from_document(key, after[key]) for key in changed & after.keys()}
    return tuple(str(case) for case in CASES if case.uses & changed and not _holds(case, policies))


def _holds(case: Case, policies: Mapping[str, Policy]) -> bool:
    return keeps_promise(case, judge(case, policies), policies)
