locals {
  env_suffix = "dev"
  namespace  = "flowable"

  vpc_cidr              = "10.20.0.0/16"
  public_subnet_cidrs   = ["10.20.0.0/24", "10.20.1.0/24", "10.20.2.0/24"]
  database_subnet_cidrs = ["10.20.8.0/24", "10.20.9.0/24", "10.20.10.0/24"]
  private_subnet_cidrs  = ["10.20.32.0/19", "10.20.64.0/19", "10.20.96.0/19"]
  nat_gateway_per_az    = false

  cluster_name        = "flowable-dev"
  kubernetes_version  = "1.34"
  public_access_cidrs = []                # Office or VPN ranges that may reach the API server; without any, only the VPC does.
  ingress_scheme      = "internet-facing" # Or internal: then load balancers answer in the VPC only.
  node_group = {
    instance_types = ["m6i.large"]
    min_size       = 2
    desired_size   = 2
    max_size       = 5
  }

  log_retention_days       = 30
  backup_retention_days    = 7
  kms_deletion_window_days = 7
}
