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

locals {
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]

  # Roles and boundary come from the account's bootstrap stack.
  iam = "arn:aws:iam::${data.aws_caller_identity.current.account_id}"
}

variable "nat_gateway_per_az" {
  description = "One NAT gateway per availability zone, as in production."
  type        = bool
  default     = false
}

module "vpc" {
  source = "../.."

  name                     = "flowable-example"
  cluster_name             = "flowable-example"
  vpc_cidr                 = "10.99.0.0/16"
  availability_zones       = local.zones
  public_subnet_cidrs      = ["10.99.0.0/24", "10.99.1.0/24", "10.99.2.0/24"]
  database_subnet_cidrs    = ["10.99.8.0/24", "10.99.9.0/24", "10.99.10.0/24"]
  private_subnet_cidrs     = ["10.99.32.0/19", "10.99.64.0/19", "10.99.96.0/19"]
  nat_gateway_per_az       = var.nat_gateway_per_az
  permissions_boundary_arn = "${local.iam}:policy/flowable/FlowableWorkloadBoundary"

  tags = {
    "flowops:layer" = "foundation"
    "flowops:unit"  = "vpc"
  }
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.vpc.vpc_id
}

output "private_subnet_ids" {
  description = "Private subnets, in the order of the availability zones."
  value       = module.vpc.private_subnet_ids
}

output "database_subnet_ids" {
  description = "Database subnets, in the order of the availability zones."
  value       = module.vpc.database_subnet_ids
}
