locals {
  # Charts come by the alias of their repository: where an alias leads is said by whoever runs terraform.
  charts = {
    external-secrets = {
      chart     = "external-secrets/external-secrets"
      version   = var.chart_versions.external_secrets
      namespace = "external-secrets"
      values    = local.external_secrets_values
    }
    cluster-autoscaler = {
      chart     = "autoscaler/cluster-autoscaler"
      version   = var.chart_versions.cluster_autoscaler
      namespace = "kube-system"
      values    = local.cluster_autoscaler_values
    }
    aws-load-balancer-controller = {
      chart     = "eks/aws-load-balancer-controller"
      version   = var.chart_versions.aws_load_balancer_controller
      namespace = "kube-system"
      values    = local.load_balancer_controller_values
    }
    metrics-server = {
      chart     = "metrics-server/metrics-server"
      version   = var.chart_versions.metrics_server
      namespace = "kube-system"
      values    = local.metrics_server_values
    }
    reloader = {
      chart     = "stakater/reloader"
      version   = var.chart_versions.reloader
      namespace = var.namespace
      values    = local.reloader_values
    }
  }

  cluster_base = "${path.module}/charts/cluster-base"

  # For the containers of charts that leave it open.
  container_security = {
    allowPrivilegeEscalation = false
    readOnlyRootFilesystem   = true
    runAsNonRoot             = true
    capabilities             = { drop = ["ALL"] }
    seccompProfile           = { type = "RuntimeDefault" }
  }

  # One of two may go while a node is drained.
  disruption = { enabled = true, minAvailable = 1 }
}

resource "helm_release" "cluster_base" {
  name      = "cluster-base"
  namespace = "kube-system"
  chart     = local.cluster_base
  timeout   = var.timeout
  wait      = true

  max_history = 10

  values = [yamlencode({
    namespace         = var.namespace
    operatorNamespace = local.components.external-secrets.namespace
    storageClass      = { fileSystemId = var.file_system_id }
    # Without what terragrunt leaves in each working copy, which names that copy.
    digest = sha256(join("", [for file in sort(fileset(local.cluster_base, "**")) : filesha256("${local.cluster_base}/${file}") if basename(file) != ".terragrunt-source-manifest"]))
  })]
}

resource "helm_release" "component" {
  for_each = local.charts

  name      = each.key
  namespace = each.value.namespace
  chart     = each.value.chart
  version   = each.value.version
  timeout   = var.timeout
  wait      = true

  # A version that does not come up makes room for the one that ran.
  atomic      = true
  max_history = 10

  values = [yamlencode(each.value.values)]

  # A pod gets the credentials of an association only when it starts after it.
  depends_on = [
    aws_eks_pod_identity_association.component,
    helm_release.cluster_base,
  ]
}
