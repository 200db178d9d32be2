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

variable "es_enabled" {
  description = "Whether the domain stands."
  type        = bool
  default     = true
}

locals {
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
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
  name        = "flowable-example-search-cluster"
  description = "Stands for the group of the nodes of the cluster"
  vpc_id      = aws_vpc.this.id
}

module "opensearch" {
  source = "../.."

  name                      = "flowable-example"
  es_enabled                = var.es_enabled
  vpc_id                    = aws_vpc.this.id
  subnet_ids                = aws_subnet.database[*].id
  cluster_security_group_id = aws_security_group.cluster.id
  multi_az                  = true
  dedicated_masters         = {}

  data_nodes = {
    instance_type = "m6g.large.search"
    count         = 3
  }

  tags = {
    "flowops:layer" = "app"
    "flowops:unit"  = "opensearch"
  }
}

output "elk_endpoint" {
  description = "Host of the domain."
  value       = module.opensearch.elk_endpoint
}

output "domain_arn" {
  description = "ARN of the domain."
  value       = module.opensearch.domain_arn
}

output "security_group_id" {
  description = "Security group of the domain."
  value       = module.opensearch.security_group_id
}

output "cluster_security_group_id" {
  description = "Security group that is let in."
  value       = aws_security_group.cluster.id
}
