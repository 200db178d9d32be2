"""What is asked of the evaluator of policies: how a resource's own policy decides, whatever its caller may do."""

from __future__ import annotations

from flowops.model.policy import Policy

ANYTHING = Policy.from_document(
    "everything", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
"""The permissions of a caller who is kept from nothing."""
