"""What AWS itself protects from being deleted, told from the plans that would delete it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowops.model.changes import Action, Plan
from flowops.model.deployment import Unit


@dataclass(frozen=True)
class Protection:
    """Deletion protection that is on; `name` is what AWS calls the resource, `address` what flags take."""

    unit: Unit
    address: str
    type: str
    name: str


PROTECTED: Mapping[str, tuple[str, str]] = {
    "aws_db_instance": ("deletion_protection", "identifier"),
    "aws_eks_cluster": ("deletion_protection", "name"),
    "aws_lb": ("enable_deletion_protection", "arn"),
    "aws_rds_cluster": ("deletion_protection", "cluster_identifier"),
}
"""The attribute that says whether protection is on, and the one that names the resource to AWS, by resource type."""


def protections(plans: Iterable[Plan]) -> tuple[Protection, ...]:
    """Return the protection of everything that these plans delete or replace; none where it is off."""
    found = []
    for plan in plans:
        for change in plan.changes:
            flag, name = PROTECTED.get(change.type, ("", ""))
            doomed = change.action in (Action.DELETE, Action.REPLACE)
            if doomed and change.before.get(flag) is True and change.before.get(name):
                found.append(Protection(plan.unit, plan.address(change), change.type, str(change.before[name])))
    return tuple(found)
