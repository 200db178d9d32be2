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

variable "cluster_name" {
  description = "A cluster that stands already, with the components of the module eks-components."
  type        = string
  default     = "flowable-example"
}

variable "repository_secret_arn" {
  description = "Secret with username and password of Flowable's repository."
  type        = string
}

variable "license_secret_arn" {
  description = "Secret with Flowable's license."
  type        = string
}

variable "database_secret_arn" {
  description = "Secret with username and password of the database."
  type        = string
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

module "flowable_app" {
  source = "../.."

  cluster_name      = var.cluster_name
  release_name      = "flowable-example"
  release_namespace = "flowable"
  chart_version     = "3.11.3"
  values            = file("${path.module}/values.yaml")

  flowable_control_enabled = false
  flowable_design_enabled  = false
  flowable_work_enabled    = true
  flowable_engage_enabled  = false

  repository_secret_arn = var.repository_secret_arn
  license_secret_arn    = var.license_secret_arn
  database_secret_arns  = { work = var.database_secret_arn }
}

output "release_name" {
  description = "Name of the release."
  value       = module.flowable_app.release_name
}
