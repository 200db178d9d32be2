variable "cluster_name" {
  description = "Cluster in which Flowable runs; the note in the namespace says it."
  type        = string
}

variable "release_name" {
  description = "Name of the Helm release; everything in the namespace begins with it. Another name is another installation."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", var.release_name))
    error_message = "release_name has 1 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "release_namespace" {
  description = "Namespace of the release; it stands already. One Flowable lives in it: a second is refused by the cluster."
  type        = string
}

variable "chart_version" {
  description = "Version of Flowable's chart, such as 3.11.3."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$", var.chart_version))
    error_message = "chart_version is a whole version such as 3.11.3: a range would be another Flowable from one day to the next."
  }
}

variable "values" {
  description = "Values of the chart as YAML, templated already. They hold names of Secrets and never what is in them: terraform keeps them in its state."
  type        = string

  validation {
    condition     = can(keys(yamldecode(var.values)))
    error_message = "values is YAML with keys at its top level."
  }

  # yamldecode and Helm take the last of two equal keys without a word.
  validation {
    condition     = length(regexall("(?m)^[\\w.\"'-]+[ \\t]*:", var.values)) == length(distinct(regexall("(?m)^[\\w.\"'-]+[ \\t]*:", var.values)))
    error_message = "values has a key twice at its top level, and the first of the two would be lost."
  }
}

variable "flowable_control_enabled" {
  description = "Whether Flowable Control runs; the values have to say the same."
  type        = bool
}

variable "flowable_design_enabled" {
  description = "Whether Flowable Design runs; the values have to say the same."
  type        = bool
}

variable "flowable_work_enabled" {
  description = "Whether Flowable Work runs; the values have to say the same."
  type        = bool
}

variable "flowable_engage_enabled" {
  description = "Whether Flowable Engage runs; the values have to say the same."
  type        = bool
}

variable "database_secret_arns" {
  description = "Secret with username and password of each enabled component's database, by component: control, design, work, engage."
  type        = map(string)

  validation {
    condition     = alltrue([for component, arn in var.database_secret_arns : contains(["control", "design", "work", "engage"], component) && can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[^:*?]+:secret:[^*?]+$", arn))])
    error_message = "database_secret_arns has whole ARNs of secrets by component: control, design, work, engage."
  }
}

variable "repository_secret_arn" {
  description = "Secret with username and password of Flowable's repository, in the security account: images come with them."
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
    error_message = "license_secret_arn is the whole ARN of one secret, without wildcards."
  }
}

variable "chart_name" {
  description = "Name of the chart in the repository with the alias flowable."
  type        = string
  default     = "flowable"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*$", var.chart_name))
    error_message = "chart_name is the name of a chart, without its repository."
  }
}

variable "registry" {
  description = "Registry of the images, which takes the repository's username and password."
  type        = string
  default     = "repo.flowable.com"

  validation {
    condition     = can(regex("^[a-z0-9.-]+(:[0-9]+)?$", var.registry))
    error_message = "registry is a host, with a port where it has another one than 443."
  }
}

variable "secret_refresh_interval" {
  description = "Time after which the cluster looks for changed secrets, such as 5m. Until then Flowable knows an old password."
  type        = string
  default     = "5m"

  validation {
    condition     = can(regex("^[1-9][0-9]*(s|m|h)$", var.secret_refresh_interval))
    error_message = "secret_refresh_interval is a number with s, m or h, such as 5m."
  }
}

variable "timeout" {
  description = "Seconds that Flowable has to become ready; the first time it makes its tables."
  type        = number
  default     = 1200

  validation {
    condition     = var.timeout >= 60 && var.timeout <= 7200
    error_message = "timeout is a number of seconds from 60 to 7200."
  }
}
