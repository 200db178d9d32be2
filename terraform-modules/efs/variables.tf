variable "name" {
  description = "Name of the file system and prefix of everything around it, such as flowable-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name has 3 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "vpc_id" {
  description = "VPC of the mount targets."
  type        = string
}

variable "availability_zones" {
  description = "Zones that get a mount target, in the order of subnet_ids."
  type        = list(string)
}

variable "subnet_ids" {
  description = "One private subnet per availability zone, in their order."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) == length(var.availability_zones)
    error_message = "subnet_ids has one subnet per availability zone: EFS allows one mount target in each."
  }
}

variable "client_cidrs" {
  description = "Ranges whose hosts may mount the file system: the private subnets."
  type        = list(string)

  validation {
    condition     = length(var.client_cidrs) > 0 && alltrue([for cidr in var.client_cidrs : can(cidrnetmask(cidr)) && !endswith(cidr, "/0")])
    error_message = "client_cidrs has at least one IPv4 range, and never the whole internet."
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

variable "access_point" {
  description = "Directory that Flowable sees as its root, and the user and group as which every client of the access point reads and writes."
  type = object({
    path        = optional(string, "/flowable")
    uid         = optional(number, 1000)
    gid         = optional(number, 1000)
    permissions = optional(string, "0750")
  })
  default = {}

  validation {
    condition     = startswith(var.access_point.path, "/") && var.access_point.path != "/" && var.access_point.uid > 0 && var.access_point.gid > 0
    error_message = "access_point is a directory below / owned by a user and a group that are not root."
  }
}

variable "transition_to_ia" {
  description = "Time without a read after which a file moves to the cheaper storage class, in the words of EFS."
  type        = string
  default     = "AFTER_30_DAYS"

  validation {
    condition     = contains(["AFTER_1_DAY", "AFTER_7_DAYS", "AFTER_14_DAYS", "AFTER_30_DAYS", "AFTER_60_DAYS", "AFTER_90_DAYS", "AFTER_180_DAYS", "AFTER_270_DAYS", "AFTER_365_DAYS"], var.transition_to_ia)
    error_message = "transition_to_ia is one of AFTER_1_DAY, AFTER_7_DAYS, AFTER_14_DAYS, AFTER_30_DAYS, AFTER_60_DAYS, AFTER_90_DAYS, AFTER_180_DAYS, AFTER_270_DAYS, AFTER_365_DAYS."
  }
}

variable "backup_retention_days" {
  description = "Days for which a daily backup is kept."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 3650
    error_message = "backup_retention_days is a number from 7 to 3650: with less, a loss over a holiday is final."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the backup vault while backups are in it: from the first backup on a destroy leaves them and the files alone. Without it a destroy takes both along."
  type        = bool
  default     = true
}

variable "kms_deletion_window_days" {
  description = "Days between the deletion of a key and its end, in which it can still be saved."
  type        = number
  default     = 30

  validation {
    condition     = var.kms_deletion_window_days >= 7 && var.kms_deletion_window_days <= 30
    error_message = "kms_deletion_window_days is a number from 7 to 30."
  }
}

variable "tags" {
  description = "Tags of everything this module makes, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
