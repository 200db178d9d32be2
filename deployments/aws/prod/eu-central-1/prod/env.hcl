locals {
  env_suffix = "prod"
  namespace  = "flowable"

  vpc_cidr              = "10.30.0.0/16"
  public_subnet_cidrs   = ["10.30.0.0/24", "10.30.1.0/24", "10.30.2.0/24"]
  database_subnet_cidrs = ["10.30.8.0/24", "10.30.9.0/24", "10.30.10.0/24"]
  private_subnet_cidrs  = ["10.30.32.0/19", "10.30.64.0/19", "10.30.96.0/19"]
  nat_gateway_per_az    = true

  cluster_name        = "flowable-prod"
  kubernetes_version  = "1.34"
  public_access_cidrs = []                # Office or VPN ranges that may reach the API server; without any, only the VPC does.
  ingress_scheme      = "internet-facing" # Or internal: then load balancers answer in the VPC only.
  node_group = {
    instance_types = ["m6i.xlarge"]
    min_size       = 3
    desired_size   = 3
    max_size       = 9
  }

  log_retention_days       = 365
  backup_retention_days    = 35
  kms_deletion_window_days = 30
}
