resource "aws_db_subnet_group" "this" {
  count = local.once

  name        = local.prefix
  description = "Database subnets of ${local.prefix}"
  subnet_ids  = var.subnet_ids

  tags = merge(var.tags, { Name = local.prefix })
}

resource "aws_security_group" "this" {
  count = local.once

  name        = local.prefix
  description = "From the cluster to the databases ${local.prefix}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = local.prefix })
}

resource "aws_vpc_security_group_ingress_rule" "cluster" {
  count = local.once

  security_group_id            = aws_security_group.this[0].id
  description                  = "Databases from the nodes of the cluster"
  referenced_security_group_id = var.cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port

  tags = merge(var.tags, { Name = "${local.prefix}-from-cluster" })
}
