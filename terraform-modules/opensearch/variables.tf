variable "name" {
  description = "Name of the domain and prefix of everything around it, such as flowable-prod."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.name))
    error_message = "name has 3 to 28 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen: OpenSearch takes no longer name of a domain."
  }
}

variable "es_enabled" {
  description = "Whether Flowable searches in OpenSearch. Without it this module makes nothing, and deletes what it had made."
  type        = bool
}

variable "vpc_id" {
  description = "VPC of the domain."
  type        = string
}

variable "subnet_ids" {
  description = "Database subnets, one per availability zone: all are used with multi_az, else the first."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 3
    error_message = "subnet_ids has one to three subnets: OpenSearch spreads over no more than three availability zones."
  }
}

variable "cluster_security_group_id" {
  description = "Security group of the cluster's nodes; nothing else reaches the domain."
  type        = string
}

variable "engine_version" {
  description = "Engine and version. Elasticsearch_7.10 is what Flowable's client was written for; an OpenSearch of version 1 or 2 gives itself out as 7.10. There is no way back to an earlier one."
  type        = string
  default     = "Elasticsearch_7.10"

  validation {
    condition     = can(regex("^(Elasticsearch_7\\.10|OpenSearch_[12]\\.[0-9]+)$", var.engine_version))
    error_message = "engine_version is Elasticsearch_7.10, or an OpenSearch of version 1 or 2 such as OpenSearch_2.19, which still answers as 7.10."
  }
}

variable "multi_az" {
  description = "Spread the data over an availability zone for each subnet."
  type        = bool
  default     = false

  validation {
    condition     = !var.multi_az || length(var.subnet_ids) >= 2
    error_message = "multi_az needs two or three subnet_ids."
  }
}

variable "data_nodes" {
  description = "Instance type, number and GiB of storage of the nodes that hold the data."
  type = object({
    instance_type = optional(string, "t3.medium.search")
    count         = optional(number, 1)
    volume_size   = optional(number, 20)
  })
  default = {}

  validation {
    condition     = endswith(var.data_nodes.instance_type, ".search")
    error_message = "data_nodes: instance_type ends with .search, such as m6g.large.search."
  }

  validation {
    condition     = var.data_nodes.count >= 1 && (!var.multi_az || var.data_nodes.count % length(var.subnet_ids) == 0)
    error_message = "data_nodes: count is 1 or more, and with multi_az a multiple of the number of subnet_ids, so that no zone holds more than another."
  }

  validation {
    condition     = var.data_nodes.volume_size >= 10 && var.data_nodes.volume_size <= 12288
    error_message = "data_nodes: volume_size is a number of GiB from 10 to 12288."
  }
}

variable "dedicated_masters" {
  description = "Instance type and number of nodes that lead the cluster and hold no data. Null: data nodes lead, too. Production has three."
  type = object({
    instance_type = optional(string, "m6g.large.search")
    count         = optional(number, 3)
  })
  default = null

  validation {
    condition     = var.dedicated_masters == null ? true : contains([3, 5], var.dedicated_masters.count)
    error_message = "dedicated_masters: count is 3 or 5: with an even number, or one alone, a lost node takes the majority along."
  }

  validation {
    condition     = var.dedicated_masters == null ? true : endswith(var.dedicated_masters.instance_type, ".search")
    error_message = "dedicated_masters: instance_type ends with .search, such as m6g.large.search."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the domain's logs."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods CloudWatch knows, such as 30, 90 or 365; forever is not one of ours."
  }
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
