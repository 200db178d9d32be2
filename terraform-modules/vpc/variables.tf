variable "name" {
  description = "Prefix of the name of everything this module makes, such as flowable-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name has 3 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "cluster_name" {
  description = "EKS cluster that will use the subnets; it finds them by their Kubernetes tags."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC. It can never be changed without replacing the VPC and everything inside."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 24, false)
    error_message = "vpc_cidr is an IPv4 range from /16 to /24, such as 10.20.0.0/16."
  }

  validation {
    condition     = try(cidrsubnet(var.vpc_cidr, 0, 0) == var.vpc_cidr, false)
    error_message = "vpc_cidr names the first address of its range: 10.20.0.0/16, not 10.20.1.0/16."
  }
}

variable "availability_zones" {
  description = "The three availability zones that get a subnet of each kind."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == 3 && length(distinct(var.availability_zones)) == 3
    error_message = "availability_zones names three different zones of the region."
  }
}

variable "public_subnet_cidrs" {
  description = "One range per availability zone, in their order, for load balancers and NAT gateways."
  type        = list(string)

  validation {
    condition     = length(var.public_subnet_cidrs) == length(var.availability_zones) && alltrue([for cidr in var.public_subnet_cidrs : can(cidrnetmask(cidr))])
    error_message = "public_subnet_cidrs has one IPv4 range per availability zone."
  }
}

variable "private_subnet_cidrs" {
  description = "One range per availability zone, in their order, for nodes, pods and mount targets. Each pod takes an address: do not be mean."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.availability_zones) && alltrue([for cidr in var.private_subnet_cidrs : can(cidrnetmask(cidr))])
    error_message = "private_subnet_cidrs has one IPv4 range per availability zone."
  }
}

variable "database_subnet_cidrs" {
  description = "One range per availability zone, in their order, for databases and search domains; no route leads from there to the internet."
  type        = list(string)

  validation {
    condition     = length(var.database_subnet_cidrs) == length(var.availability_zones) && alltrue([for cidr in var.database_subnet_cidrs : can(cidrnetmask(cidr))])
    error_message = "database_subnet_cidrs has one IPv4 range per availability zone."
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

variable "nat_gateway_per_az" {
  description = "One NAT gateway per availability zone instead of one for all: three times the price, and a lost zone takes no other zone's way out with it."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the flow logs."
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
