"""A rule over names: what an account has once, two environments of it would both want."""

from __future__ import annotations

from collections.abc import Iterator

from flowops.model.hcl import Body, Expression
from tests.nets.module_text import Module

_NAMED = {
    "aws_backup_plan": "name",
    "aws_backup_vault": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_log_resource_policy": "policy_name",
    "aws_db_instance": "identifier",
    "aws_db_option_group": "name_prefix",
    "aws_db_parameter_group": "name_prefix",
    "aws_db_subnet_group": "name",
    "aws_efs_file_system": "creation_token",
    "aws_eks_cluster": "name",
    "aws_iam_role": "name",
    "aws_launch_template": "name",
    "aws_opensearch_domain": "domain_name",
    "aws_resourcegroups_group": "name",
}


def names_differ_between_environments_of_an_account(module: Module) -> bool:
    found = [(it, name) for kind, name in _NAMED.items() for it in module.resources(kind)]
    return all(_of_an_input(module, name) for it, key in found for name in _names(module, it, key))


def _names(module: Module, resource: Body, key: str) -> Iterator[Expression]:
    """Yield how each name is written: `each.value` and its fields are what `for_each` holds."""
    attribute, each = resource.attribute(key), resource.attribute("for_each")
    if attribute is None or each is None or not attribute.expression.text.startswith("each.value"):
        yield from [attribute.expression] if attribute else []
        return
    field = attribute.expression.text.removeprefix("each.value").removeprefix(".")
    held = module.mapping(each.expression)
    yield from (module.mapping(it)[field] if field else it for it in held.values())
    if not held:
        yield each.expression


def _of_an_input(module: Module, name: Expression) -> bool:
    return any("var." in it for it in module.words(name))
