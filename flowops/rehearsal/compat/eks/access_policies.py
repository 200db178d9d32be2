"""Access policies: what an access entry may do in the cluster or in some of its namespaces.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.eks.principals import AccessEntry, AssociatedPolicy, Scope, entry_of
from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions

PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)


def install() -> None:
    """Add the policies of access entries, which moto does not have."""
    add_actions(
        EKSResponse,
        associate_access_policy,
        disassociate_access_policy,
        list_associated_access_policies,
        list_access_policies,
    )


def associate_access_policy(self: Any) -> ActionResult:
    """Give an entry a policy, or change where it holds."""
    entry, arn, scope = entry_of(self), self._get_param("policyArn"), self._get_param("accessScope")
    if arn.removeprefix(PREFIX) not in POLICIES:
        raise AwsError("InvalidParameterException", f"The policyArn parameter format is not valid: {arn}")
    if scope["type"] == "namespace" and not scope.get("namespaces"):
        raise AwsError("InvalidParameterException", "The access scope of type namespace needs namespaces.")
    entry.policies[arn] = AssociatedPolicy(arn, Scope(scope["type"], tuple(scope.get("namespaces") or ())))
    return ActionResult(_whose(entry) | {"associatedAccessPolicy": entry.policies[arn]})


def disassociate_access_policy(self: Any) -> EmptyResult:
    """Take a policy from an entry."""
    if entry_of(self).policies.pop(self._get_param("policyArn"), None) is None:
        raise AwsError("ResourceNotFoundException", "The policy is not associated with the access entry.")
    return EmptyResult()


def list_associated_access_policies(self: Any) -> ActionResult:
    """Return the policies of an entry."""
    entry = entry_of(self)
    return ActionResult(_whose(entry) | {"associatedAccessPolicies": list(entry.policies.values())})


def list_access_policies(self: Any) -> ActionResult:
    """Return the policies that EKS offers."""
    return ActionResult({"accessPolicies": [{"name": name, "arn": PREFIX + name} for name in POLICIES]})


def _whose(entry: AccessEntry) -> dict[str, Any]:
    return {"clusterName": entry.cluster_name, "principalArn": entry.principal_arn}
