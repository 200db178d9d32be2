"""Rules over the policies that modules write: who enters a role, and what it reaches."""

from __future__ import annotations

from tests.nets.module_text import Module, Written, items, key_of, objects, text

_WORKLOAD = '"/flowable/workload/"'
_BOUNDARY = "var.permissions_boundary_arn"
_CAREFUL = (
    "secretsmanager:",
    "kms:",
    "iam:",
    "sts:",
    "autoscaling:",
    "ssm:",
    "ec2:",
    "elasticloadbalancing:",
)
"""Services of which a role may reach only what it names, or what a condition names."""
_HARMLESS = ("autoscaling:Describe", "ec2:Describe", "ec2:Get", "elasticloadbalancing:Describe")
_WITHOUT_NAME = {
    "ec2:CreateSecurityGroup",
    "elasticloadbalancing:CreateListener",
    "elasticloadbalancing:CreateRule",
}
"""What makes something that has neither name nor tag before it is there; none of it changes what stands."""
_UNTAGGED = (":listener/", ":listener-rule/")
"""Parts of load balancers, which carry no tag of the cluster."""
_EQUAL = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}
_NAMING = (
    "aws:ResourceTag/",
    "aws:RequestTag/",
    "aws:SourceArn",
    "iam:AWSServiceName",
    "iam:PassedToService",
    "kms:EncryptionContext:",
)
"""Keys of conditions that tell one thing of ours from all others."""
_PODS = "pods.eks.amazonaws.com"
_ONE_SERVICE_ACCOUNT = {
    "aws:RequestTag/eks-cluster-arn",
    "aws:RequestTag/kubernetes-namespace",
    "aws:RequestTag/kubernetes-service-account",
}
_OF_THE_ACCOUNT_ANYWAY = {"eks.amazonaws.com", "ec2.amazonaws.com", _PODS}
"""Services that enter a role only where a call of this account, which passes it, asks them to."""


def roles_stand_below_the_workload_with_its_boundary(module: Module) -> bool:
    roles = module.resources("aws_iam_role")
    return all((text(it, "path"), text(it, "permissions_boundary")) == (_WORKLOAD, _BOUNDARY) for it in roles)


def what_a_role_reaches_is_named(module: Module) -> bool:
    grants = (it for it in module.statements() if "Resource" in it and "Principal" not in it)
    return all(_is_narrow(module, it) for it in grants if _careful(module, it))


def pods_enter_a_role_from_one_service_account_of_one_cluster(module: Module) -> bool:
    """Security of EKS Pod Identity: any cluster of the account could otherwise have the role for any of its pods."""
    trusts = (it for it in module.statements() if _services(module, it) & {_PODS})
    return all(_names_one_service_account(module, it) for it in trusts)


def services_enter_a_role_for_this_account_alone(module: Module) -> bool:
    trusts = [it for it in module.statements() if _services(module, it) and _is_trust(module, it)]
    others = (it for it in trusts if _services(module, it) - _OF_THE_ACCOUNT_ANYWAY)
    return all(_equal(module, it).get("aws:SourceAccount") == "local.account_id" for it in others)


def services_write_logs_for_what_stands_here_alone(module: Module) -> bool:
    policies = module.resources("aws_cloudwatch_log_resource_policy")
    attributes = (it.attribute("policy_document") for it in policies)
    written = [it for found in attributes if found for it in objects(found.expression) if "Effect" in it]
    wanted = {"aws:SourceAccount": "local.account_id", "aws:SourceArn": "local.domain_arn"}
    return all(_equal(module, it) == wanted for it in written)


def file_systems_refuse_plain_text(module: Module) -> bool:
    policies = module.resources("aws_efs_file_system_policy")
    attributes = [it.attribute("policy") for it in policies]
    written = [tuple(objects(it.expression)) for it in attributes if it]
    enough = len(policies) >= len(module.resources("aws_efs_file_system"))
    return enough and all(any(map(_refuses_plain_text, it)) for it in written)


def flow_logs_find_their_group(module: Module) -> bool:
    """VPC User Guide, "IAM role for publishing flow logs": without this nothing arrives, and no apply fails of it."""
    asking = (it for it in module.statements() if "logs:DescribeLogGroups" in module.literals(it["Action"]))
    allowed = any((it["Effect"].text, it["Resource"].text) == ('"Allow"', '"*"') for it in asking)
    return allowed or not module.resources("aws_flow_log")


def _careful(module: Module, statement: Written) -> bool:
    actions = module.literals(statement["Action"])
    allowed = statement["Effect"].text == '"Allow"'
    return allowed and any(
        it.endswith("*") or (it.startswith(_CAREFUL) and not it.startswith(_HARMLESS)) for it in actions
    )


def _is_narrow(module: Module, statement: Written) -> bool:
    wide = [it for it in items(module.settled(statement["Resource"])) if any("*" in w for w in module.words(it))]
    if not wide or all(any(part in it.text for part in _UNTAGGED) for it in wide):
        return True
    return {*module.literals(statement["Action"])} <= _WITHOUT_NAME or any(
        key.startswith(_NAMING) and value.strip('"[]') != "*" for key, value in _equal(module, statement).items()
    )


def _equal(module: Module, statement: Written) -> dict[str, str]:
    """Return what a statement's conditions ask to be equal to something, as it is written."""
    if "Condition" not in statement:
        return {}
    conditions = module.mapping(statement["Condition"])
    known = [module.mapping(conditions[it]) for it in conditions if it in _EQUAL]
    return {key: value.text for found in known for key, value in found.items()}


def _services(module: Module, statement: Written) -> set[str]:
    principal = module.mapping(statement["Principal"]) if "Principal" in statement else {}
    return {key_of(it) for it in items(principal["Service"])} if "Service" in principal else set()


def _is_trust(module: Module, statement: Written) -> bool:
    return "sts:AssumeRole" in module.literals(statement["Action"])


def _names_one_service_account(module: Module, statement: Written) -> bool:
    asked = _equal(module, statement)
    return all("*" not in asked.get(key, "*") for key in _ONE_SERVICE_ACCOUNT) and _services(module, statement) == {
        _PODS
    }


def _refuses_plain_text(statement: Written) -> bool:
    if "Effect" not in statement or statement["Effect"].text != '"Deny"' or "Condition" not in statement:
        return False
    asked = (entry for inner in objects(statement["Condition"]) for entry in inner.items())
    return any((key, it.text) == ("aws:SecureTransport", '"false"') for key, it in asked)
