include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${include.root.locals.modules}//eks-components"
}

dependency "eks" {
  config_path = "../eks"

  mock_outputs                            = include.root.locals.mock_cluster
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

dependency "vpc" {
  config_path = "../vpc"

  mock_outputs                            = include.root.locals.mock_network
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

dependency "efs" {
  config_path = "../efs"

  mock_outputs                            = { file_system_id = "fs-mock-id" }
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

generate "helm" {
  path      = "helm.tf"
  if_exists = "overwrite_terragrunt"
  contents  = templatefile("${include.root.locals.tree}/helm.tf.tftpl", merge(include.root.locals, { cluster = dependency.eks.outputs }))
}

inputs = {
  cluster_name   = dependency.eks.outputs.cluster_name
  vpc_id         = dependency.vpc.outputs.vpc_id
  file_system_id = dependency.efs.outputs.file_system_id
}
