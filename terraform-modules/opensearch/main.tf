locals {
  # Switched off it is an empty set, not a unit left out: what stood is deleted.
  once  = var.es_enabled ? 1 : 0
  zones = var.multi_az ? var.subnet_ids : slice(var.subnet_ids, 0, 1)
}

resource "aws_opensearch_domain" "this" {
  #checkov:skip=CKV_AWS_317:Audit logs come with fine-grained access control, which needs clients that log in; see CKV2_AWS_52
  #checkov:skip=CKV2_AWS_52:Flowable's client neither signs requests nor logs in; the security group admits the cluster's nodes only
  #checkov:skip=CKV_AWS_318:dedicated_masters is an input, three for production; the check cannot read what is computed
  #checkov:skip=CKV2_AWS_59:dedicated_masters is an input, three for production; the check cannot read what is computed
  count = local.once

  domain_name    = var.name
  engine_version = var.engine_version

  # Flowable's client asks for the version and refuses what is not Elasticsearch 7.
  advanced_options = merge(
    { "rest.action.multi.allow_explicit_index" = "true" },
    startswith(var.engine_version, "OpenSearch_") ? { "override_main_response_version" = "true" } : {},
  )

  cluster_config {
    instance_type            = var.data_nodes.instance_type
    instance_count           = var.data_nodes.count
    dedicated_master_enabled = var.dedicated_masters != null
    dedicated_master_type    = try(var.dedicated_masters.instance_type, null)
    dedicated_master_count   = try(var.dedicated_masters.count, null)
    zone_awareness_enabled   = var.multi_az

    dynamic "zone_awareness_config" {
      for_each = var.multi_az ? [length(local.zones)] : []

      content {
        availability_zone_count = zone_awareness_config.value
      }
    }
  }

  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = var.data_nodes.volume_size
  }

  vpc_options {
    subnet_ids         = local.zones
    security_group_ids = [aws_security_group.this[0].id]
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = aws_kms_key.this[0].arn
  }

  node_to_node_encryption {
    enabled = true
  }

  software_update_options {
    auto_software_update_enabled = true
  }

  # Flowable's client signs no requests, so there is nobody to name: the security group decides who reaches the domain.
  access_policies = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "es:ESHttp*"
      Resource  = "${local.domain_arn}/*"
    }]
  })

  dynamic "log_publishing_options" {
    for_each = aws_cloudwatch_log_group.this

    content {
      log_type                 = log_publishing_options.key
      cloudwatch_log_group_arn = log_publishing_options.value.arn
      enabled                  = true
    }
  }

  tags = var.tags

  depends_on = [
    aws_cloudwatch_log_resource_policy.this,
    aws_iam_service_linked_role.opensearch,
  ]
}
