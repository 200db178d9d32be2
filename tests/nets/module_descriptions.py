"""A rule over descriptions: EC2 refuses those of security groups in which a character stands that it does not take."""

from __future__ import annotations

from flowops.rehearsal.compat.ec2 import DESCRIPTION
from tests.nets.module_text import Module

_DESCRIBED = (
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
)


def groups_and_their_rules_are_described_as_ec2_allows(module: Module) -> bool:
    """Neither `terraform validate` nor a plan says so: the first apply fails."""
    described = (it.attribute("description") for kind in _DESCRIBED for it in module.resources(kind))
    return all(DESCRIPTION.fullmatch("".join(module.literals(it.expression))) for it in described if it)
