resource "aws_resourcegroups_group" "this" {
  name        = var.name
  description = "Everything flowops deployed for the environment ${var.environment} of ${var.project}"

  resource_query {
    type = "TAG_FILTERS_1_0"
    query = jsonencode({
      ResourceTypeFilters = ["AWS::AllSupported"]
      TagFilters = [
        { Key = "flowops:project", Values = [var.project] },
        { Key = "flowops:environment", Values = [var.environment] },
      ]
    })
  }

  tags = var.tags
}
