variable "cluster_name" {
  description = "Name of the cluster. FlowableAdminRole reaches clusters whose name starts with flowable-."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name has 3 to 40 lower-case letters, digits and hyphens, starts with a letter and does not end with a hyphen."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of control plane and nodes, such as 1.33. EKS upgrades by one minor version at a time and never back."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version such as 1.33, in quotes."
  }
}

variable "subnet_ids" {
  description = "Private subnets of nodes and of the control plane's network interfaces, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids has at least two subnets: EKS demands two availability zones."
  }
}

variable "namespace" {
  description = "Kubernetes namespace in which Flowable runs; FlowableAdminRole and FlowableUserRole reach this one only."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace)) && !contains(["default", "external-secrets", "kube-system", "kube-public", "kube-node-lease"], var.namespace)
    error_message = "namespace is a Kubernetes namespace of Flowable's own."
  }
}

variable "devops_admin_role_arn" {
  description = "ARN of DevOpsAdminRole, which administers the cluster."
  type        = string
}

variable "flowable_admin_role_arn" {
  description = "ARN of FlowableAdminRole, which administers the namespace."
  type        = string
}

variable "flowable_user_role_arn" {
  description = "ARN of FlowableUserRole, which reads the namespace."
  type        = string
}

variable "flowops_plan_role_arn" {
  description = "ARN of FlowopsPlanRole, which reads Helm releases to plan and to find drift."
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

variable "public_access_cidrs" {
  description = "Ranges from which the API server can be reached over the internet. Empty: from inside the VPC only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) >= 8, false)])
    error_message = "public_access_cidrs has IPv4 ranges of /8 or smaller, never the whole internet."
  }
}

variable "node_group" {
  description = "Instance types, size of the disk in GiB, and the limits between which the cluster autoscaler moves. desired_size counts only when the group is made. To raise min_size above the nodes that run, or lower max_size below them, first move all three by aws eks update-nodegroup-config, then apply."
  type = object({
    instance_types = list(string)
    capacity_type  = optional(string, "ON_DEMAND")
    disk_size      = optional(number, 50)
    min_size       = number
    desired_size   = number
    max_size       = number
  })

  validation {
    condition     = var.node_group.min_size >= 1 && var.node_group.min_size <= var.node_group.desired_size && var.node_group.desired_size <= var.node_group.max_size && var.node_group.max_size <= 50
    error_message = "node_group: 1 <= min_size <= desired_size <= max_size <= 50."
  }

  validation {
    condition     = length(var.node_group.instance_types) > 0 && contains(["ON_DEMAND", "SPOT"], var.node_group.capacity_type)
    error_message = "node_group: instance_types names at least one type, capacity_type is ON_DEMAND or SPOT."
  }

  validation {
    condition     = var.node_group.disk_size >= 20 && var.node_group.disk_size <= 1000
    error_message = "node_group: disk_size is a number of GiB from 20 to 1000."
  }
}

variable "addon_versions" {
  description = "Versions of EKS add-ons by name; an add-on that is not named gets the default of the Kubernetes version when it is first installed."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.addon_versions) : contains(["vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-efs-csi-driver", "aws-ebs-csi-driver"], name)])
    error_message = "addon_versions knows vpc-cni, coredns, kube-proxy, eks-pod-identity-agent, aws-efs-csi-driver and aws-ebs-csi-driver."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the control plane's logs."
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
