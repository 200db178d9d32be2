"""Rules over the modules that hold data, and over the network around them."""

from __future__ import annotations

from tests.nets.module_text import Module, inner_blocks, items, text

_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("aws_backup_vault", ("kms_key_arn",)),
    ("aws_cloudwatch_log_group", ("kms_key_id",)),
    ("aws_db_instance", ("kms_key_id",)),
    ("aws_db_instance", ("master_user_secret_kms_key_id",)),
    ("aws_db_instance", ("performance_insights_kms_key_id",)),
    ("aws_efs_file_system", ("kms_key_id",)),
    ("aws_eks_cluster", ("encryption_config", "provider", "key_arn")),
    ("aws_opensearch_domain", ("encrypt_at_rest", "kms_key_id")),
)
_KEPT = {
    ("aws_db_instance", "deletion_protection"): "var.deletion_protection",
    ("aws_db_instance", "skip_final_snapshot"): "!var.final_snapshot",
    ("aws_db_instance", "delete_automated_backups"): "!var.final_snapshot",
    ("aws_db_instance", "backup_retention_period"): "var.backup_retention_days",
    ("aws_backup_vault", "force_destroy"): "!var.deletion_protection",
}
"""What keeps data when somebody deletes what holds it: said by inputs, which are on by default."""
_MOUNTED = (
    "aws_efs_access_point",
    "aws_efs_file_system",
    "aws_efs_file_system_policy",
    "aws_efs_mount_target",
    "aws_vpc_security_group_ingress_rule",
)
"""What a client needs to go on with its files."""
_CAUTIOUS = {"aws_db_instance": ("deletion_protection", "final_snapshot"), "aws_backup_vault": ("deletion_protection",)}


def access_points_lead_below_the_root(module: Module) -> bool:
    points = module.resources("aws_efs_access_point")
    return all(text(it, "root_directory", "path") not in ("", '"/"') for it in points)


def master_passwords_are_made_and_kept_by_rds(module: Module) -> bool:
    databases = module.resources("aws_db_instance")
    return all(text(it, "manage_master_user_password") == "true" and not text(it, "password") for it in databases)


def databases_encrypt_the_line(module: Module) -> bool:
    held = {(text(it, "name"), text(it, "value")) for it in inner_blocks(module.bodies)}
    demands = {('"rds.force_ssl"', '"1"'), ('"SQLNET.ENCRYPTION_SERVER"', '"REQUIRED"')}
    return not module.resources("aws_db_instance") or bool(held & demands)


def search_domains_encrypt_the_line_between_nodes(module: Module) -> bool:
    domains = module.resources("aws_opensearch_domain")
    return all(text(it, "node_to_node_encryption", "enabled") == "true" for it in domains)


def only_security_groups_reach_data(module: Module) -> bool:
    keeps_data = module.resources("aws_db_instance") or module.resources("aws_opensearch_domain")
    doors = module.resources("aws_vpc_security_group_ingress_rule") if keeps_data else ()
    return all(text(it, "referenced_security_group_id") == "var.cluster_security_group_id" for it in doors)


def ranges_that_may_enter_are_an_input(module: Module) -> bool:
    """Inputs are validated: none of them is the whole internet."""
    doors = module.resources("aws_vpc_security_group_ingress_rule")
    ranges = [(text(it, "cidr_ipv4"), text(it, "for_each"), text(it, "cidr_ipv6")) for it in doors]
    open_ones = (it for it in ranges if it != ("", "", ""))
    inline = [it for it in module.resources("aws_security_group") if it.of_type("ingress")]
    return not inline and all(it == ("each.key", "toset(var.client_cidrs)", "") for it in open_ones)


def what_holds_data_outlives_a_mistake(module: Module) -> bool:
    kept = all(text(it, name) == value for (kind, name), value in _KEPT.items() for it in module.resources(kind))
    inputs = {name for kind, names in _CAUTIOUS.items() if module.resources(kind) for name in names}
    cautious = all(text(module.variable(it), "default") == "true" for it in inputs)
    return kept and cautious and _files_stay_mounted_while_their_vault_refuses_to_go(module)


def _files_stay_mounted_while_their_vault_refuses_to_go(module: Module) -> bool:
    mounted = {".".join(it.labels) for kind in _MOUNTED for it in module.blocks(kind)}
    waits = (it.attribute("depends_on") for it in module.resources("aws_backup_vault"))
    return all(it and mounted <= {part.text for part in items(it.expression)} for it in waits)


def data_is_encrypted_with_a_key_of_its_own(module: Module) -> bool:
    """The account's default key cannot be closed to anybody of the account, nor shared with another one."""
    return all(text(it, *path).startswith("aws_kms_key.") for kind, path in _KEYS for it in module.resources(kind))


def only_public_subnets_lead_to_the_internet(module: Module) -> bool:
    routes, tables = module.resources("aws_route"), module.resources("aws_route_table")
    leading = {text(it, "route_table_id") for it in routes if text(it, "gateway_id")}
    of_databases = [it for it in routes if "database" in text(it, "route_table_id")]
    ways = {
        (text(it, "for_each"), text(it, "route_table_id").partition("[")[0])
        for it in module.resources("aws_route_table_association")
    }
    wanted = {(f"aws_subnet.{it}", f"aws_route_table.{it}") for it in ("public", "private", "database")}
    return (
        leading <= {"aws_route_table.public.id"}
        and not of_databases
        and not any(it.of_type("route") for it in tables)
        and {(subnets, table.removesuffix(".id")) for subnets, table in ways} <= wanted
    )
