data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_default_tags" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.name
  cluster_arn = "arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}"

  components = {
    external-secrets = {
      # Resource and key policies of the security account admit the role by exactly this name.
      role_name       = "external-secrets-${var.environment}"
      namespace       = "external-secrets"
      service_account = "external-secrets"
      statements      = local.external_secrets_statements
    }
    cluster-autoscaler = {
      role_name       = "${var.cluster_name}-cluster-autoscaler"
      namespace       = "kube-system"
      service_account = "cluster-autoscaler"
      statements      = local.cluster_autoscaler_statements
    }
    aws-load-balancer-controller = {
      role_name       = "${var.cluster_name}-lb-controller"
      namespace       = "kube-system"
      service_account = "aws-load-balancer-controller"
      statements      = local.load_balancer_controller_statements
    }
  }
}

resource "aws_iam_role" "component" {
  for_each = local.components

  name                 = each.value.role_name
  path                 = "/flowable/workload/"
  description          = "Component ${each.key} of the cluster ${var.cluster_name}"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-arn"            = local.cluster_arn
          "aws:RequestTag/kubernetes-namespace"       = each.value.namespace
          "aws:RequestTag/kubernetes-service-account" = each.value.service_account
        }
      }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "component" {
  for_each = local.components

  name   = each.key
  role   = aws_iam_role.component[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_eks_pod_identity_association" "component" {
  for_each = local.components

  cluster_name    = var.cluster_name
  namespace       = each.value.namespace
  service_account = each.value.service_account
  role_arn        = aws_iam_role.component[each.key].arn

  tags = var.tags

  depends_on = [aws_iam_role_policy.component]
}
