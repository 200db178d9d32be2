terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = {
      "flowops:project"     = "flowable"
      "flowops:environment" = "example"
    }
  }
}

data "aws_caller_identity" "current" {}

variable "cluster_name" {
  description = "A cluster that stands already."
  type        = string
  default     = "flowable-example"
}

locals {
  # Secrets and keys stand in the security account; one account plays both parts here.
  account = data.aws_caller_identity.current.account_id
}

module "eks_components" {
  source = "../.."

  cluster_name             = var.cluster_name
  repository_secret_arn    = "arn:aws:secretsmanager:eu-central-1:${local.account}:secret:/flowable/repository-aBcDeF"
  secrets_key_arn          = "arn:aws:kms:eu-central-1:${local.account}:key/11111111-2222-3333-4444-555555555555"
  license_secret_arn       = "arn:aws:secretsmanager:eu-central-1:${local.account}:secret:/flowable/example/license-aBcDeF"
  license_key_arn          = "arn:aws:kms:eu-central-1:${local.account}:key/66666666-7777-8888-9999-000000000000"
  permissions_boundary_arn = "arn:aws:iam::${local.account}:policy/flowable/FlowableWorkloadBoundary"

  tags = {
    "flowops:layer" = "foundation"
    "flowops:unit"  = "eks-components"
  }
}

output "role_arns" {
  description = "ARN of each component's role."
  value       = module.eks_components.role_arns
}
