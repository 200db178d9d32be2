variable "cluster_name" {
  description = "Cluster in which the components run."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name has 3 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
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

variable "tags" {
  description = "Tags of everything this module makes, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
