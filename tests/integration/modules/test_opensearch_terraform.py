from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from flowops.adapters.process import Processes
from tests.integration.child_processes import await_true
from tests.integration.modules.databases import (
    admitted,
    made_by_the_module,
    override,
    terraform,
    to_be_created,
    untagged,
)
from tests.integration.modules.example import NO_CHANGES, Example

Aws = Callable[[str], Any]
DOMAIN = "flowable-example"
SERVICE = "opensearchservice.amazonaws.com"
SERVICE_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
PATIENCE = 300.0


def test_a_domain_that_only_the_cluster_reaches(started: Callable[[str], Example], aws: Aws) -> None:
    opensearch = started("opensearch")
    interrupted_while_it_waits(opensearch, aws)
    terraform(opensearch, "untaint", "module.opensearch.aws_opensearch_domain.this[0]")
    opensearch.apply()
    assert opensearch.plan_exit_code() == NO_CHANGES
    assert untagged(opensearch, "opensearch") == []
    outputs = opensearch.outputs()
    domain = aws("opensearch").describe_domain(DomainName=DOMAIN)["DomainStatus"]
    assert outputs["elk_endpoint"] == domain["Endpoints"]["vpc"]
    assert domain["EngineVersion"] == "Elasticsearch_7.10"
    assert domain["DomainEndpointOptions"]["EnforceHTTPS"]
    assert domain["DomainEndpointOptions"]["TLSSecurityPolicy"].startswith("Policy-Min-TLS-1-2-PFS")
    assert domain["NodeToNodeEncryptionOptions"]["Enabled"]
    assert is_our_key(aws, domain["EncryptionAtRestOptions"]["KmsKeyId"])
    assert nodes_of(domain) == (3, 3, 3)
    assert domain["VPCOptions"]["SecurityGroupIds"] == [outputs["security_group_id"]]
    assert admitted(aws, outputs["security_group_id"]) == {(443, outputs["cluster_security_group_id"])}
    assert allowed(domain) == ("es:ESHttp*", f"{outputs['domain_arn']}/*")
    logs_are_encrypted_and_admit_the_domain(aws, domain)
    assert service_role(aws) == "Network interfaces of OpenSearch domains; made for flowable-example"

    # The provider waits as long for a deletion.
    aws("opensearch").delete_domain(DomainName=DOMAIN)
    opensearch.apply(es_enabled=False)
    assert opensearch.outputs()["elk_endpoint"] == ""
    assert made_by_the_module(opensearch, "opensearch") == []
    assert service_role(aws) is None


def test_the_service_role_of_an_account_that_has_it_stays_as_it_is(started: Callable[[str], Example], aws: Aws) -> None:
    aws("iam").create_service_linked_role(AWSServiceName=SERVICE, Description="for an earlier domain")
    try:
        planned = to_be_created(started("opensearch"))
    finally:
        aws("iam").delete_service_linked_role(RoleName=SERVICE_ROLE)
    assert "module.opensearch.aws_opensearch_domain.this[0]" in planned
    assert not any("aws_iam_service_linked_role" in address for address in planned)


def test_a_domain_that_is_switched_off_needs_nothing(started: Callable[[str], Example]) -> None:
    opensearch = started("opensearch")
    override(opensearch, "opensearch", "es_enabled = false")
    assert not any(address.startswith("module.") for address in to_be_created(opensearch))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ('name = "flowable-production-in-europe"', "OpenSearch takes no longer name"),
        ('engine_version = "OpenSearch_3.1"', "still answers as 7.10"),
        ("data_nodes = { count = 2 }", "no zone holds more than another"),
        ('data_nodes = { instance_type = "m6g.large", count = 3 }', "ends with .search"),
        ("dedicated_masters = { count = 2 }", "takes the majority along"),
        ("subnet_ids = [aws_subnet.database[0].id]", "multi_az needs two or three"),
    ],
)
def test_what_costs_money_or_data_is_refused(started: Callable[[str], Example], line: str, refusal: str) -> None:
    opensearch = started("opensearch")
    override(opensearch, "opensearch", line)
    assert refusal in opensearch.refused()


def interrupted_while_it_waits(example: Example, aws: Aws) -> None:
    """Apply until the domain stands, and end the provider's wait: ten minutes before it looks for the first time."""
    argv = [str(example.terraform), "apply", "-no-color", "-auto-approve", "-input=false"]
    said = example.folder / "applied.txt"
    applying = Processes().start(argv, env=example.env, cwd=example.folder, stdout=said, stderr=said)
    try:
        await_true(lambda: domains(aws) == [DOMAIN], "the domain's creation", PATIENCE)
        os.kill(applying.pid, signal.SIGINT)
        assert applying.wait_at_most(PATIENCE) is not None
    finally:
        applying.stop()


def domains(aws: Aws) -> list[str]:
    return [it["DomainName"] for it in aws("opensearch").list_domain_names()["DomainNames"]]


def is_our_key(aws: Aws, key: str) -> bool:
    found = aws("kms").describe_key(KeyId=key)["KeyMetadata"]
    rotates: bool = aws("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    return rotates and found["Description"] == f"Search indexes and logs of {DOMAIN}"


def nodes_of(domain: dict[str, Any]) -> tuple[int, int, int]:
    """Return the numbers of data nodes, of dedicated masters and of zones."""
    cluster = domain["ClusterConfig"]
    zones = cluster["ZoneAwarenessConfig"]["AvailabilityZoneCount"]
    return cluster["InstanceCount"], cluster["DedicatedMasterCount"], zones


def allowed(domain: dict[str, Any]) -> tuple[str, str]:
    (statement,) = json.loads(domain["AccessPolicies"])["Statement"]
    return statement["Action"], statement["Resource"]


def logs_are_encrypted_and_admit_the_domain(aws: Aws, domain: dict[str, Any]) -> None:
    published = domain["LogPublishingOptions"]
    assert set(published) == {"INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS"}
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=f"/aws/opensearch/{DOMAIN}/")["logGroups"]
    assert len(groups) == 3
    assert all(is_our_key(aws, it["kmsKeyId"]) for it in groups)
    policies = aws("logs").describe_resource_policies()["resourcePolicies"]
    (document,) = [json.loads(it["policyDocument"]) for it in policies if it["policyName"] == f"{DOMAIN}-search"]
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "es.amazonaws.com"}
    assert statement["Condition"]["ArnEquals"] == {"aws:SourceArn": domain["ARN"]}


def service_role(aws: Aws) -> str | None:
    """Return the description of the role by which OpenSearch reaches a VPC, if the account has it."""
    found = aws("iam").list_roles(PathPrefix=f"/aws-service-role/{SERVICE}/")["Roles"]
    return found[0]["Description"] if found else None
