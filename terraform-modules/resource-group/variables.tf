variable "name" {
  description = "Name of the resource group, such as flowable-dev."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,300}$", var.name)) && !can(regex("^(?i)aws", var.name))
    error_message = "name has letters, digits, hyphens, dots and underscores, and does not start with aws."
  }
}

variable "project" {
  description = "Value of the tag flowops:project that the members carry."
  type        = string
}

variable "environment" {
  description = "Value of the tag flowops:environment that the members carry."
  type        = string
}

variable "tags" {
  description = "Tags of everything this module makes, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
