"""The terraform modules made weaker in their text; checkov and our own rules are the nets there."""

from __future__ import annotations

from tests.nets.weakenings.module import BOUNDARY, EVERYBODY, ModuleWeakening
from tests.nets.weakenings.module_access import ACCESS
from tests.nets.weakenings.module_data import DATA

MODULE_WEAKENINGS = (
    *ACCESS,
    *DATA,
    ModuleWeakening("efs: files not encrypted", "efs/main.tf", "encrypted        = true", "encrypted        = false"),
    ModuleWeakening(
        "efs: files encrypted with the account's default key",
        "efs/main.tf",
        "  kms_key_id       = aws_kms_key.this.arn\n",
    ),
    ModuleWeakening("efs: key without rotation", "efs/main.tf", "  enable_key_rotation     = true\n"),
    ModuleWeakening(
        "efs: backups encrypted with the account's default key",
        "efs/main.tf",
        "  kms_key_arn   = aws_kms_key.this.arn\n",
    ),
    ModuleWeakening(
        "efs: no user forced on clients",
        "efs/main.tf",
        "  posix_user {\n    uid = var.access_point.uid\n    gid = var.access_point.gid\n  }\n",
    ),
    ModuleWeakening(
        "efs: root of the file system for every client",
        "efs/main.tf",
        "    path = var.access_point.path\n",
        '    path = "/"\n',
    ),
    ModuleWeakening("efs: plain text on the wire", "efs/main.tf", 'Effect    = "Deny"', 'Effect    = "Allow"'),
    ModuleWeakening(
        "efs: backup role without boundary", "efs/main.tf", "  permissions_boundary = var.permissions_boundary_arn\n"
    ),
    ModuleWeakening(
        "eks: Kubernetes secrets not encrypted",
        "eks/main.tf",
        '  encryption_config {\n    resources = ["secrets"]\n\n'
        "    provider {\n      key_arn = aws_kms_key.this.arn\n    }\n  }\n",
    ),
    ModuleWeakening(
        "eks: public endpoint for everybody",
        "eks/main.tf",
        "    endpoint_public_access  = length(var.public_access_cidrs) > 0\n"
        "    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null\n",
        '    endpoint_public_access  = true\n    public_access_cidrs     = ["0.0.0.0/0"]\n',
    ),
    ModuleWeakening(
        "eks: control plane not logged",
        "eks/main.tf",
        '  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]\n',
    ),
    ModuleWeakening(
        "eks: nobody's audit log",
        "eks/main.tf",
        '["api", "audit", "authenticator", "controllerManager", "scheduler"]',
        '["api"]',
    ),
    ModuleWeakening(
        "eks: metadata of nodes without a token",
        "eks/main.tf",
        'http_tokens                 = "required"',
        'http_tokens                 = "optional"',
    ),
    ModuleWeakening(
        "eks: metadata of nodes reached from pods",
        "eks/main.tf",
        "http_put_response_hop_limit = 1",
        "http_put_response_hop_limit = 2",
    ),
    ModuleWeakening(
        "eks: disks of nodes not encrypted",
        "eks/main.tf",
        "encrypted             = true",
        "encrypted             = false",
    ),
    ModuleWeakening(
        "eks: logs with the account's default key", "eks/main.tf", "  kms_key_id        = aws_kms_key.this.arn\n"
    ),
    ModuleWeakening(
        "eks: key without rotation", "eks/main.tf", "enable_key_rotation     = true", "enable_key_rotation     = false"
    ),
    ModuleWeakening(
        "eks: key used by everybody",
        "eks/main.tf",
        'Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }',
        'Principal = { AWS = "*" }',
    ),
    ModuleWeakening(
        "eks: who makes the cluster stays its administrator",
        "eks/main.tf",
        "bootstrap_cluster_creator_admin_permissions = false",
        "bootstrap_cluster_creator_admin_permissions = true",
    ),
    ModuleWeakening(
        "eks: readers administer the cluster",
        "eks/access.tf",
        'arn = var.flowable_user_role_arn, policy = "AmazonEKSViewPolicy"',
        'arn = var.flowable_user_role_arn, policy = "AmazonEKSClusterAdminPolicy"',
    ),
    ModuleWeakening(
        "vpc: no flow logs",
        "vpc/flow_logs.tf",
        "vpc_id               = aws_vpc.this.id",
        "vpc_id               = var.name",
    ),
    ModuleWeakening(
        "vpc: flow logs with the account's default key",
        "vpc/flow_logs.tf",
        "  kms_key_id        = aws_kms_key.flow_logs.arn\n",
    ),
    ModuleWeakening(
        "vpc: flow logs kept for ever and by nobody's choice",
        "vpc/flow_logs.tf",
        "  retention_in_days = var.log_retention_days\n",
    ),
    ModuleWeakening(
        "vpc: flow logs that cannot look for their group",
        "vpc/flow_logs.tf",
        'Action   = ["logs:DescribeLogGroups"]\n        Resource = "*"',
        'Action   = ["logs:DescribeLogGroups"]\n        Resource = local.log_group_arn',
    ),
    ModuleWeakening(
        "vpc: default security group left open",
        "vpc/main.tf",
        'resource "aws_default_security_group" "closed" {\n  vpc_id = aws_vpc.this.id\n',
        'resource "aws_default_security_group" "closed" {\n  vpc_id = aws_vpc.this.id\n\n'
        '  ingress {\n    protocol    = "-1"\n    from_port   = 0\n    to_port     = 0\n'
        '    cidr_blocks = ["0.0.0.0/0"]\n  }\n',
    ),
    ModuleWeakening(
        "vpc: every instance of a public subnet gets an address",
        "vpc/main.tf",
        '"kubernetes.io/role/elb" = "1" })\n',
        '"kubernetes.io/role/elb" = "1" })\n\n  map_public_ip_on_launch = true\n',
    ),
    ModuleWeakening(
        "eks-components: the autoscaler scales every group of the account",
        "eks-components/cluster_autoscaler.tf",
        "      Condition = { StringEquals = "
        '{ "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.cluster_name}" = "owned" } }\n',
    ),
    ModuleWeakening(
        "eks-components: every secret of both accounts read",
        "eks-components/external_secrets.tf",
        "Resource = [var.repository_secret_arn, var.license_secret_arn]",
        'Resource = "*"',
    ),
    ModuleWeakening(
        "eks-components: secrets of other projects' databases read",
        "eks-components/external_secrets.tf",
        "      Condition = {\n        StringLike = {\n"
        '          "aws:ResourceTag/aws:rds:primaryDBInstanceArn" = '
        '"arn:${local.partition}:rds:${local.region}:${local.account_id}:db:${var.name}-*"\n        }\n      }\n',
    ),
    ModuleWeakening("eks-components: roles without boundary", "eks-components/main.tf", BOUNDARY),
    ModuleWeakening("vpc: flow log role without boundary", "vpc/flow_logs.tf", BOUNDARY),
    *(
        it
        for engine in ("rds-postgres", "rds-oracle")
        for it in (
            ModuleWeakening(
                f"{engine}: files not encrypted",
                f"{engine}/main.tf",
                "storage_encrypted     = true",
                "storage_encrypted     = false",
            ),
            ModuleWeakening(
                f"{engine}: an address on the internet",
                f"{engine}/main.tf",
                "publicly_accessible    = false",
                "publicly_accessible    = true",
            ),
            ModuleWeakening(f"{engine}: every address of every network gets in", f"{engine}/network.tf", *EVERYBODY),
            ModuleWeakening(
                f"{engine}: nobody's log",
                f"{engine}/main.tf",
                "  enabled_cloudwatch_logs_exports       = local.log_types\n",
            ),
            ModuleWeakening(
                f"{engine}: insights with the account's default key",
                f"{engine}/main.tf",
                "  performance_insights_kms_key_id       = aws_kms_key.this[0].arn\n",
            ),
            ModuleWeakening(f"{engine}: monitoring role without boundary", f"{engine}/monitoring.tf", BOUNDARY),
        )
    ),
    ModuleWeakening(
        "rds-postgres: plain text on the wire",
        "rds-postgres/main.tf",
        'name  = "rds.force_ssl"\n    value = "1"',
        'name  = "rds.force_ssl"\n    value = "0"',
    ),
    ModuleWeakening(
        "rds-postgres: master password in the state",
        "rds-postgres/main.tf",
        "manage_master_user_password         = true",
        'password                            = "flowable"',
    ),
    ModuleWeakening(
        "rds-oracle: plain text on the wire",
        "rds-oracle/main.tf",
        'value = "REQUIRED"\n    }\n\n    option_settings {\n      name  = "SQLNET.ENCRYPTION_TYPES',
        'value = "ACCEPTED"\n    }\n\n    option_settings {\n      name  = "SQLNET.ENCRYPTION_TYPES',
    ),
    ModuleWeakening(
        "rds-oracle: master password in the state",
        "rds-oracle/main.tf",
        "manage_master_user_password   = true",
        'password                      = "flowable"',
    ),
    ModuleWeakening(
        "opensearch: indexes not encrypted",
        "opensearch/main.tf",
        "encrypt_at_rest {\n    enabled    = true",
        "encrypt_at_rest {\n    enabled    = false",
    ),
    ModuleWeakening(
        "opensearch: plain text between nodes",
        "opensearch/main.tf",
        "node_to_node_encryption {\n    enabled = true",
        "node_to_node_encryption {\n    enabled = false",
    ),
    ModuleWeakening(
        "opensearch: plain HTTP accepted",
        "opensearch/main.tf",
        "enforce_https       = true",
        "enforce_https       = false",
    ),
    ModuleWeakening(
        "opensearch: TLS of 1999 accepted",
        "opensearch/main.tf",
        "Policy-Min-TLS-1-2-PFS-2023-10",
        "Policy-Min-TLS-1-0-2019-07",
    ),
    ModuleWeakening(
        "opensearch: on the internet",
        "opensearch/main.tf",
        "  vpc_options {\n    subnet_ids         = local.zones\n"
        "    security_group_ids = [aws_security_group.this[0].id]\n  }\n",
    ),
    ModuleWeakening(
        "opensearch: a rule that EC2 refuses for its description",
        "opensearch/network.tf",
        "Search from the nodes of the cluster",
        "Search from the cluster's nodes",
    ),
    ModuleWeakening("opensearch: every address of every network gets in", "opensearch/network.tf", *EVERYBODY),
)
