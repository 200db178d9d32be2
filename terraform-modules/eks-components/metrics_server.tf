locals {
  # The chart's own security context is as tight as ours.
  metrics_server_values = {
    fullnameOverride    = "metrics-server"
    replicas            = 2
    podDisruptionBudget = local.disruption
    resources           = { requests = { cpu = "50m", memory = "128Mi" }, limits = { memory = "512Mi" } }
  }
}
