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

module "resource_group" {
  source = "../.."

  name        = "flowable-example"
  project     = "flowable"
  environment = "example"

  tags = {
    "flowops:layer" = "foundation"
    "flowops:unit"  = "resource-group"
  }
}

output "name" {
  description = "Name of the resource group."
  value       = module.resource_group.name
}
