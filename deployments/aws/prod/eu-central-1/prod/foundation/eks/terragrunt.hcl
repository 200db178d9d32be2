include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}

terraform {
  source = "${include.root.locals.modules}//eks"
}

dependency "vpc" {
  config_path = "../vpc"

  mock_outputs = {
    private_subnet_ids = [for zone in include.root.locals.settings.availability_zones : "subnet-mock-${zone}"]
  }
  mock_outputs_allowed_terraform_commands = include.root.locals.mocks_serve
}

inputs = {
  subnet_ids = dependency.vpc.outputs.private_subnet_ids
}
