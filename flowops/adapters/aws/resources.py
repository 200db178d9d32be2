"""What of a project is in an account: every resource that its tags name, and the roles that terraform made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flowops.adapters.aws.client import AwsSession
from flowops.model.leftovers import Standing

WORKLOAD_PATH = "/flowable/workload/"
PROJECT, ENVIRONMENT, LAYER = "flowops:project", "flowops:environment", "flowops:layer"


@dataclass(frozen=True)
class TaggedResource:
    """One resource and all its tags."""

    arn: str
    tags: Mapping[str, str]


def tagged(session: AwsSession, project: str, environment: str | None = None) -> tuple[TaggedResource, ...]:
    """Return the resources with the project's tag, and the environment's where one is named, by ARN.

    The session's region only; IAM and Route 53 are not among what the tagging API knows.
    """
    wanted = {PROJECT: project, **({ENVIRONMENT: environment} if environment else {})}
    filters = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
    pages = session.pages("resourcegroupstaggingapi", "GetResources", TagFilters=filters)
    found = (it for page in pages for it in page["ResourceTagMappingList"])
    resources = (TaggedResource(it["ResourceARN"], {tag["Key"]: tag["Value"] for tag in it["Tags"]}) for it in found)
    return tuple(sorted(resources, key=lambda it: it.arn))


def workload_roles(session: AwsSession) -> tuple[str, ...]:
    """Return the ARNs of the roles below /flowable/workload/, which the tagging API does not know."""
    pages = session.pages("iam", "ListRoles", PathPrefix=WORKLOAD_PATH)
    return tuple(sorted(role["Arn"] for page in pages for role in page["Roles"]))


def left_of(session: AwsSession, project: str, environment: str, layers: Collection[str]) -> tuple[Standing, ...]:
    """Return everything in an environment's account that its tags, or a workload role's, say is of these layers.

    A role without such tags may be anybody's, so it counts, too.
    """
    arns = [it.arn for it in tagged(session, project, environment) if it.tags.get(LAYER) in layers]
    roles = [arn for arn in workload_roles(session) if _may_be_of(session, arn, environment, layers)]
    return tuple(Standing(arn, is_leaving(session, arn)) for arn in (*arns, *roles))


def _may_be_of(session: AwsSession, arn: str, environment: str, layers: Collection[str]) -> bool:
    answer = session.call("iam", "ListRoleTags", RoleName=arn.rpartition("/")[2])
    tags = {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
    return tags.get(ENVIRONMENT, environment) == environment and tags.get(LAYER, next(iter(layers))) in layers


def is_leaving(session: AwsSession, arn: str) -> bool:
    """Return whether AWS was told to delete a KMS key or a secret, and only waits."""
    if ":kms:" in arn:
        return bool(session.call("kms", "DescribeKey", KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    if ":secretsmanager:" in arn:
        return "DeletedDate" in session.call("secretsmanager", "DescribeSecret", SecretId=arn)
    return False
