terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = ">= 1.3.2, < 3.0"
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
  description = "A cluster that stands already, with nodes."
  type        = string
  default     = "flowable-example"
}

data "aws_eks_cluster" "this" {
  name = var.cluster_name
}

# With a Helm provider older than 2.0 set KUBE_LOAD_CONFIG_FILE=false.
provider "helm" {
  helm_driver = "configmap"

  kubernetes {
    host                   = data.aws_eks_cluster.this.endpoint
    cluster_ca_certificate = base64decode(data.aws_eks_cluster.this.certificate_authority[0].data)

    exec {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "aws"
      args        = ["eks", "get-token", "--cluster-name", var.cluster_name, "--region", "eu-central-1"]
    }
  }
}

locals {
  # Secrets and keys stand in the security account; one account plays both parts here.
  account = data.aws_caller_identity.current.account_id
}

module "eks_components" {
  source = "../.."

  name                     = "flowable-example"
  environment              = "example"
  cluster_name             = var.cluster_name
  namespace                = "flowable"
  vpc_id                   = data.aws_eks_cluster.this.vpc_config[0].vpc_id
  file_system_id           = "fs-0123456789abcdef0"
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

output "storage_class_name" {
  description = "Storage class of volumes on EFS."
  value       = module.eks_components.storage_class_name
}
