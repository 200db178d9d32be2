output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets of load balancers and NAT gateways, in the order of the availability zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Subnets of nodes, pods and mount targets, in the order of the availability zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "database_subnet_ids" {
  description = "Subnets of databases and search domains, in the order of the availability zones."
  value       = [for zone in var.availability_zones : aws_subnet.database[zone].id]
}

output "nat_public_ips" {
  description = "Addresses from which the private subnets reach the internet; what others put on their allow lists."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}
