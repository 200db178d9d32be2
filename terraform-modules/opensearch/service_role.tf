# With it OpenSearch puts network interfaces into the VPC. An account has it once, for all domains: where somebody
# else made it, it stays theirs; where nobody did, it is made here and known again by its description.
locals {
  service                  = "opensearchservice.amazonaws.com"
  service_role_description = "Network interfaces of OpenSearch domains; made for ${var.name}"
  service_role_is_anothers = anytrue([for role in data.aws_iam_role.opensearch : role.description != local.service_role_description])
}

data "aws_iam_roles" "opensearch" {
  count = local.once

  path_prefix = "/aws-service-role/${local.service}/"
}

data "aws_iam_role" "opensearch" {
  for_each = toset(flatten([for found in data.aws_iam_roles.opensearch : tolist(found.names)]))

  name = each.key
}

resource "aws_iam_service_linked_role" "opensearch" {
  count = var.es_enabled && !local.service_role_is_anothers ? 1 : 0

  aws_service_name = local.service
  description      = local.service_role_description

  tags = var.tags
}
