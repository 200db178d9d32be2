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

variable "database" {
  description = "Engine of the environment's databases; with another one than this module's, its databases go."
  type        = string
  default     = "oracle"
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:The network of an example; the module vpc has flow logs
  #checkov:skip=CKV2_AWS_12:The network of an example; the module vpc closes the default group
  cidr_block = "10.99.0.0/16"
}

resource "aws_subnet" "database" {
  count = 3

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = "10.99.${count.index}.0/24"
}

resource "aws_security_group" "cluster" {
  #checkov:skip=CKV2_AWS_5:EKS makes the group of a cluster's nodes; an example has no nodes
  name        = "flowable-example-oracle-cluster"
  description = "Stands for the group of the nodes of the cluster"
  vpc_id      = aws_vpc.this.id
}

module "rds_oracle" {
  source = "../.."

  name                      = "flowable-example"
  database                  = var.database
  flowable_control_enabled  = false
  flowable_design_enabled   = false
  flowable_work_enabled     = true
  flowable_engage_enabled   = true
  vpc_id                    = aws_vpc.this.id
  subnet_ids                = aws_subnet.database[*].id
  cluster_security_group_id = aws_security_group.cluster.id
  permissions_boundary_arn  = "${local.iam}:policy/flowable/FlowableWorkloadBoundary"

  engine         = "oracle-se2"
  license_model  = "license-included"
  instance_class = "db.t3.medium"
  multi_az       = true

  # An example goes without a trace.
  deletion_protection = false
  final_snapshot      = false

  tags = {
    "flowops:layer" = "app"
    "flowops:unit"  = "rds-oracle"
  }
}

output "databases" {
  description = "Endpoint, name and secret of each component's database."
  value = {
    control = [module.rds_oracle.db_control_endpoint, module.rds_oracle.db_control_name, module.rds_oracle.db_control_master_secret_arn]
    design  = [module.rds_oracle.db_design_endpoint, module.rds_oracle.db_design_name, module.rds_oracle.db_design_master_secret_arn]
    work    = [module.rds_oracle.db_work_endpoint, module.rds_oracle.db_work_name, module.rds_oracle.db_work_master_secret_arn]
    engage  = [module.rds_oracle.db_engage_endpoint, module.rds_oracle.db_engage_name, module.rds_oracle.db_engage_master_secret_arn]
  }
}

output "security_group_id" {
  description = "Security group of the databases."
  value       = module.rds_oracle.security_group_id
}

output "cluster_security_group_id" {
  description = "Security group that is let in."
  value       = aws_security_group.cluster.id
}

output "kms_key_arn" {
  description = "Key of the databases and of their secrets."
  value       = module.rds_oracle.kms_key_arn
}
