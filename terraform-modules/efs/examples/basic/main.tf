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

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:The network of an example; the module vpc has flow logs
  #checkov:skip=CKV2_AWS_12:The network of an example; the module vpc closes the default group
  cidr_block = "10.99.0.0/16"
}

resource "aws_subnet" "private" {
  count = 3

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = "10.99.${count.index}.0/24"
}

module "efs" {
  source = "../.."

  name                     = "flowable-example"
  vpc_id                   = aws_vpc.this.id
  availability_zones       = local.zones
  subnet_ids               = aws_subnet.private[*].id
  client_cidrs             = aws_subnet.private[*].cidr_block
  permissions_boundary_arn = "${local.iam}:policy/flowable/FlowableWorkloadBoundary"

  tags = {
    "flowops:layer" = "foundation"
    "flowops:unit"  = "efs"
  }
}

output "file_system_id" {
  description = "Id of the file system."
  value       = module.efs.file_system_id
}

output "access_point_id" {
  description = "Id of Flowable's access point."
  value       = module.efs.access_point_id
}

output "backup_vault_name" {
  description = "Vault of the daily backups."
  value       = module.efs.backup_vault_name
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = module.efs.security_group_id
}
