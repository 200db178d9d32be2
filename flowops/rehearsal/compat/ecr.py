"""ECR: pull-through cache rules."""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions, state_of

SETTINGS = (
    "ecrRepositoryPrefix",
    "upstreamRegistryUrl",
    "upstreamRegistry",
    "upstreamRepositoryPrefix",
    "credentialArn",
    "customRoleArn",
)


def install() -> None:
    """Add pull-through cache rules, which moto does not know; terraform waits for them in vain."""
    add_actions(
        ECRResponse,
        create_pull_through_cache_rule,
        describe_pull_through_cache_rules,
        delete_pull_through_cache_rule,
    )


def create_pull_through_cache_rule(self: Any) -> ActionResult:
    """Create a rule; its repository prefix is its name."""
    given = {name: self._get_param(name) for name in SETTINGS}
    rule = {name: value for name, value in given.items() if value}
    rule |= {"createdAt": time.time(), "registryId": self.current_account}
    if rule["ecrRepositoryPrefix"] in _rules(self):
        raise AwsError("PullThroughCacheRuleAlreadyExistsException", "The pull through cache rule exists.")
    _rules(self)[rule["ecrRepositoryPrefix"]] = rule
    return ActionResult(rule)


def describe_pull_through_cache_rules(self: Any) -> ActionResult:
    """Return the rules with these prefixes, or all."""
    wanted = self._get_param("ecrRepositoryPrefixes") or list(_rules(self))
    return ActionResult({"pullThroughCacheRules": [_rule(self, prefix) for prefix in wanted]})


def delete_pull_through_cache_rule(self: Any) -> ActionResult:
    """Delete a rule and return it."""
    rule = _rule(self, self._get_param("ecrRepositoryPrefix"))
    return ActionResult(_rules(self).pop(rule["ecrRepositoryPrefix"]))


def _rules(self: Any) -> dict[str, Any]:
    return state_of(self.ecr_backend, "pull_through_cache_rules")


def _rule(self: Any, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] | None = _rules(self).get(prefix)
    if found is None:
        raise AwsError(
            "PullThroughCacheRuleNotFoundException", f"There is no pull through cache rule with the prefix {prefix}."
        )
    return found
