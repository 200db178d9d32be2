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

  # A pipeline presents what the account has given it; people have shown MFA.
  external_id = get_env("FLOWOPS_ASSUME_ROLE_EXTERNAL_ID", "")

  # A profile that becomes the role, for a tool that can present no ExternalId itself.
  role_profile = get_env("FLOWOPS_ASSUME_ROLE_PROFILE", "")

  # Whose run it is: CloudTrail names that person with what the provider does. No part of the backend, whose every change
  # asks for another init.
  source_identity = get_env("FLOWOPS_ASSUME_ROLE_SOURCE_IDENTITY", "")

  # Mocks let a unit be planned before its dependencies stand. They serve a destroy only where flowops asks for it,
  # because a dependency has vanished.
  mocks_serve = concat(["validate", "plan"], get_env("FLOWOPS_DESTROY", "") != "" ? ["destroy"] : [])

  tree    = dirname(find_in_parent_folders("root.hcl"))
  modules = "${local.tree}/../terraform-modules"

  # For more than one unit.
  mock_cluster = {
    cluster_name                       = "mock-cluster"
    cluster_endpoint                   = "https://mock-cluster.invalid"
    cluster_certificate_authority_data = "mock-certificate"
    cluster_security_group_id          = "sg-mock-cluster"
    node_group_name                    = "mock-nodes"
  }
  mock_network = {
    vpc_id              = "vpc-mock-id"
    database_subnet_ids = [for zone in local.settings.availability_zones : "subnet-mock-${zone}"]
  }
  mock_databases = merge([for component in ["control", "design", "work", "engage"] : {
    "db_${component}_endpoint"          = "mock-${component}:0"
    "db_${component}_name"              = "mock-${component}"
    "db_${component}_master_secret_arn" = "arn:aws:secretsmanager:${local.settings.aws_region}:${local.settings.account_id}:secret:mock-${component}"
  }]...)
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
    assume_role = {
      for name, value in { role_arn = local.role_arn, session_name = "flowops", external_id = local.external_id } :
      name => value if value != ""
    }
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
        %{~if local.external_id != ""}
        external_id  = ${jsonencode(local.external_id)}
        %{~endif}
        %{~if local.source_identity != ""}
        source_identity = ${jsonencode(local.source_identity)}
        %{~endif}
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
