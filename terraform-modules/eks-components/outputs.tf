output "role_arns" {
  description = "ARN of each component's role, by component: external-secrets, cluster-autoscaler, aws-load-balancer-controller."
  value       = { for name, role in aws_iam_role.component : name => role.arn }
}

output "service_accounts" {
  description = "Namespace and service account for which each component's role is meant; its chart has to use them."
  value       = { for name, component in local.components : name => { namespace = component.namespace, service_account = component.service_account } }
}

output "namespace" {
  description = "Namespace of Flowable; known only once it stands and all components run, so what needs them can wait for it."
  value       = var.namespace

  depends_on = [helm_release.component]
}

output "storage_class_name" {
  description = "Storage class of volumes on EFS."
  value       = "efs"

  depends_on = [helm_release.cluster_base]
}
