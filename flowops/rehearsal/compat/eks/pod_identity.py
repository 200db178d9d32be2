"""Pod identity associations: which IAM role the Pods of a service account have.

https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from flowops.rehearsal.compat.errors import AwsError
from flowops.rehearsal.compat.patching import add_actions

CHANGEABLE = {
    "roleArn": "role_arn",
    "targetRoleArn": "target_role_arn",
    "disableSessionTags": "disable_session_tags",
}


@dataclass
class PodIdentity:
    """One association; `owner_arn` is the add-on that brought it along."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    association_id: str
    arn: str
    tags: dict[str, str] = field(default_factory=dict)
    owner_arn: str | None = None
    target_role_arn: str | None = None
    disable_session_tags: bool | None = None
    created_at: datetime = field(default_factory=utcnow)
    modified_at: datetime = field(default_factory=utcnow)

    @property
    def association_arn(self) -> str:
        """The association's ARN, as the API calls it."""
        return self.arn


def install() -> None:
    """Add Pod identity associations, which moto does not have."""
    add_actions(
        EKSResponse,
        create_pod_identity_association,
        describe_pod_identity_association,
        list_pod_identity_associations,
        update_pod_identity_association,
        delete_pod_identity_association,
    )


def create_pod_identity_association(self: Any) -> ActionResult:
    """Give the Pods of a service account a role."""
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    association = associate(
        cluster, self._get_param("namespace"), self._get_param("serviceAccount"), self._get_param("roleArn")
    )
    association.tags = self._get_param("tags") or {}
    _change(self, association)
    return ActionResult({"association": association})


def describe_pod_identity_association(self: Any) -> ActionResult:
    """Return one association."""
    return ActionResult({"association": _association(self)})


def list_pod_identity_associations(self: Any) -> ActionResult:
    """Return the associations of a cluster, of one namespace or service account where asked."""
    found = self.eks_backend.describe_cluster(self._get_param("clusterName")).pod_identities.values()
    namespace, account = self._get_param("namespace"), self._get_param("serviceAccount")
    return ActionResult(
        {
            "associations": [
                each
                for each in found
                if namespace in (None, each.namespace) and account in (None, each.service_account)
            ]
        }
    )


def update_pod_identity_association(self: Any) -> ActionResult:
    """Change the role of an association."""
    association = _association(self)
    _change(self, association)
    association.modified_at = utcnow()
    return ActionResult({"association": association})


def delete_pod_identity_association(self: Any) -> ActionResult:
    """Take the role away."""
    association = _association(self)
    cluster = self.eks_backend.describe_cluster(association.cluster_name)
    return ActionResult({"association": cluster.pod_identities.pop(association.association_id)})


def associate(
    cluster: Any, namespace: str, service_account: str, role_arn: str, *, owner_arn: str | None = None
) -> PodIdentity:
    """Add an association to a cluster; raise ResourceInUseException where the service account has one."""
    for each in cluster.pod_identities.values():
        if (each.namespace, each.service_account) == (namespace, service_account):
            raise AwsError("ResourceInUseException", f"Association already exists: {each.association_id}")
    association_id = "a-" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(17))
    arn = f"{cluster.arn.replace(':cluster/', ':podidentityassociation/')}/{association_id}"
    association = PodIdentity(cluster.name, namespace, service_account, role_arn, association_id, arn)
    association.owner_arn = owner_arn
    cluster.pod_identities[association_id] = association
    return association


def _change(self: Any, association: PodIdentity) -> None:
    for name, attribute in CHANGEABLE.items():
        if self._get_param(name) is not None:
            setattr(association, attribute, self._get_param(name))


def _association(self: Any) -> PodIdentity:
    cluster = self.eks_backend.describe_cluster(self._get_param("clusterName"))
    association: PodIdentity | None = cluster.pod_identities.get(self._get_param("associationId"))
    if association is None:
        raise AwsError("ResourceNotFoundException", "The specified association does not exist.")
    return association
