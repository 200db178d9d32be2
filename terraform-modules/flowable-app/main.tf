locals {
  enabled = {
    control = var.flowable_control_enabled
    design  = var.flowable_design_enabled
    work    = var.flowable_work_enabled
    engage  = var.flowable_engage_enabled
  }

  components = sort([for component, on in local.enabled : component if on])
}

resource "helm_release" "flowable" {
  name      = var.release_name
  namespace = var.release_namespace
  chart     = "flowable/${var.chart_name}"
  version   = var.chart_version
  timeout   = var.timeout
  wait      = true

  # No way back by itself: a new version has changed its tables before anybody sees that it does not start.
  atomic      = false
  max_history = 10

  values = [var.values]

  # It finds its Secrets by name.
  depends_on = [helm_release.secrets]
}
