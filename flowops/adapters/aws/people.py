"""The IAM users and groups of the security account, as whoever checks for drift sees them.

The operator's own session reads them: by `people_reader` of a group `<env>_dev_ops_admin`, with MFA, or by
`FlowopsCiPlanPolicy` in a pipeline. Both list names, groups, policies' names, ids of keys and devices, and nothing
else; the management profile, which may do anything, takes no part in a check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flowops.adapters.aws.client import AwsSession
from flowops.model.config import SECURITY
from flowops.model.deployment import Environment
from flowops.model.drift.finding import Finding
from flowops.model.drift.people import Group, Person, Strangers, known_groups

_AT_ONCE = 4


class IamPeople:
    """The users and groups of one account; `session` returns who reads them, `profile` is named in commands.

    `environments` are all of the project: the groups of each are known.
    """

    name = "iam"

    def __init__(self, session: Callable[[], AwsSession], environments: Sequence[str], profile: str) -> None:
        self._session, self._environments, self._profile = session, environments, profile

    def look(self, environment: Environment | None) -> Iterator[Finding]:
        """Yield what is wrong with users and groups of the whole account; AwsDenied where nobody may list them.

        They belong to no environment: asked for one, all the same is said under its name.
        """
        session = self._session()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            listed = session.each("iam", "ListGroups", "Groups")
            groups = [Group(it["GroupName"], it["Arn"], it["Path"]) for it in listed]
            people = list(pool.map(lambda user: _person(session, user), session.each("iam", "ListUsers", "Users")))
        strangers = Strangers(
            environment.name if environment else SECURITY, known_groups(self._environments), self._profile
        )
        yield from strangers.findings(people, groups)


def _person(session: AwsSession, user: dict[str, Any]) -> Person:
    name = user["UserName"]

    def of(operation: str, key: str) -> Iterator[Any]:
        return session.each("iam", operation, key, UserName=name)

    keys = of("ListAccessKeys", "AccessKeyMetadata")
    return Person(
        name,
        user["Arn"],
        user["Path"],
        groups=tuple(it["GroupName"] for it in of("ListGroupsForUser", "Groups")),
        attached=tuple(it["PolicyArn"] for it in of("ListAttachedUserPolicies", "AttachedPolicies")),
        inline=tuple(of("ListUserPolicies", "PolicyNames")),
        active_keys=tuple(it["AccessKeyId"] for it in keys if it["Status"] == "Active"),
        devices=sum(1 for _ in of("ListMFADevices", "MFADevices")),
    )
