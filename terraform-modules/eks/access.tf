locals {
  access = {
    DevOpsAdminRole   = { arn = var.devops_admin_role_arn, policy = "AmazonEKSClusterAdminPolicy", namespaces = [], groups = [] }
    FlowableAdminRole = { arn = var.flowable_admin_role_arn, policy = "AmazonEKSAdminPolicy", namespaces = [var.namespace], groups = [] }
    FlowableUserRole  = { arn = var.flowable_user_role_arn, policy = "AmazonEKSViewPolicy", namespaces = [var.namespace], groups = [] }
    # The narrowest policy of EKS shows pods and their logs, which any branch could then read. A plan reads releases of
    # Helm: eks-components lets this group read ConfigMaps, where they stand.
    FlowopsPlanRole = { arn = var.flowops_plan_role_arn, policy = "", namespaces = [], groups = ["flowops-plan"] }
  }
}

resource "aws_eks_access_entry" "this" {
  for_each = local.access

  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = each.value.arn
  type              = "STANDARD"
  kubernetes_groups = each.value.groups

  tags = var.tags
}

resource "aws_eks_access_policy_association" "this" {
  for_each = { for role, access in local.access : role => access if access.policy != "" }

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.this[each.key].principal_arn
  policy_arn    = "arn:${local.partition}:eks::aws:cluster-access-policy/${each.value.policy}"

  access_scope {
    type       = length(each.value.namespaces) > 0 ? "namespace" : "cluster"
    namespaces = each.value.namespaces
  }
}
