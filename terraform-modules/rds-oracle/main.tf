locals {
  prefix    = "${var.name}-oracle"
  port      = 1521
  log_types = ["alert", "audit", "listener", "trace"]

  enabled = {
    control = var.flowable_control_enabled
    design  = var.flowable_design_enabled
    work    = var.flowable_work_enabled
    engage  = var.flowable_engage_enabled
  }

  # Another engine is an empty set, not a unit left out: what stood is deleted.
  components = toset([for component, on in local.enabled : component if on && var.database == "oracle"])
  once       = length(local.components) > 0 ? 1 : 0
  major      = split(".", var.engine_version)[0]
}

resource "aws_db_parameter_group" "this" {
  count = local.once

  name_prefix = "${local.prefix}-"
  description = "Cursors for as many prepared statements as Flowable keeps open"
  family      = "${var.engine}-${local.major}"

  parameter {
    name  = "open_cursors"
    value = "1000"
  }

  tags = var.tags

  lifecycle {
    # A group is of one edition, and an instance must not lose its own before it has the next.
    create_before_destroy = true
  }
}

# Oracle's own encryption on the line, demanded by the server: the JDBC URL stays as it is, and so does the port.
resource "aws_db_option_group" "this" {
  count = local.once

  name_prefix              = "${local.prefix}-"
  option_group_description = "Encrypted connections only"
  engine_name              = var.engine
  major_engine_version     = local.major

  # A snapshot holds on to it: RDS refuses to delete a group that a final snapshot was taken with.
  skip_destroy = var.final_snapshot

  option {
    option_name = "NATIVE_NETWORK_ENCRYPTION"

    option_settings {
      name  = "SQLNET.ENCRYPTION_SERVER"
      value = "REQUIRED"
    }

    option_settings {
      name  = "SQLNET.ENCRYPTION_TYPES_SERVER"
      value = "AES256"
    }

    option_settings {
      name  = "SQLNET.CRYPTO_CHECKSUM_SERVER"
      value = "REQUIRED"
    }

    option_settings {
      name  = "SQLNET.CRYPTO_CHECKSUM_TYPES_SERVER"
      value = "SHA256"
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_293:deletion_protection is an input, on by default; the example has it off, to go without a trace
  for_each = local.components

  identifier                  = "${local.prefix}-${each.key}"
  engine                      = var.engine
  engine_version              = var.engine_version
  license_model               = var.license_model
  allow_major_version_upgrade = true
  auto_minor_version_upgrade  = true
  instance_class              = var.instance_class
  multi_az                    = var.multi_az
  parameter_group_name        = aws_db_parameter_group.this[0].name
  option_group_name           = aws_db_option_group.this[0].name

  # Oracle writes its name in capitals, and takes eight characters at most.
  db_name                       = upper(each.key)
  character_set_name            = "AL32UTF8"
  username                      = "flowable"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.this[0].arn

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
