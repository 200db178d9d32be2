variable "name" {
  description = "Prefix of the name of everything this module makes, such as flowable-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name has 3 to 40 lower-case letters, digits and single hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "database" {
  description = "Engine of the environment's databases, postgres or oracle. With postgres this module makes nothing, and deletes what it had made."
  type        = string

  validation {
    condition     = contains(["postgres", "oracle"], var.database)
    error_message = "database is postgres or oracle."
  }
}

variable "flowable_control_enabled" {
  description = "Whether Flowable Control runs; it has a database only then."
  type        = bool
}

variable "flowable_design_enabled" {
  description = "Whether Flowable Design runs; it has a database only then."
  type        = bool
}

variable "flowable_work_enabled" {
  description = "Whether Flowable Work runs; it has a database only then."
  type        = bool
}

variable "flowable_engage_enabled" {
  description = "Whether Flowable Engage runs; it has a database only then."
  type        = bool
}

variable "vpc_id" {
  description = "VPC of the databases."
  type        = string
}

variable "subnet_ids" {
  description = "Database subnets, in at least two availability zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids has at least two subnets: RDS demands two availability zones."
  }
}

variable "cluster_security_group_id" {
  description = "Security group of the cluster's nodes; nothing else reaches the databases."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the roles this module makes; the deploy role may create no role without it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of an IAM policy."
  }
}

variable "engine" {
  description = "Edition of Oracle: oracle-se2 or oracle-ee."
  type        = string
  default     = "oracle-se2"

  validation {
    condition     = contains(["oracle-se2", "oracle-ee"], var.engine)
    error_message = "engine is oracle-se2 or oracle-ee."
  }
}

variable "license_model" {
  description = "Who brings the licence: license-included (AWS, in the price of the hour) or bring-your-own-license."
  type        = string
  default     = "license-included"

  validation {
    condition     = contains(["license-included", "bring-your-own-license"], var.license_model)
    error_message = "license_model is license-included or bring-your-own-license."
  }

  validation {
    condition     = var.engine == "oracle-se2" || var.license_model == "bring-your-own-license"
    error_message = "license_model of oracle-ee is bring-your-own-license: AWS includes the licence of oracle-se2 only."
  }
}

variable "engine_version" {
  description = "Version of Oracle: 19, whose release updates AWS installs on its own."
  type        = string
  default     = "19"

  validation {
    condition     = can(regex("^19(\\..+)?$", var.engine_version))
    error_message = "engine_version is 19 or one of its releases, in quotes: the only version that RDS offers with one database per instance."
  }
}

variable "instance_class" {
  description = "Instance class of each database, of a family in which RDS offers Oracle."
  type        = string
  default     = "db.t3.medium"

  validation {
    condition     = can(regex("^db\\.(t3|m5|m5d|m6i|m6id|m6in|m7i|r5|r5b|r5d|r6i|r6id|r6in|r7i|x1|x1e|x2idn|x2iedn|x2iezn|z1d)\\.[a-z0-9.-]+$", var.instance_class))
    error_message = "instance_class is of a family in which RDS offers Oracle: db.t3, m5, m5d, m6i, m6id, m6in, m7i, r5, r5b, r5d, r6i, r6id, r6in, r7i, x1, x1e, x2idn, x2iedn, x2iezn or z1d. Graviton is not among them."
  }

  validation {
    condition     = var.engine == "oracle-ee" || can(regex("^db\\.[a-z0-9]+\\.(small|medium|large|xlarge|[234]xlarge)(\\.|$)", var.instance_class))
    error_message = "instance_class of oracle-se2 ends at 4xlarge: the edition is licensed for at most 16 virtual processors."
  }
}

variable "storage" {
  description = "GiB of each database to begin with, and up to which RDS lets it grow by itself; storage never shrinks."
  type = object({
    allocated = optional(number, 100)
    maximum   = optional(number, 1000)
  })
  default = {}

  validation {
    condition     = var.storage.allocated >= 20 && var.storage.maximum >= var.storage.allocated * 1.1 && var.storage.maximum <= 65536
    error_message = "storage: allocated is 20 GiB or more, maximum at least a tenth above it and not above 65536."
  }
}

variable "multi_az" {
  description = "Keep a standby of each database in a second availability zone, for twice the price."
  type        = bool
  default     = false
}

variable "backup_retention_days" {
  description = "Days for which a daily backup and every change since are kept."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is a number from 7 to 35: RDS keeps no longer, and with less a loss over a holiday is final."
  }
}

variable "deletion_protection" {
  description = "Let AWS refuse to delete a database."
  type        = bool
  default     = true
}

variable "final_snapshot" {
  description = "Take a last snapshot of a database before it is deleted, and keep its daily backups until they are due, or until the key ends: kms_deletion_window_days after the last database went, neither can be restored unless the deletion of the key is cancelled (aws kms cancel-key-deletion)."
  type        = bool
  default     = true

  validation {
    condition     = var.final_snapshot || !var.deletion_protection
    error_message = "final_snapshot can be left out only where deletion_protection is off."
  }
}

variable "password_rotation_days" {
  description = "Days after which RDS changes each master password. The cluster brings it to Flowable, and restarts it, within secret_refresh_interval of flowable-app."
  type        = number
  default     = 90

  validation {
    condition     = var.password_rotation_days >= 1 && var.password_rotation_days <= 365
    error_message = "password_rotation_days is a number from 1 to 365."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the databases' logs."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods CloudWatch knows, such as 30, 90 or 365; forever is not one of ours."
  }
}

variable "kms_deletion_window_days" {
  description = "Days between the deletion of a key and its end, in which it can still be saved. Final snapshots and daily backups live no longer than the key."
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
