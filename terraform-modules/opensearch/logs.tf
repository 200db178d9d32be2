locals {
  log_types = var.es_enabled ? toset(["INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS"]) : toset([])
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_types

  name              = "/aws/opensearch/${var.name}/${lower(replace(each.key, "_", "-"))}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this[0].arn

  tags = var.tags
}

# OpenSearch writes as the service, not by a role: the log groups have to admit it.
resource "aws_cloudwatch_log_resource_policy" "this" {
  count = local.once

  policy_name = "${var.name}-search"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisDomainWrites"
      Effect    = "Allow"
      Principal = { Service = "es.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"]
      Resource  = [local.log_group_arns, "${local.log_group_arns}:*"]
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnEquals    = { "aws:SourceArn" = local.domain_arn }
      }
    }]
  })
}
