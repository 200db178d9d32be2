from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowops.model.policy import Policy, Principal, Request, evaluate
from tests.integration.modules.example import NO_CHANGES, Example

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
Aws = Callable[[str], Any]


def within(vpc: str, name: str = "vpc-id") -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [vpc]}]


def tags(resource: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}


def test_a_vpc_from_one_nat_gateway_to_three_and_gone(started: Callable[[str], Example], aws: Aws) -> None:
    vpc = started("vpc")
    vpc.apply()
    assert vpc.plan_exit_code() == NO_CHANGES
    assert vpc.untagged("vpc") == []
    outputs = vpc.outputs()
    vpc_id = outputs["vpc_id"]
    each_zone_has_its_subnets(aws, vpc_id)
    the_default_group_is_closed(aws, vpc_id)
    flow_logs_are_encrypted(aws, vpc_id)
    flow_logs_reach_their_group(aws, vpc_id)
    flow_logs_reach_their_group(aws, vpc_id)
    databases_reach_s3_and_nothing_else(aws, vpc_id, outputs["database_subnet_ids"])
    assert ways_out(aws, vpc_id, outputs["private_subnet_ids"]) == 1

    vpc.apply(nat_gateway_per_az=True)
    assert ways_out(aws, vpc_id, outputs["private_subnet_ids"]) == 3

    vpc.destroy()
    assert not aws("ec2").describe_vpcs(Filters=within(vpc_id))["Vpcs"]


def each_zone_has_its_subnets(aws: Aws, vpc_id: str) -> None:
    subnets = aws("ec2").describe_subnets(Filters=within(vpc_id))["Subnets"]
    by_role: dict[str, list[str]] = {}
    for subnet in subnets:
        found = tags(subnet)
        role = next((key for key in found if key.startswith("kubernetes.io/role/")), "database")
        by_role.setdefault(role, []).append(subnet["AvailabilityZone"])
        assert (found.get("kubernetes.io/cluster/flowable-example") == "shared") == (role != "database")
        assert not subnet["MapPublicIpOnLaunch"]
    roles = ("kubernetes.io/role/elb", "kubernetes.io/role/internal-elb", "database")
    assert {role: sorted(zones) for role, zones in by_role.items()} == dict.fromkeys(roles, ZONES)


def the_default_group_is_closed(aws: Aws, vpc_id: str) -> None:
    groups = aws("ec2").describe_security_groups(Filters=within(vpc_id))["SecurityGroups"]
    rules = [(it["IpPermissions"], it["IpPermissionsEgress"]) for it in groups if it["GroupName"] == "default"]
    assert rules == [([], [])]


def flow_logs_are_encrypted(aws: Aws, vpc_id: str) -> None:
    (flow_log,) = aws("ec2").describe_flow_logs(Filters=within(vpc_id, "resource-id"))["FlowLogs"]
    assert flow_log["TrafficType"] == "ALL"
    name = flow_log["LogDestination"].partition(":log-group:")[2]
    (group,) = aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert (group["retentionInDays"], "kmsKeyId" in group) == (365, True)
    role = aws("iam").get_role(RoleName=flow_log["DeliverLogsPermissionArn"].rpartition("/")[2])["Role"]
    assert role["Path"] == "/flowable/workload/"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/flowable/FlowableWorkloadBoundary")


def flow_logs_reach_their_group(aws: Aws, vpc_id: str) -> None:
    (flow_log,) = aws("ec2").describe_flow_logs(Filters=within(vpc_id, "resource-id"))["FlowLogs"]
    role, group = flow_log["DeliverLogsPermissionArn"], flow_log["LogDestination"]
    found = aws("iam").get_role_policy(RoleName=role.rpartition("/")[2], PolicyName="write-flow-logs")
    policy, who = Policy.from_document("write-flow-logs", found["PolicyDocument"]), Principal(role, role.split(":")[4])
    stream = ":log-stream:eni-1-all"
    wanted = {
        ("logs:DescribeLogGroups", "*"),
        ("logs:DescribeLogStreams", f"{group}:*"),
        ("logs:CreateLogStream", f"{group}{stream}"),
        ("logs:PutLogEvents", f"{group}{stream}"),
    }
    refused = {("logs:PutLogEvents", f"{group}-of-another{stream}"), ("logs:DeleteLogGroup", group)}
    allowed = {it for it in wanted | refused if evaluate(Request(who, *it), identity=[policy]).allowed}
    assert allowed == wanted


def databases_reach_s3_and_nothing_else(aws: Aws, vpc_id: str, subnets: list[str]) -> None:
    tables = {route_table(aws, subnet)["RouteTableId"] for subnet in subnets}
    assert len(tables) == 1
    (endpoint,) = aws("ec2").describe_vpc_endpoints(Filters=within(vpc_id))["VpcEndpoints"]
    assert tables < set(endpoint["RouteTableIds"])
    assert not [subnet for subnet in subnets if "0.0.0.0/0" in destinations(aws, subnet)]


def ways_out(aws: Aws, vpc_id: str, subnets: list[str]) -> int:
    """Return how many NAT gateways the private subnets use; all that stand are used."""
    used = {destinations(aws, subnet)["0.0.0.0/0"] for subnet in subnets}
    gateways = aws("ec2").describe_nat_gateways(Filters=within(vpc_id))["NatGateways"]
    assert used == {it["NatGatewayId"] for it in gateways if it["State"] == "available"}
    return len(used)


def route_table(aws: Aws, subnet: str) -> dict[str, Any]:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (table,) = aws("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    return dict(table)


def destinations(aws: Aws, subnet: str) -> dict[str, str]:
    routes = route_table(aws, subnet)["Routes"]
    return {it["DestinationCidrBlock"]: it.get("NatGatewayId", "") for it in routes if "DestinationCidrBlock" in it}
