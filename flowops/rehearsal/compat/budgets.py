"""Budgets: subscribers of notifications, updates, and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.budgets.responses import BudgetsResponse
from moto.core.responses import ActionResult, EmptyResult

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import Function, add_actions, around, state_of


def install() -> None:
    """Add what terraform reads back after it created a budget, and the update; it hangs on each of them."""
    add_actions(
        BudgetsResponse,
        describe_subscribers_for_notification,
        update_budget,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    )
    around(BudgetsResponse, "create_budget", _create_with_tags)


def describe_subscribers_for_notification(self: Any) -> ActionResult:
    """Return who is told when one threshold is crossed."""
    wanted = self._get_param("Notification")
    notifications = _budget(self, self._get_param("BudgetName")).notifications
    found = [each.subscribers for each in notifications if _same_notification(each.details, wanted)]
    return ActionResult({"Subscribers": found[0] if found else []})


def update_budget(self: Any) -> EmptyResult:
    """Replace the settings of a budget."""
    settings = self._get_param("NewBudget")
    _budget(self, settings["BudgetName"]).budget.update(settings)
    return EmptyResult()


def list_tags_for_resource(self: Any) -> ActionResult:
    """Return the tags of a budget."""
    tags = _tags(self, self._get_param("ResourceARN"))
    return ActionResult({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(self: Any) -> EmptyResult:
    """Add tags to a budget or change them."""
    _tags(self, self._get_param("ResourceARN")).update(_pairs(self._get_param("ResourceTags")))
    return EmptyResult()


def untag_resource(self: Any) -> EmptyResult:
    """Remove tags from a budget."""
    tags = _tags(self, self._get_param("ResourceARN"))
    for key in self._get_param("ResourceTagKeys"):
        tags.pop(key, None)
    return EmptyResult()


def _create_with_tags(original: Function, self: Any) -> Any:
    answer = original(self)
    name = self._get_param("Budget")["BudgetName"]
    arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{name}"
    _tags(self, arn).update(_pairs(self._get_param("ResourceTags") or []))
    return answer


def _budget(self: Any, name: str) -> Any:
    budgets = self.backend.budgets[self._get_param("AccountId")]
    if name not in budgets:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _tags(self: Any, arn: str) -> dict[str, str]:
    tags: dict[str, str] = state_of(self.backend, "tags").setdefault(arn, {})
    return tags


def _pairs(tags: list[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _same_notification(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    texts = all(one.get(name) == other.get(name) for name in ("NotificationType", "ComparisonOperator"))
    return texts and float(one["Threshold"]) == float(other["Threshold"])
