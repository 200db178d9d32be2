from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]


def test_the_group_asks_for_the_tags_of_one_environment(started: Callable[[str], Example], aws: Aws) -> None:
    group = started("resource-group")
    group.apply()
    assert group.plan_exit_code() == NO_CHANGES
    assert group.untagged("resource-group") == []
    name = group.outputs()["name"]
    answer = aws("resource-groups").get_group_query(GroupName=name)
    query = json.loads(answer["GroupQuery"]["ResourceQuery"]["Query"])
    assert {it["Key"]: it["Values"] for it in query["TagFilters"]} == {
        "flowops:project": ["flowable"],
        "flowops:environment": ["example"],
    }

    group.destroy()
    assert name not in {it["GroupName"] for it in aws("resource-groups").list_groups()["GroupIdentifiers"]}
