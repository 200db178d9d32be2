data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  subnets    = zipmap(var.availability_zones, var.subnet_ids)
}

resource "aws_kms_key" "this" {
  description             = "Files and backups of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.kms_deletion_window_days

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersByIam"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-efs" })
}

resource "aws_efs_file_system" "this" {
  creation_token   = var.name
  encrypted        = true
  kms_key_id       = aws_kms_key.this.arn
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"

  lifecycle_policy {
    transition_to_ia = var.transition_to_ia
  }

  tags = merge(var.tags, { Name = var.name })
}

# A policy replaces the open default: clients come through a mount target and by TLS, and root is nobody.
resource "aws_efs_file_system_policy" "this" {
  file_system_id = aws_efs_file_system.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "MountTargetClientsReadAndWrite"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = aws_efs_file_system.this.arn
        Condition = { Bool = { "elasticfilesystem:AccessedViaMountTarget" = "true" } }
      },
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = aws_efs_file_system.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_security_group" "mount_targets" {
  name        = "${var.name}-efs"
  description = "NFS from the private subnets to the mount targets of ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-efs" })
}

resource "aws_vpc_security_group_ingress_rule" "nfs" {
  for_each = toset(var.client_cidrs)

  security_group_id = aws_security_group.mount_targets.id
  description       = "NFS from ${each.key}"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049

  tags = merge(var.tags, { Name = "${var.name}-efs-nfs" })
}

resource "aws_efs_mount_target" "this" {
  for_each = local.subnets

  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = each.value
  security_groups = [aws_security_group.mount_targets.id]
}

resource "aws_efs_access_point" "flowable" {
  #checkov:skip=CKV_AWS_329:It cannot read an optional attribute and breaks off; the variable's validation refuses / as root directory
  file_system_id = aws_efs_file_system.this.id

  posix_user {
    uid = var.access_point.uid
    gid = var.access_point.gid
  }

  root_directory {
    path = var.access_point.path

    creation_info {
      owner_uid   = var.access_point.uid
      owner_gid   = var.access_point.gid
      permissions = var.access_point.permissions
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-flowable" })
}

resource "aws_backup_vault" "this" {
  name          = "${var.name}-efs"
  kms_key_arn   = aws_kms_key.this.arn
  force_destroy = !var.deletion_protection

  tags = var.tags

  # So that a destroy takes the vault first: while it refuses to go, the files stay, and stay mounted.
  depends_on = [
    aws_efs_access_point.flowable,
    aws_efs_file_system.this,
    aws_efs_file_system_policy.this,
    aws_efs_mount_target.this,
    aws_vpc_security_group_ingress_rule.nfs,
  ]
}

resource "aws_backup_plan" "daily" {
  name = "${var.name}-efs-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this.name
    schedule          = "cron(0 3 * * ? *)"

    lifecycle {
      delete_after = var.backup_retention_days
    }
  }

  tags = var.tags
}

resource "aws_iam_role" "backup" {
  name                 = "${var.name}-efs-backup"
  path                 = "/flowable/workload/"
  description          = "Backs up and restores the file system ${var.name}"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/${each.key}"
}

resource "aws_backup_selection" "this" {
  name         = "${var.name}-efs"
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = [aws_efs_file_system.this.arn]

  depends_on = [aws_iam_role_policy_attachment.backup]
}
