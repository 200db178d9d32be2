"""What AWS would decide: IAM policies evaluated without AWS.

One evaluator serves `auth check`, the emulator's AssumeRole and the tests of the bootstrap templates.
"""

from __future__ import annotations

from flowops.model.policy.document import Effect, Policy, Statement
from flowops.model.policy.errors import InvalidPolicy, UnknownConditionKey, UnknownConditionOperator
from flowops.model.policy.evaluation import Decision, evaluate
from flowops.model.policy.request import Principal, Request

__all__ = [
    "Decision",
    "Effect",
    "InvalidPolicy",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "UnknownConditionKey",
    "UnknownConditionOperator",
    "evaluate",
]
