locals {
  log_groups = {
    for pair in setproduct(local.components, local.log_types) :
    "${pair[0]}-${pair[1]}" => "/aws/rds/instance/${local.prefix}-${pair[0]}/${pair[1]}"
  }
}

# Made before the instances: RDS would make them itself, unencrypted and kept for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this[0].arn

  tags = var.tags
}

resource "aws_iam_role" "monitoring" {
  count = local.once

  name                 = "${local.prefix}-monitoring"
  path                 = "/flowable/workload/"
  description          = "Writes the operating system's metrics of the databases ${local.prefix}"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  count = local.once

  role       = aws_iam_role.monitoring[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
