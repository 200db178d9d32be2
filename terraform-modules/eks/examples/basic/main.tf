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

module "eks" {
  source = "../.."

  cluster_name        = "flowable-example"
  kubernetes_version  = "1.34"
  namespace           = "flowable"
  subnet_ids          = aws_subnet.private[*].id
  public_access_cidrs = ["192.0.2.0/24"]

  node_group = {
    instance_types = ["m6i.large"]
    min_size       = 1
    desired_size   = 1
    max_size       = 3
  }

  devops_admin_role_arn    = "${local.iam}:role/flowable/DevOpsAdminRole"
  flowable_admin_role_arn  = "${local.iam}:role/flowable/FlowableAdminRole"
  flowable_user_role_arn   = "${local.iam}:role/flowable/FlowableUserRole"
  flowops_plan_role_arn    = "${local.iam}:role/flowable/FlowopsPlanRole"
  permissions_boundary_arn = "${local.iam}:policy/flowable/FlowableWorkloadBoundary"

  tags = {
    "flowops:layer" = "foundation"
    "flowops:unit"  = "eks"
  }
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = module.eks.cluster_name
}

output "node_group_name" {
  description = "Name of the node group."
  value       = module.eks.node_group_name
}
