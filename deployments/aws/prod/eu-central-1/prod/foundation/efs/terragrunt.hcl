include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${include.root.locals.modules}//efs"
}

dependency "vpc" {
  config_path = "../vpc"

  mock_outputs = {
    vpc_id             = "vpc-mock-id"
    private_subnet_ids = [for zone in include.root.locals.settings.availability_zones : "subnet-mock-${zone}"]
  }
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

inputs = {
  vpc_id       = dependency.vpc.outputs.vpc_id
  subnet_ids   = dependency.vpc.outputs.private_subnet_ids
  client_cidrs = include.root.locals.settings.private_subnet_cidrs
}
