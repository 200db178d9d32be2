include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${include.root.locals.modules}//opensearch"
}

dependency "vpc" {
  config_path = "../../foundation/vpc"

  mock_outputs                            = include.root.locals.mock_network
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

dependency "eks" {
  config_path = "../../foundation/eks"

  mock_outputs                            = include.root.locals.mock_cluster
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

inputs = {
  vpc_id                    = dependency.vpc.outputs.vpc_id
  subnet_ids                = dependency.vpc.outputs.database_subnet_ids
  cluster_security_group_id = dependency.eks.outputs.cluster_security_group_id
  data_nodes                = { instance_type = "m6g.large.search", count = 3, volume_size = 100 }
  dedicated_masters         = { instance_type = "m6g.large.search", count = 3 }
}
