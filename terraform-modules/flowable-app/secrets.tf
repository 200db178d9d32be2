locals {
  secrets_chart = "${path.module}/charts/flowable-secrets"

  secret_arns = concat([var.repository_secret_arn, var.license_secret_arn], values(var.database_secret_arns))

  # A store speaks with one region: secrets of the security account may stand in another one than the cluster.
  regions = { for arn in local.secret_arns : arn => split(":", arn)[3] }
}

# Names and ARNs only. What is in the secrets goes from Secrets Manager into the cluster, past terraform and its state.
resource "helm_release" "secrets" {
  name      = "${var.release_name}-secrets"
  namespace = var.release_namespace
  chart     = local.secrets_chart
  timeout   = var.timeout
  wait      = true

  max_history = 10

  values = [yamlencode({
    release         = var.release_name
    cluster         = var.cluster_name
    registry        = var.registry
    refreshInterval = var.secret_refresh_interval
    regions         = sort(distinct(values(local.regions)))
    repository      = { arn = var.repository_secret_arn, region = local.regions[var.repository_secret_arn] }
    license         = { arn = var.license_secret_arn, region = local.regions[var.license_secret_arn] }
    databases = {
      for component in local.components : component => {
        arn    = lookup(var.database_secret_arns, component, "")
        region = lookup(local.regions, lookup(var.database_secret_arns, component, ""), "")
      }
    }
    # Without what terragrunt leaves in each working copy, which names that copy.
    digest = sha256(join("", [for file in sort(fileset(local.secrets_chart, "**")) : filesha256("${local.secrets_chart}/${file}") if basename(file) != ".terragrunt-source-manifest"]))
  })]

  lifecycle {
    precondition {
      condition     = length(local.components) > 0
      error_message = "All four components of Flowable are off: switch one on in app.hcl, or destroy the unit."
    }

    precondition {
      condition     = length(local.unequal) == 0
      error_message = "The values have another `enabled` than the module, or none: ${join(", ", local.unequal)}."
    }

    precondition {
      condition     = length(setsubtract(local.components, keys(var.database_secret_arns))) == 0
      error_message = "database_secret_arns lacks components that are on: ${join(", ", setsubtract(local.components, keys(var.database_secret_arns)))}."
    }

    precondition {
      condition     = length(local.nowhere) == 0
      error_message = "spring.datasource.url leads to no Oracle and no PostgreSQL database: ${join(", ", local.nowhere)}."
    }

    precondition {
      condition     = length(local.mismatched) == 0
      error_message = "jdbc.mvnDependency and spring.datasource.url are of two engines: ${join(", ", local.mismatched)}."
    }
  }
}
