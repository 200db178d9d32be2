include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${include.root.locals.modules}//flowable-app"
}

dependency "k8s" {
  config_path = "../../foundation/eks"

  mock_outputs                            = include.root.locals.mock_cluster
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

# The namespace, and the operator that brings secrets.
dependencies {
  paths = ["../../foundation/eks-components"]
}

dependency "database" {
  config_path = "../rds-${include.root.locals.settings.database}"

  # A component that was switched on just now has no database yet: its mocks stand beside the others' outputs.
  mock_outputs                            = include.root.locals.mock_databases
  mock_outputs_merge_strategy_with_state  = "shallow"
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

dependency "elasticsearch" {
  config_path = "../opensearch"

  mock_outputs                            = { elk_endpoint = "mock-search" }
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

locals {
  settings = include.root.locals.settings
  enabled  = { for name in ["control", "design", "work", "engage"] : name => local.settings["flowable_${name}_enabled"] }
  on       = [for name, enabled in local.enabled : name if enabled]
  jdbc     = { oracle = "jdbc:oracle:thin:@", postgres = "jdbc:postgresql://" }[local.settings.database]
}

generate "helm" {
  path      = "helm.tf"
  if_exists = "overwrite_terragrunt"
  contents  = templatefile("${include.root.locals.tree}/helm.tf.tftpl", merge(include.root.locals, { cluster = dependency.k8s.outputs }))
}

inputs = {
  cluster_name      = dependency.k8s.outputs.cluster_name
  release_name      = local.settings.workload
  release_namespace = local.settings.namespace

  database_secret_arns = { for name in local.on : name => dependency.database.outputs["db_${name}_master_secret_arn"] }

  values = templatefile("values.yaml", merge(
    { for name, enabled in local.enabled : "flowable_${name}_enabled" => enabled },
    { for name, enabled in local.enabled : "spring_datasource_url_${name}" => enabled ? "${local.jdbc}${dependency.database.outputs["db_${name}_endpoint"]}/${dependency.database.outputs["db_${name}_name"]}" : "" },
    {
      release_name                          = local.settings.workload
      datasources                           = local.on
      jdbc_driver                           = jsonencode(local.settings.jdbc_drivers[local.settings.database])
      ingress_domain                        = "${local.settings.env_suffix}.${local.settings.external_domain}"
      es_enabled                            = local.settings.es_enabled
      spring_elasticsearch_rest_uris        = local.settings.es_enabled ? "https://${dependency.elasticsearch.outputs.elk_endpoint}:443" : ""
      "flowable_indexing_index-name-prefix" = "${local.settings.workload}-"
    },
  ))
}
