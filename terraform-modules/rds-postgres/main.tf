locals {
  prefix    = "${var.name}-postgres"
  port      = 5432
  log_types = ["postgresql", "upgrade"]

  enabled = {
    control = var.flowable_control_enabled
    design  = var.flowable_design_enabled
    work    = var.flowable_work_enabled
    engage  = var.flowable_engage_enabled
  }

  # Another engine is an empty set, not a unit left out: what stood is deleted.
  components = toset([for component, on in local.enabled : component if on && var.database == "postgres"])
  once       = length(local.components) > 0 ? 1 : 0
}

resource "aws_db_parameter_group" "this" {
  count = local.once

  name_prefix = "${local.prefix}-"
  description = "TLS only, and slow statements in the log"
  family      = "postgres${split(".", var.engine_version)[0]}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "5000"
  }

  tags = var.tags

  lifecycle {
    # A group is of one major version, and an instance must not lose its own before it has the next.
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_293:deletion_protection is an input, on by default; the example has it off, to go without a trace
  #checkov:skip=CKV_AWS_157:multi_az is an input: a standby costs as much again, and a development environment has none
  for_each = local.components

  identifier                  = "${local.prefix}-${each.key}"
  engine                      = "postgres"
  engine_version              = var.engine_version
  allow_major_version_upgrade = true
  auto_minor_version_upgrade  = true
  instance_class              = var.instance_class
  multi_az                    = var.multi_az
  parameter_group_name        = aws_db_parameter_group.this[0].name

  db_name                             = each.key
  username                            = "flowable"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = aws_kms_key.this[0].arn
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.storage.allocated
  max_allocated_storage = var.storage.maximum
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this[0].arn

  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  vpc_security_group_ids = [aws_security_group.this[0].id]
  port                   = local.port
  publicly_accessible    = false

  backup_window            = "02:00-03:00"
  backup_retention_period  = var.backup_retention_days
  maintenance_window       = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot    = true
  delete_automated_backups = !var.final_snapshot

  enabled_cloudwatch_logs_exports       = local.log_types
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.this[0].arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring[0].arn

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.final_snapshot
  final_snapshot_identifier = "${local.prefix}-${each.key}-final-${formatdate("YYYYMMDDhhmmss", plantimestamp())}"

  # What was planned and approved happens now: left for the maintenance window, each plan until then would show it again.
  apply_immediately = true

  tags = merge(var.tags, { Name = "${local.prefix}-${each.key}" })

  lifecycle {
    # Named by the time of creation, so that no two lives of a database share the name of their last snapshot.
    ignore_changes = [final_snapshot_identifier]
  }

  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy_attachment.monitoring,
  ]
}
