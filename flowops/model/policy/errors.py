"""What can be wrong with a policy document before it decides anything."""

from __future__ import annotations

from flowops.errors import UsageError, nearest


class InvalidPolicy(UsageError):
    """A policy document that AWS would refuse to store."""

    def __init__(self, policy: str, problem: str) -> None:
        self.policy, self.problem = policy, problem
        super().__init__(f"{policy} is not a valid policy: {problem}.", not_done="Nothing was decided.")


class UnknownConditionKey(InvalidPolicy):
    """A condition key that no AWS page lists: a typing error would otherwise never match, silently."""

    def __init__(self, policy: str, key: str, known: tuple[str, ...]) -> None:
        self.key = key
        super().__init__(policy, f"condition key {key!r} is not documented; {nearest(key, _same_service(key, known))}")


class UnknownConditionOperator(InvalidPolicy):
    """A condition operator that AWS does not have."""

    def __init__(self, policy: str, operator: str, known: tuple[str, ...]) -> None:
        self.operator = operator
        super().__init__(policy, f"condition operator {operator!r} does not exist; {nearest(operator, known)}")


def _same_service(key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the known keys with the same prefix, or all prefixes when there is none."""
    prefix = key.lower().partition(":")[0] + ":"
    same = tuple(name for name in known if name.startswith(prefix))
    return same or tuple({name.partition(":")[0] + ":…" for name in known})
