"""What of a project is in an account: every resource that its tags name, and the roles that terraform made."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flowops.adapters.aws.client import AwsSession, tags_of
from flowops.model.drift.unmanaged import Resource
from flowops.model.leftovers import Standing
from flowops.model.tags import ENVIRONMENT_TAG, LAYER_TAG, PROJECT_TAG

WORKLOAD_PATH = "/flowable/workload/"


def tagged(session: AwsSession, wanted: Mapping[str, str]) -> tuple[Resource, ...]:
    """Return the resources that have all tags of `wanted`, with every tag of theirs, by ARN.

    The session's region only; IAM and Route 53 are not among what the tagging API knows.
    """
    filters = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
    found = session.each("resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList", TagFilters=filters)
    resources = (Resource(it["ResourceARN"], tags_of(it["Tags"])) for it in found)
    return tuple(sorted(resources, key=lambda it: it.arn))


def workload_roles(session: AwsSession) -> tuple[str, ...]:
    """Return the ARNs of the roles below /flowable/workload/, which the tagging API does not know."""
    return tuple(sorted(it["Arn"] for it in session.each("iam", "ListRoles", "Roles", PathPrefix=WORKLOAD_PATH)))


def left_of(session: AwsSession, project: str, environment: str, layers: Collection[str]) -> tuple[Standing, ...]:
    """Return everything in an environment's account that its tags, or a workload role's, say is of these layers.

    A role without such tags may be anybody's, so it counts, too.
    """
    ours = {PROJECT_TAG: project, ENVIRONMENT_TAG: environment}
    arns = [it.arn for it in tagged(session, ours) if it.tags.get(LAYER_TAG) in layers]
    roles = [arn for arn in workload_roles(session) if _may_be_of(session, arn, environment, layers)]
    return tuple(Standing(arn, is_leaving(session, arn)) for arn in (*arns, *roles))


def _may_be_of(session: AwsSession, arn: str, environment: str, layers: Collection[str]) -> bool:
    tags = tags_of(session.call("iam", "ListRoleTags", RoleName=arn.rpartition("/")[2])["Tags"])
    return tags.get(ENVIRONMENT_TAG, environment) == environment and tags.get(LAYER_TAG, next(iter(layers))) in layers


def is_leaving(session: AwsSession, arn: str) -> bool:
    """Return whether AWS was told to delete a KMS key or a secret, and only waits."""
    if ":kms:" in arn:
        return bool(session.call("kms", "DescribeKey", KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    if ":secretsmanager:" in arn:
        return "DeletedDate" in session.call("secretsmanager", "DescribeSecret", SecretId=arn)
    return False
