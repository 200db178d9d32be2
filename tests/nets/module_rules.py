"""Rules of our own over the text of a terraform module: what checkov has no check of, or cannot follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowops.adapters.hcl import read_hcl
from flowops.errors import InvalidConfig
from tests.nets import module_cluster, module_data, module_descriptions, module_names, module_policies
from tests.nets.module_text import Module

_RULES: tuple[Callable[[Module], bool], ...] = (
    module_policies.roles_stand_below_the_workload_with_its_boundary,
    module_policies.what_a_role_reaches_is_named,
    module_policies.pods_enter_a_role_from_one_service_account_of_one_cluster,
    module_policies.services_enter_a_role_for_this_account_alone,
    module_policies.services_write_logs_for_what_stands_here_alone,
    module_policies.file_systems_refuse_plain_text,
    module_policies.flow_logs_find_their_group,
    module_data.access_points_lead_below_the_root,
    module_cluster.disks_of_nodes_are_encrypted,
    module_cluster.clusters_have_no_administrator_beside_their_access_entries,
    module_cluster.each_role_enters_the_cluster_as_far_as_it_needs,
    module_cluster.roles_carry_the_policies_of_aws_that_they_need,
    module_cluster.charts_are_told_no_password,
    module_data.master_passwords_are_made_and_kept_by_rds,
    module_data.databases_encrypt_the_line,
    module_data.search_domains_encrypt_the_line_between_nodes,
    module_data.only_security_groups_reach_data,
    module_data.ranges_that_may_enter_are_an_input,
    module_data.what_holds_data_outlives_a_mistake,
    module_data.data_is_encrypted_with_a_key_of_its_own,
    module_data.only_public_subnets_lead_to_the_internet,
    module_names.names_differ_between_environments_of_an_account,
    module_descriptions.groups_and_their_rules_are_described_as_ec2_allows,
)
MODULE_RULES = tuple(it.__name__ for it in _RULES)


def broken_module_rules(folder: Path) -> tuple[str, ...]:
    """Return the rules that the module in `folder` breaks; a file that is no HCL breaks the one rule `hcl`."""
    try:
        module = Module(tuple(read_hcl(it) for it in sorted(folder.glob("*.tf"))))
    except InvalidConfig:
        return ("hcl",)
    return tuple(name for name, holds in zip(MODULE_RULES, _RULES, strict=True) if not holds(module))
