variable "name" {
  description = "Prefix of the environment's names, such as flowable-dev: databases of other names stay shut."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name has 3 to 40 lower-case letters, digits and single hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "environment" {
  description = "Environment of flowops.yaml. The security account lets the role external-secrets-<environment> read this environment's license, and no other role."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.environment))
    error_message = "environment has 2 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "cluster_name" {
  description = "Cluster in which the components run."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name has 3 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "namespace" {
  description = "Kubernetes namespace in which Flowable runs. It is made here: under another name the first one goes, with everything in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace)) && !contains(["default", "external-secrets", "kube-system", "kube-public", "kube-node-lease"], var.namespace)
    error_message = "namespace is a Kubernetes namespace of Flowable's own."
  }
}

variable "vpc_id" {
  description = "VPC of the cluster, in which the controller makes load balancers."
  type        = string
}

variable "file_system_id" {
  description = "EFS file system of the storage class efs: each volume is a directory of it."
  type        = string

  validation {
    condition     = startswith(var.file_system_id, "fs-")
    error_message = "file_system_id is the id of an EFS file system; it begins with fs-."
  }
}

variable "repository_secret_arn" {
  description = "Secret with user and password of Flowable's repository, in the security account."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.repository_secret_arn))
    error_message = "repository_secret_arn is the whole ARN of one secret, without wildcards."
  }
}

variable "license_secret_arn" {
  description = "Secret with Flowable's license of this environment, in the security account."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^*?]+$", var.license_secret_arn))
    error_message = "license_secret_arn is the whole ARN of one secret, without wildcards: one environment must not read another's license."
  }
}

variable "secrets_key_arn" {
  description = "KMS key that encrypts the repository's secret."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.secrets_key_arn))
    error_message = "secrets_key_arn is the ARN of one KMS key."
  }
}

variable "license_key_arn" {
  description = "KMS key that encrypts the license's secret."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[^*?]+$", var.license_key_arn))
    error_message = "license_key_arn is the ARN of one KMS key."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the roles this module makes; the deploy role may create no role without it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of an IAM policy."
  }
}

variable "ingress_scheme" {
  description = "Whether load balancers have addresses in the VPC only (internal), or in the internet, too (internet-facing)."
  type        = string
  default     = "internal"

  validation {
    condition     = contains(["internal", "internet-facing"], var.ingress_scheme)
    error_message = "ingress_scheme is internal or internet-facing."
  }
}

variable "chart_versions" {
  description = "Versions of the charts by component."
  type = object({
    aws_load_balancer_controller = optional(string, "1.13.4")
    cluster_autoscaler           = optional(string, "9.50.1")
    external_secrets             = optional(string, "0.19.2")
    metrics_server               = optional(string, "3.13.0")
    reloader                     = optional(string, "2.2.5")
  })
  default = {}

  validation {
    condition     = alltrue([for version in values(var.chart_versions) : can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", version))])
    error_message = "chart_versions are whole versions such as 1.13.4: a range would be another chart from one day to the next."
  }
}

variable "timeout" {
  description = "Seconds that a chart's pods have to become ready."
  type        = number
  default     = 600

  validation {
    condition     = var.timeout >= 60 && var.timeout <= 3600
    error_message = "timeout is a number of seconds from 60 to 3600."
  }
}

variable "tags" {
  description = "Tags of everything this module makes, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
