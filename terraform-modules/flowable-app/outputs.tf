output "release_name" {
  description = "Name of the release; known only once Flowable is ready."
  value       = helm_release.flowable.name
}

output "release_namespace" {
  description = "Namespace of the release."
  value       = helm_release.flowable.namespace
}

output "chart_version" {
  description = "Version of the chart that runs."
  value       = helm_release.flowable.version
}

output "components" {
  description = "Components that run."
  value       = local.components

  depends_on = [helm_release.flowable]
}
