# Every unit includes this file: it joins what account, region, environment and layer say, and generates backend and provider.

terragrunt_version_constraint = ">= 1.1.0, < 2.0.0"
terraform_version_constraint  = ">= 1.11.0, < 2.0.0"

locals {
  # aws/<account>/<region>/<environment>/<layer>/<unit>: the path says what a unit is.
  path  = split("/", path_relative_to_include())
  layer = local.path[4]
  unit  = local.path[5]

  settings = merge(
    read_terragrunt_config(find_in_parent_folders("account.hcl")).locals,
    read_terragrunt_config(find_in_parent_folders("region.hcl")).locals,
    read_terragrunt_config(find_in_parent_folders("env.hcl")).locals,
    read_terragrunt_config(find_in_parent_folders("${local.layer}.hcl")).locals,
  )

  name = "${local.settings.workload}-${local.settings.env_suffix}"

  # Plans run with a role that only reads; flowops names it here. By hand it is the deploy role.
  role_arn = coalesce(get_env("FLOWOPS_ASSUME_ROLE_ARN", ""), local.settings.tf_assume_role_arn)

  # Mocks let a unit be planned before its dependencies stand. They serve a destroy only where flowops asks for it,
  # because a dependency has vanished.
  mocks_serve = concat(["validate", "plan"], get_env("FLOWOPS_DESTROY", "") != "" ? ["destroy"] : [])

  modules = "${dirname(find_in_parent_folders("root.hcl"))}/../terraform-modules"
}

# The role is part of the backend, and terraform refuses a working copy that was initialized with another backend:
# each role has its own, so a plan with one role and an apply with another never meet.
download_dir = "${get_terragrunt_dir()}/.terragrunt-cache${local.role_arn == local.settings.tf_assume_role_arn ? "" : "/${basename(local.role_arn)}"}"

remote_state {
  backend = "s3"

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }

  config = {
    bucket       = local.settings.state_bucket
    key          = "${local.settings.account_id}/${path_relative_to_include()}/terraform.tfstate"
    region       = local.settings.state_region
    encrypt      = true
    kms_key_id   = local.settings.state_kms_key_arn
    use_lockfile = true
    profile      = local.settings.aws_profile
    assume_role  = { role_arn = local.role_arn, session_name = "flowops" }
  }
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"

  contents = <<-EOF
    provider "aws" {
      region              = ${jsonencode(local.settings.aws_region)}
      profile             = ${jsonencode(local.settings.aws_profile)}
      allowed_account_ids = [${jsonencode(local.settings.account_id)}]

      assume_role {
        role_arn     = ${jsonencode(local.role_arn)}
        session_name = "flowops"
      }

      default_tags {
        tags = {
          "flowops:project"     = ${jsonencode(local.settings.project)}
          "flowops:environment" = ${jsonencode(local.settings.environment)}
        }
      }
    }
  EOF
}

terraform {
  # Terragrunt takes the module blocks of examples for the unit's own, and would run init every time.
  exclude_from_copy = ["*/examples"]

  # When profile, bucket or key have changed in account.hcl, `terragrunt run --all -- init` is all that is needed.
  extra_arguments "reconfigure" {
    commands  = ["init"]
    arguments = ["-reconfigure"]
  }

  before_hook "drain" {
    commands = ["plan", "apply", "destroy"]
    execute = ["sh", "-c", <<-EOF
      test -z "$FLOWOPS_DRAIN_FLAG" || test ! -e "$FLOWOPS_DRAIN_FLAG" || {
        echo "This run is draining: the unit was not started, and nothing in it was changed." >&2
        exit 1
      }
    EOF
    ]
  }
}

# Replaces terragrunt's own list of thirty messages: only what a second try can mend.
errors {
  retry "network_and_throttling" {
    retryable_errors = [
      "(?s).*(connection reset by peer|TLS handshake timeout|i/o timeout|unexpected EOF).*",
      "(?s).*(Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequestsException|Rate exceeded).*",
    ]
    max_attempts       = 3
    sleep_interval_sec = 5
  }
}

# The provider is the same in all units of an environment; what tells units apart reaches resources through their module.
inputs = merge(local.settings, {
  name = local.name
  tags = merge(try(local.settings.tags, {}), { "flowops:layer" = local.layer, "flowops:unit" = local.unit })
})
