"""Modules in which data is easier to lose, to reach or to read."""

from __future__ import annotations

from collections.abc import Iterator

from tests.nets.weakenings.module import ModuleWeakening

_ON = '= "Let AWS refuse to delete a database."\n  type        = bool\n  default     = '
_LAST = 'is cancelled (aws kms cancel-key-deletion)."\n  type        = bool\n  default     = '


def _databases() -> Iterator[ModuleWeakening]:
    for engine, wide in (("rds-postgres", "    "), ("rds-oracle", "")):
        main, variables = f"{engine}/main.tf", f"{engine}/variables.tf"
        secret = "master_user_secret_kms_key_id" + wide.replace("    ", "      ")
        for name, file, before, after in (
            ("deleted by mistake", main, "  deletion_protection       = var.deletion_protection\n", ""),
            ("deleted by mistake, whatever is asked for", main, "= var.deletion_protection", "= false"),
            ("deletion protection off by default", variables, f"{_ON}true", f"{_ON}false"),
            ("no last snapshot", main, "= !var.final_snapshot\n  final_snapshot_id", "= true\n  final_snapshot_id"),
            ("no last snapshot by default", variables, f"{_LAST}true", f"{_LAST}false"),
            ("backups go with the database", main, "delete_automated_backups = !var.final_snapshot\n", ""),
            ("files encrypted with the account's default key", main, _STORAGE, _STORAGE.partition("\n")[0] + "\n"),
            ("master secret with the account's default key", main, f"  {secret} = aws_kms_key.this[0].arn\n", ""),
            (
                "logs with the account's default key",
                f"{engine}/monitoring.tf",
                "  kms_key_id        = aws_kms_key.this[0].arn\n",
                "",
            ),
            (
                "something beside the cluster gets in",
                f"{engine}/network.tf",
                "referenced_security_group_id = var.cluster_security_group_id",
                "referenced_security_group_id = aws_security_group.this[0].id",
            ),
        ):
            yield ModuleWeakening(f"{engine}: {name}", file, before, after)


_STORAGE = "  storage_encrypted     = true\n  kms_key_id            = aws_kms_key.this[0].arn\n"
_VAULT_FIRST = """\
  depends_on = [
    aws_efs_access_point.flowable,
    aws_efs_file_system.this,
    aws_efs_file_system_policy.this,
    aws_efs_mount_target.this,
    aws_vpc_security_group_ingress_rule.nfs,
  ]
"""

DATA = (
    *_databases(),
    ModuleWeakening(
        "efs: NFS for the whole internet", "efs/main.tf", "= each.key\n  ip_protocol", '= "0.0.0.0/0"\n  ip_protocol'
    ),
    ModuleWeakening(
        "efs: NFS for every address of version 6",
        "efs/main.tf",
        "cidr_ipv4         = each.key\n",
        'cidr_ipv6         = "::/0"\n',
    ),
    ModuleWeakening(
        "efs: backups go with their vault",
        "efs/main.tf",
        "force_destroy = !var.deletion_protection",
        "force_destroy = true",
    ),
    ModuleWeakening("efs: files go although their vault stays", "efs/main.tf", _VAULT_FIRST),
    ModuleWeakening(
        "efs: files are out of reach although their vault stays",
        "efs/main.tf",
        "    aws_vpc_security_group_ingress_rule.nfs,\n",
    ),
    ModuleWeakening(
        "vpc: databases on the public route table",
        "vpc/main.tf",
        "route_table_id = aws_route_table.database.id",
        "route_table_id = aws_route_table.public.id",
    ),
    ModuleWeakening(
        "vpc: databases have a way to the internet",
        "vpc/main.tf",
        'resource "aws_route_table_association" "database" {\n',
        'resource "aws_route" "database" {\n  route_table_id         = aws_route_table.database.id\n'
        '  destination_cidr_block = "0.0.0.0/0"\n  gateway_id             = aws_internet_gateway.this.id\n}\n\n'
        'resource "aws_route_table_association" "database" {\n',
    ),
    ModuleWeakening(
        "vpc: private subnets lead to the internet",
        "vpc/main.tf",
        "nat_gateway_id         = aws_nat_gateway.this[var.nat_gateway_per_az ? each.key : local.nat_zones[0]].id",
        "gateway_id             = aws_internet_gateway.this.id",
    ),
    ModuleWeakening(
        "opensearch: indexes with the account's default key",
        "opensearch/main.tf",
        "    kms_key_id = aws_kms_key.this[0].arn\n",
    ),
    ModuleWeakening(
        "opensearch: logs with the account's default key",
        "opensearch/logs.tf",
        "  kms_key_id        = aws_kms_key.this[0].arn\n",
    ),
)
